import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { typedPinUv } from '../../src/authenticator/default-profile.ts';
import { presets } from '../../src/authenticator/presets.ts';
import type { Profile } from '../../src/authenticator/profile.ts';
import { checkProfile } from '../../src/authenticator/profile-rules.ts';
import { extensionNames } from '../../src/authenticator/extensions/extension.ts';
import type { GetInfoResponse } from '../../src/ctap/messages/get-info.ts';
import { decodeGetInfo } from '../../src/client/responses.ts';
import { createBareAuthenticator } from '../support/bare-authenticator.ts';
import { everyCapability } from '../support/capabilities.ts';
import { fingerprintKey, sensor } from '../support/fingerprints.ts';
import { brokenInfoRules, infoRules } from '../support/info-rules.ts';
import { localProfile } from '../support/local-key.ts';
import { fingerprintUv, provider } from '../support/protocol.ts';

/** What getInfo says, without a rule between the profile and the key. */
async function infoOf(profile: Profile, state: object = {}) {
  const key = createBareAuthenticator({ ports: { profile } });
  await key.keystore.updateState(state);
  const answer = await key.send(0x04);
  expect(answer[0]).toBe(0);
  return decodeGetInfo(answer.subarray(1));
}

const maybe = <T>(value: T, ...more: T[]) => fc.constantFrom<(T | undefined)[]>(undefined, value, ...more);
const yesOrNo = fc.boolean();

/** Profiles of any kind, most of which could not exist. */
const anyProfile: fc.Arbitrary<Profile> = fc
  .record({
    versions: fc.subarray(['U2F_V2', 'FIDO_2_0', 'FIDO_2_1', 'FIDO_2_3'], { minLength: 1 }),
    extensions: fc.oneof(
      fc.subarray([...extensionNames]),
      fc.constantFrom<Profile['extensions'][]>(everyCapability.extensions, localProfile.extensions),
    ),
    maxDiscoverableCredentials: fc.constantFrom(0, 25),
    pin: maybe(localProfile.pin, { ...localProfile.pin!, protocols: [1], noMcGaPermissions: true }),
    builtInUv: maybe<Profile['builtInUv']>(fingerprintUv, typedPinUv),
    bioEnrollment: maybe(sensor),
    uvBioEnroll: yesOrNo,
    maxCredBlobLength: maybe(32),
    largeBlobArray: maybe({ capacity: 1024 }, { capacity: 1000 }),
    largeBlobExtension: maybe({ capacity: 1024 }),
    authenticatorConfig: yesOrNo,
    uvAcfg: yesOrNo,
    setMinPinLength: maybe(everyCapability.setMinPinLength),
    pinComplexity: maybe(everyCapability.pinComplexity),
    enterpriseAttestation: maybe(everyCapability.enterpriseAttestation),
    longTouchForReset: maybe(true, false),
    vendorConfigCommands: maybe([1]),
    credentialManagement: yesOrNo,
    perCredMgmtRo: yesOrNo,
    makeCredUvNotRqd: yesOrNo,
    alwaysUv: maybe(true, false),
    transports: fc.subarray(['usb', 'nfc'], { minLength: 1 }),
  })
  .map((parts) => {
    const members = Object.entries({ ...localProfile, ...parts }).filter(([, value]) => value !== undefined);
    return Object.fromEntries(members) as unknown as Profile;
  });

/** Profiles near one that can exist, so that many of them can. */
const nearProfile = fc
  .tuple(
    fc.constantFrom<Profile[]>(
      { ...localProfile, ...everyCapability },
      { ...localProfile, ...everyCapability, ...fingerprintKey },
      ...presets.map(({ profile }) => profile),
    ),
    anyProfile,
    fc.subarray(
      Object.keys(localProfile).concat(Object.keys(everyCapability), 'builtInUv', 'bioEnrollment'),
      { maxLength: 3 },
    ),
  )
  .map(([base, other, names]) => {
    const changes = names.map((name) => [name, other[name as keyof Profile]] as const);
    const members = Object.entries({ ...base, ...Object.fromEntries(changes) } as object);
    return Object.fromEntries(members.filter(([, value]) => value !== undefined)) as unknown as Profile;
  });

const anyState = fc.record({
  pin: fc.constantFrom(undefined, { hash: new Uint8Array(16), codePoints: 4 }),
  fingerprints: fc.constantFrom([], [{ id: Uint8Array.of(1) }]),
  forcePinChange: yesOrNo,
  alwaysUv: fc.constantFrom(undefined, true, false),
  enterpriseAttestation: yesOrNo,
  longTouchForReset: fc.constantFrom(undefined, true),
});

/** Answers that differ from a good one in one thing each. */
function bend(good: GetInfoResponse): GetInfoResponse[] {
  const without = <T extends object>(object: T, name: string): T =>
    Object.fromEntries(Object.entries(object).filter(([key]) => key !== name)) as T;
  const bent: GetInfoResponse[] = Object.entries(good).flatMap(([name, value]: [string, unknown]) => {
    const others: unknown[] = [];
    if (typeof value === 'number') others.push(0, 1e6);
    if (value instanceof Uint8Array) others.push(value.subarray(1));
    if (Array.isArray(value)) {
      const list = value as readonly unknown[];
      others.push([], [...list, ...list], [...list, 'none'], [...list, 3, 0xff]);
      others.push(...list.map((_, index) => list.toSpliced(index, 1)));
    }
    const rest = name === 'versions' ? [] : [without(good, name)];
    return [...rest, ...others.map((other) => ({ ...good, [name]: other }))];
  });
  const options = Object.fromEntries(good.options ?? []);
  const changed = Object.entries(options).flatMap(([name, value]) => [
    without(options, name),
    { ...options, [name]: !value },
  ]);
  const added = ['uvBioEnroll', 'uvAcfg', 'noMcGaPermissionsWithClientPin', 'bioEnroll'].flatMap((name) => [
    { ...without(options, 'clientPin'), [name]: true },
    { ...without(options, 'authnrCfg'), [name]: true },
  ]);
  bent.push(...[...changed, ...added].map((some) => ({ ...good, options: new Map(Object.entries(some)) })));
  bent.push({ ...good, extensions: [...(good.extensions ?? []), 'largeBlob'] });
  return bent;
}

describe('getInfo is consistent with itself §6.4 and has what §9 asks for', () => {
  it.each(presets.map(({ name, profile }) => [name, profile] as const))(
    'on the preset %s',
    async (_name, profile) => {
      expect(brokenInfoRules(await infoOf(profile))).toEqual([]);
    },
  );

  it('on every key that can exist, in every state', async () => {
    let judged = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyProfile, nearProfile), anyState, async (profile, state) => {
        if (checkProfile(profile, provider).length > 0) return;
        judged += 1;
        expect(brokenInfoRules(await infoOf(profile, state))).toEqual([]);
      }),
      { numRuns: 1500 },
    );
    expect(judged).toBeGreaterThan(200);
  });

  /** Otherwise the rules above would hold for any key at all. */
  it('is judged by rules each of which some bent answer breaks', async () => {
    const bases = [
      await infoOf({ ...localProfile, ...everyCapability }),
      await infoOf({ ...localProfile, ...everyCapability, ...fingerprintKey }, { alwaysUv: true }),
    ];
    const broken = new Set(bases.flatMap(bend).flatMap(brokenInfoRules));
    expect(Object.keys(infoRules).filter((name) => !broken.has(name))).toEqual([]);
  });
});
