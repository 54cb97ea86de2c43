import { beforeEach, describe, expect, it } from 'vitest';
import type { DeviceStateChange } from '../../src/ports/keystore.ts';
import { localProfile } from '../support/local-key.ts';
import { changePinRequest, padded, tokenRequest } from '../support/pin-requests.ts';
import { bit, fingerprintUv, openKey, outcome, pin, replugged, tokenByPin } from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
beforeEach(async () => {
  opened = await openKey();
  await opened.client.clientPin.setPin(pin);
});

const enter = (entered: string, protocol: 1 | 2 = 2) =>
  outcome(opened.client.clientPin.getPinToken(entered, protocol));
const retries = () => opened.client.clientPin.getPinRetries();

describe('PIN retries §6.5.2.3', () => {
  it('start at 8, go down by one a wrong PIN, and come back with the right one', async () => {
    expect(await retries()).toEqual({ pinRetries: 8, powerCycleState: false });
    expect(await enter('0000')).toBe('PIN_INVALID');
    expect(await enter('0000')).toBe('PIN_INVALID');
    expect(await retries()).toEqual({ pinRetries: 6, powerCycleState: false });
    expect(await enter(pin)).toBe('OK');
    expect(await retries()).toEqual({ pinRetries: 8, powerCycleState: false });
  });

  it('latch after three in a row until the key is pulled out', async () => {
    expect([await enter('1'), await enter('2'), await enter('3')]).toEqual([
      'PIN_INVALID',
      'PIN_INVALID',
      'PIN_AUTH_BLOCKED',
    ]);
    expect(await retries()).toEqual({ pinRetries: 5, powerCycleState: true });
    expect(await enter(pin)).toBe('PIN_AUTH_BLOCKED');
    expect(await outcome(opened.client.clientPin.changePin(pin, '5678'))).toBe('PIN_AUTH_BLOCKED');
    expect(await outcome(tokenByPin(opened.client, bit.cm))).toBe('PIN_AUTH_BLOCKED');
    expect((await retries()).pinRetries).toBe(5);
    opened = await replugged(opened);
    expect(await retries()).toEqual({ pinRetries: 5, powerCycleState: false });
    expect(await enter(pin)).toBe('OK');
  });

  it('count a row over both protocols and all subcommands, and a right PIN breaks it', async () => {
    expect(await enter('1', 1)).toBe('PIN_INVALID');
    expect(await outcome(opened.client.clientPin.changePin('2', '5678'))).toBe('PIN_INVALID');
    expect(await enter(pin)).toBe('OK');
    expect(await enter('1')).toBe('PIN_INVALID');
    expect(await enter('1', 1)).toBe('PIN_INVALID');
    const wrong = await tokenRequest(opened.client, 9, 2, '0000');
    expect(await outcome(opened.client.clientPin.request(wrong))).toBe('PIN_AUTH_BLOCKED');
  });

  it('end in a blocked PIN, which only reset opens', async () => {
    const seen: string[] = [];
    for (let i = 0; i < 8; i++) {
      seen.push(await enter('0000'));
      if (seen.length % 3 === 0) opened = await replugged(opened);
    }
    expect(seen).toEqual([
      ...['PIN_INVALID', 'PIN_INVALID', 'PIN_AUTH_BLOCKED'],
      ...['PIN_INVALID', 'PIN_INVALID', 'PIN_AUTH_BLOCKED'],
      ...['PIN_INVALID', 'PIN_BLOCKED'],
    ]);
    opened = await replugged(opened);
    expect((await retries()).pinRetries).toBe(0);
    expect(await enter(pin)).toBe('PIN_BLOCKED');
    expect(await outcome(opened.client.clientPin.changePin(pin, '5678'))).toBe('PIN_BLOCKED');
    expect((await opened.client.getInfo()).options?.get('clientPin')).toBe(true);
    await opened.client.reset();
    await opened.client.clientPin.setPin(pin);
    expect(await enter(pin)).toBe('OK');
  });

  it('say blocked rather than latched when the third wrong PIN is the last', async () => {
    await opened.key.keystore.updateState({ pinRetries: 3 });
    expect([await enter('1'), await enter('1'), await enter('1')]).toEqual([
      'PIN_INVALID',
      'PIN_INVALID',
      'PIN_BLOCKED',
    ]);
    expect(await enter(pin)).toBe('PIN_BLOCKED');
  });

  it('are as many as the profile says', async () => {
    opened = await openKey({ pin: { ...localProfile.pin!, maxRetries: 2 } });
    await opened.client.clientPin.setPin(pin);
    expect([await enter('1'), await enter('1'), await enter(pin)]).toEqual([
      'PIN_INVALID',
      'PIN_BLOCKED',
      'PIN_BLOCKED',
    ]);
  });

  it('are durably less before the PIN is compared', async () => {
    const writes: (number | undefined)[] = [];
    const { keystore } = opened.key;
    const update = keystore.updateState.bind(keystore);
    keystore.updateState = (change: DeviceStateChange) => {
      writes.push(change.pinRetries);
      return update(change);
    };
    await enter('0000');
    expect(writes).toEqual([7]);
    await enter(pin);
    expect(writes).toEqual([7, 6, 8]);
  });

  it('are lost, and nothing more, when the key dies at that moment', async () => {
    const { keystore } = opened.key;
    const update = keystore.updateState.bind(keystore);
    let dies = true;
    keystore.updateState = async (change: DeviceStateChange) => {
      await update(change);
      if (dies) throw new Error('power lost');
    };
    const reply = await opened.client.send(6, undefined);
    expect(reply.status).toBe(0x14);
    const request = await tokenRequest(opened.client, 5);
    expect(await outcome(opened.client.clientPin.request(request))).toBe('OTHER');
    expect(keystore.state().pinRetries).toBe(7);
    dies = false;
    expect(await enter(pin)).toBe('OK');
    (opened.key.events as unknown[]).length = 0;
  });
});

describe('what costs no retry', () => {
  it.each([1, 2] as const)('malformed requests under protocol %i', async (protocol) => {
    const request = await tokenRequest(opened.client, 5, protocol, '0000');
    const send = (changes: object) => outcome(opened.client.clientPin.request({ ...request, ...changes }));
    expect(await send({ keyAgreement: new Map() })).toBe('INVALID_PARAMETER');
    expect(await send({ pinUvAuthProtocol: 5 })).toBe('INVALID_PARAMETER');
    expect(await send({ permissions: 1 })).toBe('INVALID_PARAMETER');
    expect(await send({ pinHashEnc: undefined })).toBe('MISSING_PARAMETER');
    const change = await changePinRequest(opened.client, padded('5678'), protocol, '0000');
    expect(
      await outcome(opened.client.clientPin.request({ ...change, pinUvAuthParam: new Uint8Array(32) })),
    ).toBe('PIN_AUTH_INVALID');
    expect((await retries()).pinRetries).toBe(8);
  });
});

describe('key agreement after a wrong PIN', () => {
  it.each([1, 2] as const)('is new for protocol %i and old for the other', async (protocol) => {
    const other = protocol === 1 ? 2 : 1;
    const { clientPin } = opened.client;
    const before = {
      own: await clientPin.getKeyAgreement(protocol),
      other: await clientPin.getKeyAgreement(other),
    };
    await enter(pin, protocol);
    expect(await clientPin.getKeyAgreement(protocol)).toEqual(before.own);
    await enter('0000', protocol);
    expect(await clientPin.getKeyAgreement(protocol)).not.toEqual(before.own);
    expect(await clientPin.getKeyAgreement(other)).toEqual(before.other);
  });

  it('makes what was encrypted before it a wrong PIN', async () => {
    const good = await tokenRequest(opened.client, 5);
    await enter('0000');
    expect(await outcome(opened.client.clientPin.request(good))).toBe('PIN_INVALID');
    expect((await retries()).pinRetries).toBe(6);
  });

  it.each([0, 16, 48, 15])('costs a retry for a PIN hash of %i bytes, and no defect', async (size) => {
    for (const protocol of [1, 2] as const) {
      const request = await tokenRequest(opened.client, 5, protocol);
      const pinHashEnc = new Uint8Array(size);
      expect(await outcome(opened.client.clientPin.request({ ...request, pinHashEnc }))).toBe('PIN_INVALID');
    }
  });
});

describe('forced change of the PIN', () => {
  beforeEach(async () => {
    await opened.key.keystore.updateState({ forcePinChange: true, pinRetries: 4 });
  });

  it('is shown by getInfo', async () => {
    expect((await opened.client.getInfo()).forcePinChange).toBe(true);
  });

  it('gives no token, with retries restored: 31 the old way, 37 the new way', async () => {
    expect(await enter(pin)).toBe('PIN_INVALID');
    expect((await retries()).pinRetries).toBe(8);
    await opened.key.keystore.updateState({ pinRetries: 4 });
    expect(await outcome(tokenByPin(opened.client, bit.mc))).toBe('PIN_POLICY_VIOLATION');
    expect((await retries()).pinRetries).toBe(8);
    expect(await outcome(tokenByPin(opened.client, bit.pcmr))).toBe('PIN_POLICY_VIOLATION');
  });

  it('is no row of wrong PINs', async () => {
    for (let i = 0; i < 4; i++) expect(await enter(pin)).toBe('PIN_INVALID');
    expect((await retries()).powerCycleState).toBe(false);
  });

  it('ends with the change', async () => {
    await opened.client.clientPin.changePin(pin, '5678');
    expect(await enter('5678')).toBe('OK');
    expect((await opened.client.getInfo()).forcePinChange).toBe(false);
  });
});

describe('a right PIN', () => {
  it('restores built-in verification too, and its counter', async () => {
    opened = await openKey({ builtInUv: fingerprintUv });
    await opened.client.clientPin.setPin(pin);
    await opened.key.keystore.updateState({ uvRetries: 0, uvCountSinceLastPinEntry: 9 });
    expect(await enter(pin)).toBe('OK');
    expect(opened.key.keystore.state()).toMatchObject({ uvRetries: 5, uvCountSinceLastPinEntry: 0 });
  });
});
