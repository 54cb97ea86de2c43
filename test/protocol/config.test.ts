import { beforeEach, describe, expect, it } from 'vitest';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborValue } from '../../src/cbor/value.ts';
import type { PinUvAuthToken } from '../../src/client/pin-protocol.ts';
import { everyCapability } from '../support/capabilities.ts';
import {
  assertion,
  bit,
  fingerprintUv,
  openKey,
  outcome,
  pin,
  rawOutcome,
  registration,
  snapshot,
  tokenByPin,
  withoutPin,
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
async function protect(): Promise<PinUvAuthToken> {
  await opened.client.clientPin.setPin(pin);
  return acfg();
}
async function replug(): Promise<void> {
  opened.key.powerCycle();
  opened = { ...opened, client: await opened.key.connect() };
}
async function factoryReset(): Promise<void> {
  await replug();
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
    await replug();
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
    await replug();
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

describe('alwaysUv §6.1.2 step 6, §6.2.2 step 5, §7.2', () => {
  const make = () => outcome(opened.client.makeCredential(registration()));
  const use = (up = true) => outcome(opened.client.getAssertion(assertion({ options: { up } })));

  it('wants a PIN to be set first, or denies where none can be', async () => {
    await config().toggleAlwaysUv();
    expect([await make(), await use()]).toEqual(['PUAT_REQUIRED', 'PUAT_REQUIRED']);
    opened = await openKey({ ...withoutPin, alwaysUv: true, makeCredUvNotRqd: false });
    expect([await make(), await use()]).toEqual(['OPERATION_DENIED', 'OPERATION_DENIED']);
    expect(opened.key.user.questions).toEqual([]);
  });

  it('wants a token for what went without one before', async () => {
    await opened.client.clientPin.setPin(pin);
    expect([await make(), await use()]).toEqual(['OK', 'NO_CREDENTIALS']);
    await config().toggleAlwaysUv(await acfg());
    expect([await make(), await use()]).toEqual(['PUAT_REQUIRED', 'PUAT_REQUIRED']);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.mc);
    const made = await opened.client.makeCredential(registration({ pinUvAuthToken }));
    expect(made.parsed.userVerified).toBe(true);
  });

  it('lets silent assertions through', async () => {
    await config().toggleAlwaysUv();
    expect(await use(false)).toBe('NO_CREDENTIALS');
  });

  it('switches U2F off on hosts that are connected already', async () => {
    const u2f = await opened.key.connectU2f();
    expect(await u2f.version()).toBe('U2F_V2');
    await config().toggleAlwaysUv();
    const refused = u2f.register(new Uint8Array(32), new Uint8Array(32));
    await expect(refused).rejects.toThrow('invalidCommand');
    expect(opened.key.user.questions).toEqual([]);
    await config().toggleAlwaysUv();
    expect(await u2f.version()).toBe('U2F_V2');
  });
});

describe('setMinPINLength §6.11.4', () => {
  const changePin = (from: string, to: string) => outcome(opened.client.clientPin.changePin(from, to));

  it('only grows, up to the longest PIN', async () => {
    await config().setMinPinLength({ newMinPinLength: 6 });
    await config().setMinPinLength({ newMinPinLength: 6 });
    await config().setMinPinLength({});
    expect((await info()).minPinLength).toBe(6);
    for (const newMinPinLength of [5, 0, 64]) {
      expect(await outcome(config().setMinPinLength({ newMinPinLength }))).toBe('PIN_POLICY_VIOLATION');
    }
    expect((await info()).minPinLength).toBe(6);
    expect(await outcome(opened.client.clientPin.setPin('12345'))).toBe('PIN_POLICY_VIOLATION');
    expect(await outcome(opened.client.clientPin.setPin('123456'))).toBe('OK');
  });

  it('forces nothing on a PIN that is long enough, or on none', async () => {
    await config().setMinPinLength({ newMinPinLength: 5 });
    expect((await info()).forcePinChange).toBe(false);
    await opened.client.clientPin.setPin('12345');
    const token = await opened.client.clientPin.getPinUvAuthTokenUsingPin('12345', { permissions: bit.acfg });
    const { persistentPinUvAuthToken } = opened.key.keystore.state();
    await config().setMinPinLength({ newMinPinLength: 5 }, token);
    expect((await info()).forcePinChange).toBe(false);
    expect(opened.key.keystore.state().persistentPinUvAuthToken).toEqual(persistentPinUvAuthToken);
    expect(await outcome(config().setMinPinLength({}, token))).toBe('OK');
  });

  it.each([
    ['a PIN that became too short', { newMinPinLength: 5 }],
    ['a change on demand', { forceChangePin: true }],
  ])('forces %s: tokens end, and none comes before the change', async (_name, parameters) => {
    const token = await protect();
    const { persistentPinUvAuthToken } = opened.key.keystore.state();
    await config().setMinPinLength(parameters, token);
    expect((await info()).forcePinChange).toBe(true);
    expect(await outcome(config().toggleAlwaysUv(token))).toBe('PIN_AUTH_INVALID');
    expect(opened.key.keystore.state().persistentPinUvAuthToken).not.toEqual(persistentPinUvAuthToken);
    expect(await outcome(opened.client.clientPin.getPinToken(pin))).toBe('PIN_INVALID');
    expect(await outcome(acfg())).toBe('PIN_POLICY_VIOLATION');
    expect(await outcome(tokenByPin(opened.client, bit.pcmr))).toBe('PIN_POLICY_VIOLATION');
    expect(await opened.client.clientPin.getPinRetries()).toMatchObject({ pinRetries: 8 });
    await replug();
    expect((await info()).forcePinChange).toBe(true);
    expect(await changePin(pin, pin)).toBe('PIN_POLICY_VIOLATION');
    expect(await changePin(pin, '54321')).toBe('OK');
    expect((await info()).forcePinChange).toBe(false);
    expect(await outcome(opened.client.clientPin.getPinToken('54321'))).toBe('OK');
  });

  it('has no PIN to change on a key without one', async () => {
    const before = snapshot(opened.key.keystore);
    const parameters = { newMinPinLength: 8, forceChangePin: true, minPinLengthRpIds: ['a.example'] };
    expect(await outcome(config().setMinPinLength(parameters))).toBe('PIN_NOT_SET');
    expect(snapshot(opened.key.keystore)).toBe(before);
    expect(await outcome(config().setMinPinLength({ forceChangePin: false }))).toBe('OK');
  });

  it('names as many RP IDs as there is room for, in place of those before', async () => {
    const learns = async (rpId: string) => {
      const rp = { id: rpId, name: rpId };
      const made = await opened.client.makeCredential(
        registration({ rp, extensions: { minPinLength: true } }),
      );
      return made.parsed.extensions?.has('minPinLength') === true;
    };
    const all = ['a.example', 'b.example', 'c.example'];
    expect((await info()).maxRpIdsForSetMinPinLength).toBe(2);
    const tooMany = { newMinPinLength: 8, minPinLengthRpIds: all };
    expect(await outcome(config().setMinPinLength(tooMany))).toBe('KEY_STORE_FULL');
    expect((await info()).minPinLength).toBe(4);
    await config().setMinPinLength({ minPinLengthRpIds: all.slice(0, 2) });
    expect(await Promise.all([learns('a.example')])).toEqual([true]);
    await config().setMinPinLength({ minPinLengthRpIds: all.slice(2) });
    expect([await learns('a.example'), await learns('c.example')]).toEqual([false, true]);
    await config().setMinPinLength({ minPinLengthRpIds: [] });
    await replug();
    expect([await learns('c.example'), await learns('factory.example')]).toEqual([true, true]);
    await factoryReset();
    expect([await learns('c.example'), await learns('factory.example')]).toEqual([false, true]);
  });

  it('refuses RP IDs before anything else on a key that could tell them nothing', async () => {
    opened = await openKey({ ...everyCapability, extensions: ['credProtect', 'hmac-secret'] });
    const parameters = { newMinPinLength: 1, minPinLengthRpIds: ['a.example'] };
    expect(await outcome(config().setMinPinLength(parameters))).toBe('INVALID_PARAMETER');
  });

  it('switches the policy on for good', async () => {
    expect((await info()).pinComplexityPolicy).toBe(false);
    await config().setMinPinLength({ pinComplexityPolicy: false });
    expect((await info()).pinComplexityPolicy).toBe(false);
    await config().setMinPinLength({ pinComplexityPolicy: true });
    await config().setMinPinLength({ pinComplexityPolicy: false });
    expect((await info()).pinComplexityPolicy).toBe(true);
    for (const simple of ['1234', '4321', '7777', 'aaaaaaa']) {
      expect(await outcome(opened.client.clientPin.setPin(simple))).toBe('PIN_POLICY_VIOLATION');
    }
    expect(await outcome(opened.client.clientPin.setPin('1235'))).toBe('OK');
    await factoryReset();
    expect((await info()).pinComplexityPolicy).toBe(false);
  });

  it('is all factory again after a reset', async () => {
    const token = await protect();
    await config().setMinPinLength({ newMinPinLength: 9 }, token);
    await factoryReset();
    expect(await info()).toMatchObject({ minPinLength: 4, forcePinChange: false });
    expect(await outcome(opened.client.clientPin.setPin(pin))).toBe('OK');
  });

  it('takes wrong types for what they are', async () => {
    const send = (...members: (readonly [number, CborValue])[]) =>
      outcome(config().request(3, undefined, cborMap(members)));
    expect(await send([1, 'x'])).toBe('CBOR_UNEXPECTED_TYPE');
    expect(await send([1, -1])).toBe('CBOR_UNEXPECTED_TYPE');
    expect(await send([2, 'a.example'])).toBe('CBOR_UNEXPECTED_TYPE');
    expect(await send([2, [1]])).toBe('CBOR_UNEXPECTED_TYPE');
    expect(await send([3, 1])).toBe('CBOR_UNEXPECTED_TYPE');
    expect(await send([4, 1])).toBe('CBOR_UNEXPECTED_TYPE');
  });
});

describe('enableLongTouchForReset §6.11.5', () => {
  const longTouch = () => opened.key.user.questions.map((question) => question.longTouch ?? false);

  it('makes the reset ask for a long touch, once', async () => {
    expect((await info()).longTouchForReset).toBe(false);
    await config().enableLongTouchForReset();
    await replug();
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
