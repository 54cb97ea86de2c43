import { beforeEach, describe, expect, it } from 'vitest';
import { u2fControl } from '../../src/client/u2f-client.ts';
import type { HostTransport } from '../../src/ports/message-handler.ts';
import { statusName } from '../../src/ctap/status.ts';
import { createBareAuthenticator } from '../support/bare-authenticator.ts';
import { hashOf } from '../support/pin-requests.ts';
import {
  allow,
  assertion,
  bit,
  openKey,
  outcome,
  pin,
  registration,
  resident,
  siteHash,
  snapshot,
  tokenByPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
beforeEach(async () => {
  opened = await openKey();
});

const reset = () => outcome(opened.client.reset());

describe('reset §6.6', () => {
  it('is allowed for ten seconds from power-up, the last one included', async () => {
    await opened.key.clock.advanceAsync(10_000);
    expect(await reset()).toBe('OK');
    await opened.key.clock.advanceAsync(1);
    expect(await reset()).toBe('NOT_ALLOWED');
    opened.key.powerCycle();
    opened = { ...opened, client: await opened.key.connect() };
    expect(await reset()).toBe('OK');
  });

  it('does not open the window anew', async () => {
    await opened.key.clock.advanceAsync(9_000);
    expect(await reset()).toBe('OK');
    await opened.key.clock.advanceAsync(1_001);
    expect(await reset()).toBe('NOT_ALLOWED');
  });

  it('may take longer for the touch than the window', async () => {
    await opened.key.clock.advanceAsync(9_999);
    opened.key.user.next(async () => {
      await opened.key.clock.advanceAsync(5_000);
      return 'approve' as const;
    });
    expect(await reset()).toBe('OK');
  });

  it('has no window where the profile has none', async () => {
    opened = await openKey({ resetWindow: null });
    await opened.key.clock.advanceAsync(100_000);
    expect(await reset()).toBe('OK');
  });

  it('asks once, and not when it is too late', async () => {
    await reset();
    expect(opened.key.user.questions).toMatchObject([{ kind: 'presence', purpose: 'reset' }]);
    await opened.key.clock.advanceAsync(10_001);
    await reset();
    expect(opened.key.user.questions).toHaveLength(1);
  });

  it('wipes credentials of every kind', async () => {
    const plain = await opened.client.makeCredential(registration());
    await opened.client.makeCredential(resident(1));
    const u2f = await opened.key.connectU2f();
    const handle = (await u2f.register(new Uint8Array(32), siteHash)).keyHandle;
    await reset();
    expect([...opened.key.keystore.all()]).toEqual([]);
    expect(await outcome(opened.client.getAssertion(assertion()))).toBe('NO_CREDENTIALS');
    expect(await outcome(opened.client.getAssertion(assertion(allow(plain))))).toBe('NO_CREDENTIALS');
    const use = u2f.authenticate(u2fControl.checkOnly, new Uint8Array(32), siteHash, handle);
    await expect(use).rejects.toMatchObject({ statusWord: 0x6a80 });
  });

  it('puts everything back to factory settings', async () => {
    await opened.client.clientPin.setPin(pin);
    await opened.key.keystore.updateState({
      pinRetries: 0,
      uvRetries: 0,
      minPinLength: 20,
      forcePinChange: true,
      enterpriseAttestation: true,
      alwaysUv: true,
      signCount: 77,
      uvCountSinceLastPinEntry: 9,
    });
    const before = opened.key.keystore.state();
    await reset();
    const after = opened.key.keystore.state();
    expect(after).toMatchObject({
      pinRetries: 8,
      uvRetries: 5,
      forcePinChange: false,
      enterpriseAttestation: false,
      uvCountSinceLastPinEntry: 0,
      signCount: 77,
    });
    for (const member of ['pin', 'minPinLength', 'alwaysUv']) expect(after).not.toHaveProperty(member);
    for (const member of ['persistentPinUvAuthToken', 'deviceIdentifier', 'credStoreState'] as const) {
      expect(after[member]).toHaveLength(before[member].length);
      expect(after[member]).not.toEqual(before[member]);
    }
    expect((await opened.client.getInfo()).options?.get('clientPin')).toBe(false);
  });

  it('ends tokens, keys and the row of wrong PINs', async () => {
    await opened.client.clientPin.setPin(pin);
    const agreement = await opened.client.clientPin.getKeyAgreement();
    const token = await tokenByPin(opened.client, bit.cm);
    for (let i = 0; i < 3; i++) await outcome(opened.client.clientPin.getPinToken('0000'));
    await reset();
    expect(await opened.client.clientPin.getKeyAgreement()).not.toEqual(agreement);
    expect(await outcome(opened.client.credentialManagement.request(1, token))).toBe('PIN_AUTH_INVALID');
    await opened.client.clientPin.setPin(pin);
    expect(await outcome(opened.client.clientPin.getPinToken(pin))).toBe('OK');
  });

  it.each([
    ['deny', 'OPERATION_DENIED'],
    ['ignore', 'USER_ACTION_TIMEOUT'],
  ] as const)('changes nothing when the user would %s', async (reaction, status) => {
    await opened.client.makeCredential(resident(1));
    await opened.client.clientPin.setPin(pin);
    const token = await tokenByPin(opened.client, bit.cm);
    const before = snapshot(opened.key.keystore);
    opened.key.user.next(reaction);
    const pending = reset();
    await opened.key.clock.advanceAsync(reaction === 'ignore' ? 30_000 : 0);
    expect(await pending).toBe(status);
    expect(snapshot(opened.key.keystore)).toBe(before);
    if (reaction === 'deny') {
      expect(await outcome(opened.client.credentialManagement.request(1, token))).toBe('OK');
    }
  });
});

describe('reset over a transport that the profile does not allow it on §6.6 step 1', () => {
  const over = async (transport: HostTransport, age = 0) => {
    const key = createBareAuthenticator({
      profile: { transports: ['usb', 'nfc', 'ble'], transportsForReset: ['usb', 'ble'] },
    });
    await key.keystore.updateState({ pin: { hash: hashOf(pin), codePoints: 4 } });
    await key.clock.advanceAsync(age);
    const before = snapshot(key.keystore);
    const answer = await key.send(0x07, undefined, 1, transport);
    const changed = snapshot(key.keystore) !== before;
    return { status: statusName(answer[0]!), changed, asked: key.user.questions.length };
  };

  it('is denied before anybody is asked, and before the time is looked at', async () => {
    const denied = { status: 'OPERATION_DENIED', changed: false, asked: 0 };
    expect(await over('nfc')).toEqual(denied);
    expect(await over('nfc', 20_000)).toEqual(denied);
    expect(await over('usb', 20_000)).toEqual({ ...denied, status: 'NOT_ALLOWED' });
  });

  it('is done over the others', async () => {
    expect(await over('usb')).toEqual({ status: 'OK', changed: true, asked: 1 });
    expect(await over('ble')).toEqual({ status: 'OK', changed: true, asked: 1 });
  });

  it('is what CTAPHID means for a key without usb among them', async () => {
    opened = await openKey({ transports: ['usb', 'nfc'], transportsForReset: ['nfc'] });
    expect((await opened.client.getInfo()).transportsForReset).toEqual(['nfc']);
    expect(await reset()).toBe('OPERATION_DENIED');
    opened = await openKey({ transports: ['usb', 'nfc'], transportsForReset: ['usb'] });
    expect(await reset()).toBe('OK');
  });
});

describe('selection §6.9', () => {
  it.each([
    ['approve', 'OK'],
    ['deny', 'OPERATION_DENIED'],
  ] as const)('tells when the user would %s, and changes nothing', async (reaction, status) => {
    const before = snapshot(opened.key.keystore);
    opened.key.user.next(reaction);
    expect(await outcome(opened.client.selection())).toBe(status);
    expect(opened.key.user.questions).toMatchObject([{ kind: 'presence', purpose: 'select' }]);
    expect(snapshot(opened.key.keystore)).toBe(before);
  });

  it('does not exist before CTAP 2.1', async () => {
    opened = await openKey({ versions: ['U2F_V2', 'FIDO_2_0'] });
    expect(await outcome(opened.client.selection())).toBe('INVALID_COMMAND');
  });

  it('spends no token', async () => {
    await opened.client.clientPin.setPin(pin);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.mc);
    await opened.client.selection();
    expect(await outcome(opened.client.makeCredential(registration({ pinUvAuthToken })))).toBe('OK');
  });
});

describe('a power cycle', () => {
  it('keeps what is durable', async () => {
    const made = await opened.client.makeCredential(resident(1));
    await opened.client.clientPin.setPin(pin);
    const before = snapshot(opened.key.keystore);
    opened.key.powerCycle();
    expect(snapshot(opened.key.keystore)).toBe(before);
    const client = await opened.key.connect();
    expect(opened.key.keystore.state().pin?.hash).toEqual(hashOf(pin));
    expect((await client.getAssertion(assertion(allow(made)))).parsed.signCount).toBe(1);
  });

  it('changes the key-agreement keys of both protocols', async () => {
    const keys = async (client = opened.client) => [
      await client.clientPin.getKeyAgreement(1),
      await client.clientPin.getKeyAgreement(2),
    ];
    const before = await keys();
    opened.key.powerCycle();
    const after = await keys(await opened.key.connect());
    expect(after[0]).not.toEqual(before[0]);
    expect(after[1]).not.toEqual(before[1]);
  });

  it('ends a command that waits for the user', async () => {
    opened.key.user.next('ignore');
    const pending = opened.client.makeCredential(registration()).catch((error: unknown) => error);
    await opened.key.clock.advanceAsync(200);
    opened.key.powerCycle();
    const client = await opened.key.connect();
    expect(await outcome(client.selection())).toBe('OK');
    expect([...opened.key.keystore.all()]).toEqual([]);
    await opened.key.clock.advanceAsync(120_000);
    expect(await pending).toBeInstanceOf(Error);
  });
});
