import { describe, expect, it } from 'vitest';
import { presets } from '../../src/authenticator/presets.ts';
import type { Profile } from '../../src/authenticator/profile.ts';
import { decodeCbor } from '../../src/cbor/decode.ts';
import type { CborMap } from '../../src/cbor/value.ts';
import { createBareAuthenticator } from '../support/bare-authenticator.ts';
import { everyCapability } from '../support/capabilities.ts';
import { fingerprintKey } from '../support/fingerprints.ts';
import { localProfile } from '../support/local-key.ts';
import { hashOf } from '../support/pin-requests.ts';
import { fingerprintUv, openKey, outcome, pin, withoutPin } from '../support/protocol.ts';

const profiles: readonly (readonly [string, Partial<Profile>])[] = [
  ['of the tests', localProfile],
  ['with everything', everyCapability],
  ['with a sensor', { ...everyCapability, ...fingerprintKey, uvBioEnroll: true, uvAcfg: true }],
  ['with built-in verification', { builtInUv: fingerprintUv }],
  ['with built-in verification alone', { ...withoutPin, builtInUv: fingerprintUv }],
  ['without PIN', { ...withoutPin, versions: ['U2F_V2', 'FIDO_2_0'] }],
  ['that always verifies', { alwaysUv: true, makeCredUvNotRqd: false }],
  [
    'without resident keys',
    { maxDiscoverableCredentials: 0, credentialManagement: false, perCredMgmtRo: false },
  ],
  ...presets.map(({ name, profile }) => [`preset ${name}`, profile] as const),
];

/** getInfo as it stands on the wire: canonical, or decoding fails. */
async function read(profile: Partial<Profile>, change?: object) {
  const key = createBareAuthenticator({ profile });
  if (change) await key.keystore.updateState(change);
  const answer = await key.send(4);
  expect(answer[0]).toBe(0);
  expect(key.user.questions).toEqual([]);
  const info = decodeCbor(answer.subarray(1)) as CborMap;
  return { info, options: (info.get(4) ?? new Map()) as ReadonlyMap<string, boolean> };
}

const has = (info: CborMap, ...keys: readonly number[]) => keys.map((key) => info.has(key));
const list = (info: CborMap, key: number) => (info.get(key) ?? []) as readonly unknown[];

describe.each(profiles)('getInfo §6.4 of a key %s', (_name, profile) => {
  const states: readonly (readonly [string, object])[] = [
    ['fresh', {}],
    ['with a PIN', { pin: { hash: hashOf(pin), codePoints: 4 }, forcePinChange: true }],
  ];

  it.each(states)('is consistent with itself: %s', async (_state, change) => {
    const { info, options } = await read(profile, change);
    const extensions = list(info, 2);
    expect([...info.keys()].every((key) => typeof key === 'number' && key >= 1 && key <= 0x1f)).toBe(true);
    expect(info.get(3)).toHaveLength(16);
    expect(list(info, 1).length).toBeGreaterThan(0);
    expect(list(info, 1)).not.toContain('FIDO_2_2');
    for (const key of [1, 2, 6, 9, 0x0a, 0x16, 0x1a]) {
      if (!info.has(key)) continue;
      const shown = list(info, key).map((item) => JSON.stringify(item instanceof Map ? [...item] : item));
      expect(shown.length, `member ${key}`).toBeGreaterThan(0);
      expect(new Set(shown).size, `member ${key}`).toBe(shown.length);
    }
    for (const value of options.values()) expect(typeof value).toBe('boolean');
    expect(has(info, 0x0d, 0x1d)).toEqual([options.has('clientPin'), options.has('clientPin')]);
    if (options.has('clientPin') || options.has('pinUvAuthToken')) expect(info.has(6)).toBe(true);
    if (options.get('alwaysUv')) expect(options.get('makeCredUvNotRqd')).toBe(false);
    if (options.get('alwaysUv')) expect(list(info, 1)).not.toContain('U2F_V2');
    expect(info.has(0x0f)).toBe(extensions.includes('credBlob'));
    expect(info.has(0x0b)).toBe(options.get('largeBlobs') === true);
    if (extensions.includes('largeBlobKey')) expect(options.get('largeBlobs')).toBe(true);
    if (extensions.includes('largeBlob')) expect(options.has('largeBlobs')).toBe(false);
    if (extensions.includes('credBlob')) expect(extensions).toContain('credProtect');
    if (extensions.includes('hmac-secret-mc')) expect(extensions).toContain('hmac-secret');
    expect(info.has(0x1f)).toBe(options.get('authnrCfg') === true);
    expect(info.has(0x15)).toBe(list(info, 0x1f).includes(0xff));
    if (list(info, 0x1f).includes(4)) expect(info.has(0x18)).toBe(true);
    if (list(info, 0x1f).includes(2)) expect(options.has('alwaysUv')).toBe(true);
    expect(list(info, 0x1f).includes(3)).toBe(options.get('setMinPINLength') === true);
    if (options.get('setMinPINLength')) expect(has(info, 0x0d, 0x10)).toEqual([true, true]);
    expect(extensions.includes('minPinLength')).toBe(options.get('setMinPINLength') === true);
    if (options.has('uvBioEnroll')) expect(options.has('bioEnroll')).toBe(true);
    if (options.has('uvAcfg')) expect(options.has('authnrCfg')).toBe(true);
    if (info.get(0x0c) === true) expect(info.has(6)).toBe(true);
    expect(list(info, 0x16)).not.toContain('none');
    for (const entry of list(info, 0x0a)) expect([...(entry as CborMap).keys()]).toEqual(['alg', 'type']);
    for (const key of [0x19, 0x1e]) if (info.has(key)) expect(info.get(key)).toHaveLength(32);
    if (info.has(0x1b)) expect(options.has('clientPin')).toBe(true);
  });

  it('has the features that its versions ask for', async () => {
    const { info, options } = await read(profile);
    const versions = list(info, 1);
    const extensions = list(info, 2);
    if (!versions.includes('FIDO_2_1') && !versions.includes('FIDO_2_3')) return;
    expect(extensions).toContain('hmac-secret');
    const verifies = options.has('clientPin') || options.has('uv');
    if (options.get('rk')) expect([verifies, options.get('credMgmt')]).toEqual([true, true]);
    if (verifies)
      expect([extensions.includes('credProtect'), options.get('pinUvAuthToken')]).toEqual([true, true]);
    if (info.has(6)) expect(list(info, 6)).toContain(2);
    if (options.has('ep') && versions.includes('FIDO_2_3')) expect(list(info, 0x1f)).toContain(1);
  });
});

describe('getInfo', () => {
  it('works while everything is blocked', async () => {
    const { client, key } = await openKey({ builtInUv: fingerprintUv });
    await client.clientPin.setPin(pin);
    for (let i = 0; i < 3; i++) await outcome(client.clientPin.getPinToken('0000'));
    await key.keystore.updateState({ pinRetries: 0, uvRetries: 0 });
    const info = await client.getInfo();
    expect(info.options?.get('clientPin')).toBe(true);
    expect(info.options?.get('uv')).toBe(true);
  });

  it('counts the room that is left', async () => {
    const { client } = await openKey({ maxDiscoverableCredentials: 3 });
    expect((await client.getInfo()).remainingDiscoverableCredentials).toBe(3);
  });
});
