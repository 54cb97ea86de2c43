import { beforeEach, describe, expect, it } from 'vitest';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborValue } from '../../src/cbor/value.ts';
import { everyCapability } from '../support/capabilities.ts';
import {
  bit,
  configToken,
  fingerprintUv,
  openKey,
  outcome,
  pin,
  rawOutcome,
  replugged,
  tokenByPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
beforeEach(async () => {
  opened = await openKey(everyCapability);
});

const config = () => opened.client.config;
const info = () => opened.client.getInfo();
const option = async (name: string) => (await info()).options?.get(name);
const acfg = () => tokenByPin(opened.client, bit.acfg);
const protect = () => configToken(opened);
async function factoryReset(): Promise<void> {
  opened = await replugged(opened);
  await opened.client.reset();
}

describe('authorisation §6.11', () => {
  it('is not needed while nothing protects the key', async () => {
    expect(await outcome(config().toggleAlwaysUv())).toBe('OK');
  });

  it('is a token with acfg once a PIN is set, as often as it takes', async () => {
    const token = await protect();
    expect(await outcome(config().enableEnterpriseAttestation())).toBe('PUAT_REQUIRED');
    expect(await outcome(config().enableEnterpriseAttestation(token))).toBe('OK');
    expect(await outcome(config().enableLongTouchForReset(token))).toBe('OK');
    const other = await tokenByPin(opened.client, bit.cm);
    expect(await outcome(config().toggleAlwaysUv(other))).toBe('PIN_AUTH_INVALID');
    const legacy = await opened.client.clientPin.getPinToken(pin);
    expect(await outcome(config().toggleAlwaysUv(legacy))).toBe('PIN_AUTH_INVALID');
  });

  it('comes from built-in verification where the key says so', async () => {
    const byUv = () => opened.client.clientPin.getPinUvAuthTokenUsingUv({ permissions: bit.acfg });
    opened = await openKey({ ...everyCapability, builtInUv: fingerprintUv });
    expect(await outcome(byUv())).toBe('UNAUTHORIZED_PERMISSION');
    expect(await option('uvAcfg')).toBeUndefined();
    opened = await openKey({ ...everyCapability, builtInUv: fingerprintUv, uvAcfg: true });
    expect(await option('uvAcfg')).toBe(true);
    expect(await outcome(config().toggleAlwaysUv())).toBe('PUAT_REQUIRED');
    expect(await outcome(config().toggleAlwaysUv(await byUv()))).toBe('OK');
  });

  it('covers subcommand and parameters', async () => {
    const token = await protect();
    const { pinUvAuthParam } = { pinUvAuthParam: token.authenticate(new Uint8Array(34).fill(0xff, 0, 32)) };
    expect(
      await rawOutcome(
        opened.client,
        0x0d,
        cborMap([
          [1, 2],
          [3, 2],
          [4, pinUvAuthParam],
        ]),
      ),
    ).toBe('PIN_AUTH_INVALID');
    expect(await option('alwaysUv')).toBe(false);
  });

  it('follows: subcommand, known, param, protocol, verified', async () => {
    await protect();
    const send = (...members: (readonly [number, CborValue])[]) =>
      rawOutcome(opened.client, 0x0d, cborMap(members));
    const param = [4, new Uint8Array(32)] as const;
    expect(await send(param)).toBe('MISSING_PARAMETER');
    for (const subCommand of [0, 5, 0xfe, 0x100])
      expect(await send([1, subCommand])).toBe('INVALID_SUBCOMMAND');
    for (const subCommand of [1, 2, 3, 4, 0xff]) expect(await send([1, subCommand])).toBe('PUAT_REQUIRED');
    expect(await send([1, 2], param)).toBe('MISSING_PARAMETER');
    expect(await send([1, 2], param, [3, 3])).toBe('INVALID_PARAMETER');
    expect(await send([1, 2], param, [3, 2])).toBe('PIN_AUTH_INVALID');
    expect(await send([1, 'x'])).toBe('CBOR_UNEXPECTED_TYPE');
  });

  it('is not there on a key that has nothing to set', async () => {
    opened = await openKey();
    expect(await outcome(config().toggleAlwaysUv())).toBe('INVALID_COMMAND');
    expect(await option('authnrCfg')).toBeUndefined();
    await opened.client.clientPin.setPin(pin);
    expect(await outcome(acfg())).toBe('UNAUTHORIZED_PERMISSION');
  });

  it('knows only the subcommands of what the key has', async () => {
    opened = await openKey({ authenticatorConfig: true, alwaysUv: false });
    expect((await info()).authenticatorConfigCommands).toEqual([2]);
    expect(await outcome(config().enableLongTouchForReset())).toBe('INVALID_SUBCOMMAND');
  });
});

describe('enableEnterpriseAttestation §6.11.1', () => {
  it('holds until a reset', async () => {
    expect(await option('ep')).toBe(false);
    await config().enableEnterpriseAttestation();
    await config().enableEnterpriseAttestation();
    opened = await replugged(opened);
    expect(await option('ep')).toBe(true);
    await factoryReset();
    expect(await option('ep')).toBe(false);
  });
});

describe('toggleAlwaysUv §6.11.2', () => {
  const three = async () => {
    const { options, versions } = await info();
    return [options?.get('alwaysUv'), options?.get('makeCredUvNotRqd'), versions.includes('U2F_V2')];
  };

  it('moves alwaysUv, makeCredUvNotRqd and U2F together, and back', async () => {
    const token = await protect();
    expect(await three()).toEqual([false, true, true]);
    await config().toggleAlwaysUv(token);
    expect(await three()).toEqual([true, false, false]);
    await config().toggleAlwaysUv(token);
    expect(await three()).toEqual([false, true, true]);
  });

  it('holds over a power cycle, and not over a reset', async () => {
    await config().toggleAlwaysUv();
    opened = await replugged(opened);
    expect(await option('alwaysUv')).toBe(true);
    await factoryReset();
    expect(await three()).toEqual([false, true, true]);
  });

  it('can be undone by whoever is locked out', async () => {
    await config().toggleAlwaysUv();
    expect(await outcome(config().enableLongTouchForReset())).toBe('PUAT_REQUIRED');
    expect(await outcome(config().toggleAlwaysUv())).toBe('OK');
    expect(await option('alwaysUv')).toBe(false);
  });

  it('is denied where it is on from the factory', async () => {
    opened = await openKey({ ...everyCapability, alwaysUv: true, makeCredUvNotRqd: false });
    expect(await outcome(config().toggleAlwaysUv())).toBe('OPERATION_DENIED');
    const token = await protect();
    expect(await outcome(config().toggleAlwaysUv(token))).toBe('OPERATION_DENIED');
    expect(await option('alwaysUv')).toBe(true);
  });
});

describe('enableLongTouchForReset §6.11.5', () => {
  const longTouch = () => opened.key.user.questions.map((question) => question.longTouch ?? false);

  it('makes the reset ask for a long touch, once', async () => {
    expect((await info()).longTouchForReset).toBe(false);
    await config().enableLongTouchForReset();
    opened = await replugged(opened);
    expect((await info()).longTouchForReset).toBe(true);
    await opened.client.reset();
    expect(longTouch()).toEqual([true]);
    expect((await info()).longTouchForReset).toBe(false);
    await opened.client.reset();
    expect(longTouch()).toEqual([true, false]);
  });

  it('may be on from the factory', async () => {
    opened = await openKey({ longTouchForReset: true });
    await opened.client.reset();
    expect(longTouch()).toEqual([true]);
    expect((await info()).longTouchForReset).toBe(true);
  });
});

describe('vendorPrototype §6.11.3', () => {
  it('knows the commands that it lists, and no other', async () => {
    expect((await info()).vendorPrototypeConfigCommands).toEqual([0x42, 0xffff_ffff_ff]);
    for (const id of [0x42, 0xffff_ffff_ffn]) expect(await outcome(config().vendorPrototype(id))).toBe('OK');
    expect(await outcome(config().vendorPrototype(0x43))).toBe('INVALID_PARAMETER');
    expect(await outcome(config().vendorPrototype(2n ** 64n - 1n))).toBe('INVALID_PARAMETER');
    expect(await outcome(config().request(0xff))).toBe('MISSING_PARAMETER');
  });
});
