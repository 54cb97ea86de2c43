import { coseAlgorithm } from '../cose/algorithm.ts';
import { defaultProfile, typedPinUv } from './default-profile.ts';
import type { Profile } from './profile.ts';

/** A kind of key that testers meet, under the name that `--profile` takes. */
export interface Preset {
  readonly name: string;
  /** One sentence: what this key is, and what it is good for. */
  readonly summary: string;
  readonly profile: Profile;
}

/** A profile without some of its optional members. */
function without(profile: Profile, ...names: readonly (keyof Profile)[]): Profile {
  return Object.fromEntries(
    Object.entries(profile).filter(([name]) => !names.includes(name as keyof Profile)),
  ) as unknown as Profile;
}

const ctap21: Profile = {
  ...without(defaultProfile, 'pinComplexity', 'longTouchForReset'),
  versions: ['U2F_V2', 'FIDO_2_0', 'FIDO_2_1'],
  extensions: ['credProtect', 'credBlob', 'largeBlobKey', 'minPinLength', 'hmac-secret'],
  maxDiscoverableCredentials: 25,
  perCredMgmtRo: false,
};

const ctap20: Profile = {
  ...without(
    ctap21,
    'maxCredBlobLength',
    'largeBlobArray',
    'setMinPinLength',
    'enterpriseAttestation',
    'alwaysUv',
  ),
  versions: ['U2F_V2', 'FIDO_2_0'],
  extensions: ['hmac-secret'],
  pin: { protocols: [1], maxRetries: 8, minLength: 4, maxLength: 63, noMcGaPermissions: false },
  authenticatorConfig: false,
  credentialManagement: false,
  makeCredUvNotRqd: false,
};

const noPin: Profile = { ...without(ctap20, 'pin'), maxDiscoverableCredentials: 0 };

/** The kinds of key that `--profile` knows by name. */
export const presets: readonly Preset[] = [
  {
    name: 'complete',
    summary: 'The default: CTAP 2.3 with a PIN and everything that works without a fingerprint reader.',
    profile: defaultProfile,
  },
  {
    name: 'ctap2.1',
    summary: 'A key of the CTAP 2.1 generation, as most keys in drawers are: room for 25 passkeys.',
    profile: ctap21,
  },
  {
    name: 'ctap2.0',
    summary: 'An early FIDO2 key: PIN protocol one, no credential management, no permissions.',
    profile: ctap20,
  },
  {
    name: 'u2f',
    summary: 'A key from before FIDO2: no PIN, no passkeys.',
    profile: { ...noPin, versions: ['U2F_V2'], extensions: [] },
  },
  {
    name: 'no-pin',
    summary: 'A FIDO2 key that cannot verify its user: sites that require it fail.',
    profile: noPin,
  },
  {
    name: 'uv-required',
    summary: 'Asks for the PIN every time (alwaysUv), and so has no U2F.',
    profile: { ...defaultProfile, alwaysUv: true, makeCredUvNotRqd: false },
  },
  {
    name: 'keypad',
    summary: 'Verifies its user by itself, as a key with a keypad does.',
    profile: { ...defaultProfile, builtInUv: typedPinUv },
  },
  {
    name: 'fingerprint',
    summary: 'Verifies its user by fingerprint, once a finger is enrolled; before that, and in need, by PIN.',
    profile: {
      ...defaultProfile,
      builtInUv: { modality: 'fingerprint', maxRetries: 5, attemptsPerOperation: 3 },
      bioEnrollment: { maxTemplates: 5, samplesRequired: 4, maxFriendlyName: 64, kind: 'touch' },
      uvBioEnroll: true,
    },
  },
  {
    name: 'enterprise',
    summary: 'Attests with certificates, to localhost and example.com with one of its own once that is on.',
    profile: {
      ...defaultProfile,
      attestation: 'packed',
      authenticatorConfig: true,
      enterpriseAttestation: { rpIds: ['localhost', 'example.com'] },
    },
  },
  {
    name: 'small-storage',
    summary: 'Room for two passkeys: the third fails with KEY_STORE_FULL.',
    profile: { ...defaultProfile, maxDiscoverableCredentials: 2 },
  },
  {
    name: 'synced-passkey',
    summary: 'Credentials are backed up and their counters stay zero, as with a password manager.',
    profile: { ...defaultProfile, backupEligible: true, backupState: true, counter: 'zero' },
  },
  {
    name: 'post-quantum',
    summary: 'Offers ML-DSA-65, -44 and -87 before ES256.',
    profile: {
      ...defaultProfile,
      algorithms: [coseAlgorithm.MLDSA65, coseAlgorithm.MLDSA44, coseAlgorithm.MLDSA87, coseAlgorithm.ES256],
    },
  },
];

export function findPreset(name: string): Preset | undefined {
  return presets.find((preset) => preset.name === name);
}
