import { describe, expect, it } from 'vitest';
import type { Profile } from '../../src/authenticator/profile.ts';
import { decodeCbor } from '../../src/cbor/decode.ts';
import { encodeCbor } from '../../src/cbor/encode.ts';
import type { CborMap, CborValue } from '../../src/cbor/value.ts';
import { getInfoKey, type GetInfoResponse } from '../../src/ctap/messages/get-info.ts';
import { decodeGetInfo } from '../../src/client/responses.ts';
import type { DeviceState } from '../../src/ports/keystore.ts';
import { createBareAuthenticator } from '../support/bare-authenticator.ts';
import { everyCapability } from '../support/capabilities.ts';
import { fingerprintKey } from '../support/fingerprints.ts';
import { localProfile } from '../support/local-key.ts';
import { fingerprintUv, withoutPin } from '../support/protocol.ts';

const whole: Profile = { ...localProfile, ...everyCapability, ...fingerprintKey };
/** A key of which the standard asks for the least. */
const bare = {
  ...localProfile,
  ...withoutPin,
  versions: ['FIDO_2_0'],
  extensions: [],
  maxDiscoverableCredentials: 0,
  credentialManagement: false,
  perCredMgmtRo: false,
} as unknown as Profile;

interface Row {
  readonly name: string;
  /** The key on the wire, CTAP 2.3 §6.4. */
  readonly key: number;
  readonly profile?: Partial<Profile>;
  readonly state?: Partial<DeviceState>;
  /** The value on the wire; the text `absent` when the member must not be there. */
  readonly value: CborValue;
}

const row = (
  name: string,
  key: number,
  value: Row['value'],
  profile?: Partial<Profile>,
  state?: Partial<DeviceState>,
): Row => ({ name, key, value, ...(profile && { profile }), ...(state && { state }) });

const pinSet = { pin: { hash: new Uint8Array(16), codePoints: 6 } };
const text = (value: string) => new TextEncoder().encode(value);
const parameters = (alg: number) =>
  new Map<string, CborValue>([
    ['alg', alg],
    ['type', 'public-key'],
  ]);
const otherPin = { protocols: [1, 2], maxRetries: 5, minLength: 6, maxLength: 20, noMcGaPermissions: false };

/** Two values of every member, or one and its absence: what does not follow from profile and state fails one of them. */
const rows: readonly Row[] = [
  row('versions', 0x01, ['U2F_V2', 'FIDO_2_0', 'FIDO_2_1']),
  row('versions', 0x01, ['FIDO_2_0', 'FIDO_2_1'], {}, { alwaysUv: true }),
  row('extensions', 0x02, [...everyCapability.extensions]),
  row('extensions', 0x02, 'absent', bare),
  row('aaguid', 0x03, localProfile.aaguid),
  row('aaguid', 0x03, new Uint8Array(16).fill(7), { aaguid: new Uint8Array(16).fill(7) }),
  row('maxMsgSize', 0x05, 7609),
  row('maxMsgSize', 0x05, 1024, { maxMsgSize: 1024 }),
  row('pinUvAuthProtocols', 0x06, [2, 1]),
  row('pinUvAuthProtocols', 0x06, [1, 2], { pin: otherPin as NonNullable<Profile['pin']> }),
  row('pinUvAuthProtocols', 0x06, 'absent', bare),
  row('maxCredentialCountInList', 0x07, 8),
  row('maxCredentialCountInList', 0x07, 3, { maxCredentialCountInList: 3 }),
  row('maxCredentialIdLength', 0x08, 255),
  row('maxCredentialIdLength', 0x08, 64, { maxCredentialIdLength: 64 }),
  row('transports', 0x09, ['usb']),
  row('transports', 0x09, ['usb', 'nfc'], { transports: ['usb', 'nfc'] }),
  row('algorithms', 0x0a, [parameters(-7), parameters(-8)]),
  row('algorithms', 0x0a, [parameters(-257)], { algorithms: [-257] }),
  row('maxSerializedLargeBlobArray', 0x0b, 2048),
  row('maxSerializedLargeBlobArray', 0x0b, 'absent', bare),
  row('forcePINChange', 0x0c, false),
  row('forcePINChange', 0x0c, true, {}, { ...pinSet, forcePinChange: true }),
  row('forcePINChange', 0x0c, 'absent', bare),
  row('minPINLength', 0x0d, 4),
  row('minPINLength', 0x0d, 9, {}, { minPinLength: 9 }),
  row('minPINLength', 0x0d, 6, { pin: otherPin as NonNullable<Profile['pin']> }),
  row('minPINLength', 0x0d, 'absent', bare),
  row('firmwareVersion', 0x0e, 1),
  row('firmwareVersion', 0x0e, 77, { firmwareVersion: 77 }),
  row('maxCredBlobLength', 0x0f, 32),
  row('maxCredBlobLength', 0x0f, 100, { maxCredBlobLength: 100 }),
  row('maxCredBlobLength', 0x0f, 'absent', bare),
  row('maxRPIDsForSetMinPINLength', 0x10, 2),
  row('maxRPIDsForSetMinPINLength', 0x10, 0, { setMinPinLength: { maxRpIds: 0, preconfiguredRpIds: [] } }),
  row('maxRPIDsForSetMinPINLength', 0x10, 'absent', bare),
  row('preferredPlatformUvAttempts', 0x11, 3),
  row('preferredPlatformUvAttempts', 0x11, 1, { builtInUv: { ...fingerprintUv, attemptsPerOperation: 1 } }),
  row('preferredPlatformUvAttempts', 0x11, 'absent', bare),
  row('uvModality', 0x12, 0x02),
  row('uvModality', 0x12, 0x04, {
    builtInUv: { ...fingerprintUv, modality: 'pin' },
    bioEnrollment: undefined,
  } as unknown as Partial<Profile>),
  row('uvModality', 0x12, 'absent', bare),
  row(
    'certifications',
    0x13,
    new Map([
      ['FIDO', 2],
      ['CC-EAL', 4],
    ]),
  ),
  row('certifications', 0x13, new Map([['FIPS-CMVP-3-PHY', 1]]), {
    certifications: { 'FIPS-CMVP-3-PHY': 1 },
  }),
  row('certifications', 0x13, 'absent', bare),
  row('remainingDiscoverableCredentials', 0x14, 25),
  row('remainingDiscoverableCredentials', 0x14, 0, bare),
  row('vendorPrototypeConfigCommands', 0x15, [0x42, 0xffff_ffff_ff]),
  row('vendorPrototypeConfigCommands', 0x15, 'absent', bare),
  row('attestationFormats', 0x16, ['packed']),
  row('attestationFormats', 0x16, ['fido-u2f', 'packed'], { attestation: 'fido-u2f' }),
  row('uvCountSinceLastPinEntry', 0x17, 0),
  row('uvCountSinceLastPinEntry', 0x17, 3, {}, { uvCountSinceLastPinEntry: 3 }),
  row('uvCountSinceLastPinEntry', 0x17, 'absent', bare),
  row('longTouchForReset', 0x18, false),
  row('longTouchForReset', 0x18, true, {}, { longTouchForReset: true }),
  row('longTouchForReset', 0x18, 'absent', bare),
  row('encIdentifier', 0x19, 'absent', { perCredMgmtRo: false }),
  row('transportsForReset', 0x1a, ['usb']),
  row('transportsForReset', 0x1a, ['nfc'], { transports: ['usb', 'nfc'], transportsForReset: ['nfc'] }),
  row('transportsForReset', 0x1a, 'absent', bare),
  row('pinComplexityPolicy', 0x1b, false),
  row('pinComplexityPolicy', 0x1b, true, {}, { pinComplexityPolicy: true }),
  row('pinComplexityPolicy', 0x1b, 'absent', bare),
  row('pinComplexityPolicyURL', 0x1c, text('https://key.example/policy')),
  row('pinComplexityPolicyURL', 0x1c, 'absent', { pinComplexity: { enforced: true } }),
  row('maxPINLength', 0x1d, 63),
  row('maxPINLength', 0x1d, 20, { pin: otherPin as NonNullable<Profile['pin']> }),
  row('maxPINLength', 0x1d, 'absent', bare),
  row('encCredStoreState', 0x1e, 'absent', { perCredMgmtRo: false }),
  row('authenticatorConfigCommands', 0x1f, [1, 2, 3, 4, 0xff]),
  row('authenticatorConfigCommands', 0x1f, [2], {
    setMinPinLength: undefined,
    enterpriseAttestation: undefined,
    longTouchForReset: undefined,
    vendorConfigCommands: undefined,
  } as unknown as Partial<Profile>),
  row('authenticatorConfigCommands', 0x1f, 'absent', bare),
];

/** Every option of CTAP 2.3 §6.4 with each of its values, `undefined` for one that is not sent. */
type OptionRow = readonly [
  name: string,
  value: boolean | undefined,
  profile?: Partial<Profile>,
  state?: Partial<DeviceState>,
];
const options: readonly OptionRow[] = [
  ['plat', false],
  ['plat', true, { transports: ['internal'] }],
  ['rk', true],
  ['rk', false, bare],
  ['clientPin', false],
  ['clientPin', true, {}, pinSet],
  ['clientPin', undefined, bare],
  ['up', true],
  ['uv', false],
  ['uv', true, {}, { fingerprints: [{ id: Uint8Array.of(1) }] }],
  ['uv', undefined, bare],
  ['pinUvAuthToken', true],
  ['pinUvAuthToken', undefined, bare],
  ['noMcGaPermissionsWithClientPin', undefined],
  ['noMcGaPermissionsWithClientPin', true, { pin: { ...localProfile.pin!, noMcGaPermissions: true } }],
  ['largeBlobs', true],
  ['largeBlobs', undefined, bare],
  ['ep', false],
  ['ep', true, {}, { enterpriseAttestation: true }],
  ['ep', undefined, bare],
  ['bioEnroll', false],
  ['bioEnroll', true, {}, { fingerprints: [{ id: Uint8Array.of(1) }] }],
  ['bioEnroll', undefined, bare],
  ['userVerificationMgmtPreview', false],
  ['userVerificationMgmtPreview', undefined, bare],
  ['uvBioEnroll', undefined],
  ['uvBioEnroll', true, { uvBioEnroll: true }],
  ['authnrCfg', true],
  ['authnrCfg', undefined, bare],
  ['uvAcfg', undefined],
  ['uvAcfg', true, { uvAcfg: true }],
  ['credMgmt', true],
  ['credMgmt', undefined, bare],
  ['perCredMgmtRO', true],
  ['perCredMgmtRO', undefined, bare],
  ['credentialMgmtPreview', true],
  ['credentialMgmtPreview', undefined, bare],
  ['setMinPINLength', true],
  ['setMinPINLength', undefined, bare],
  ['makeCredUvNotRqd', true],
  ['makeCredUvNotRqd', false, {}, { alwaysUv: true }],
  ['makeCredUvNotRqd', false, { makeCredUvNotRqd: false }],
  ['alwaysUv', false],
  ['alwaysUv', true, {}, { alwaysUv: true }],
  ['alwaysUv', undefined, bare],
];

async function read(profile: Partial<Profile> = {}, state: Partial<DeviceState> = {}) {
  const members = Object.entries(profile === bare ? bare : { ...whole, ...profile });
  const given = Object.fromEntries(members.filter(([, value]) => value !== undefined)) as unknown as Profile;
  const key = createBareAuthenticator({ ports: { profile: given } });
  await key.keystore.updateState(state);
  const answer = await key.send(0x04);
  expect(answer[0]).toBe(0);
  return { body: answer.subarray(1), info: decodeCbor(answer.subarray(1)) as CborMap };
}

const wire = (value: CborValue) => Buffer.from(encodeCbor(value)).toString('hex');

describe('each member of getInfo §6.4', () => {
  it.each(rows)('$name ($key) follows from profile and state', async ({ key, profile, state, value }) => {
    const { info } = await read(profile, state);
    expect(info.has(key)).toBe(value !== 'absent');
    if (value !== 'absent') expect(wire(info.get(key)!)).toBe(wire(value));
  });

  it('is here, but for the options, which have rows of their own', () => {
    const shown = new Set(rows.map(({ key }) => key));
    const all = Object.values(getInfoKey);
    expect(all).toEqual(Array.from({ length: 0x1f }, (_, index) => index + 1));
    expect(all.filter((key) => !shown.has(key))).toEqual([getInfoKey.options]);
  });

  it.each([0x19, 0x1e])('%i is 32 bytes that no two answers share', async (key) => {
    const key1 = createBareAuthenticator({ ports: { profile: whole } });
    const [one, two] = [await key1.send(4), await key1.send(4)].map(
      (answer) => (decodeCbor(answer.subarray(1)) as CborMap).get(key) as Uint8Array,
    );
    expect([one?.length, two?.length]).toEqual([32, 32]);
    expect(one).not.toEqual(two);
  });

  it('reads back with the client', async () => {
    const { body } = await read();
    const info: GetInfoResponse = decodeGetInfo(body);
    expect(Object.keys(info).sort()).toEqual(Object.keys(getInfoKey).sort());
    expect(info.certifications).toEqual(new Map(Object.entries(everyCapability.certifications)));
    expect(info.transportsForReset).toEqual(['usb']);
  });
});

describe('each option of getInfo §6.4', () => {
  it.each(options.map((option) => ({ option, title: `${option[0]}: ${String(option[1])}` })))(
    '$title',
    async ({ option: [name, value, profile, state] }) => {
      const { info } = await read(profile, state);
      expect((info.get(0x04) as ReadonlyMap<string, boolean>).get(name)).toBe(value);
    },
  );

  it('is here', async () => {
    const { info } = await read({
      uvBioEnroll: true,
      uvAcfg: true,
      pin: { ...localProfile.pin!, noMcGaPermissions: true },
    });
    const names = [...(info.get(0x04) as ReadonlyMap<string, boolean>).keys()];
    expect(names.toSorted()).toEqual([...new Set(options.map(([name]) => name))].toSorted());
  });
});
