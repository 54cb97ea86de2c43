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
  registration,
  replugged,
  snapshot,
  tokenByPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
beforeEach(async () => {
  opened = await openKey(everyCapability);
});

const config = () => opened.client.config;
const info = () => opened.client.getInfo();
const acfg = () => tokenByPin(opened.client, bit.acfg);
const protect = () => configToken(opened);
async function factoryReset(): Promise<void> {
  opened = await replugged(opened);
  await opened.client.reset();
}

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
    opened = await replugged(opened);
    expect((await info()).forcePinChange).toBe(true);
    expect(await changePin(pin, pin)).toBe('PIN_POLICY_VIOLATION');
    expect(await changePin(pin, '54321')).toBe('OK');
    expect((await info()).forcePinChange).toBe(false);
    expect(await outcome(opened.client.clientPin.getPinToken('54321'))).toBe('OK');
  });

  it('keeps forcing a change that was forced before', async () => {
    opened = await openKey({ ...everyCapability, builtInUv: fingerprintUv, uvAcfg: true });
    await config().setMinPinLength({ forceChangePin: true }, await protect());
    const byUv = () => opened.client.clientPin.getPinUvAuthTokenUsingUv({ permissions: bit.acfg });
    const token = await byUv();
    await config().setMinPinLength({ forceChangePin: false }, token);
    expect((await info()).forcePinChange).toBe(true);
    expect(await outcome(config().setMinPinLength({}, token))).toBe('PIN_AUTH_INVALID');
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
    opened = await replugged(opened);
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
