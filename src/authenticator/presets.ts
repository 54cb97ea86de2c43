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

/** The complete key without the members named. */
function without(...names: readonly (keyof Profile)[]): Profile {
  return Object.fromEntries(
    Object.entries(defaultProfile).filter(([name]) => !names.includes(name as keyof Profile)),
  ) as unknown as Profile;
}

const ctap20: Profile = {
  ...without(
    'maxCredBlobLength',
    'largeBlobArray',
    'setMinPinLength',
    'pinComplexity',
    'enterpriseAttestation',
    'longTouchForReset',
    'vendorConfigCommands',
    'alwaysUv',
  ),
  versions: ['U2F_V2', 'FIDO_2_0'],
  extensions: ['hmac-secret'],
  pin: { protocols: [1], maxRetries: 8, minLength: 4, maxLength: 63, noMcGaPermissions: false },
  authenticatorConfig: false,
  credentialManagement: false,
  perCredMgmtRo: false,
  makeCredUvNotRqd: false,
};

const noPin: Profile = {
  ...without('pin', 'setMinPinLength', 'pinComplexity'),
  versions: ['U2F_V2', 'FIDO_2_0'],
  extensions: ['hmac-secret'],
  maxDiscoverableCredentials: 0,
  credentialManagement: false,
  perCredMgmtRo: false,
  authenticatorConfig: false,
};

/** The kinds of key that `--profile` knows by name. */
export const presets: readonly Preset[] = [
  {
    name: 'complete',
    summary: 'The default: CTAP 2.3 with a PIN and everything that works without a fingerprint reader.',
    profile: defaultProfile,
  },
  {
    name: 'ctap2.1',
    summary: 'A key of the CTAP 2.1 generation, as most keys in drawers are.',
    profile: {
      ...defaultProfile,
      versions: ['U2F_V2', 'FIDO_2_0', 'FIDO_2_1'],
      extensions: ['credProtect', 'credBlob', 'largeBlobKey', 'minPinLength', 'hmac-secret'].filter(
        (name): name is Profile['extensions'][number] =>
          (defaultProfile.extensions as readonly string[]).includes(name),
      ),
      perCredMgmtRo: false,
    },
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
