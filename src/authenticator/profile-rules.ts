import { algorithmName } from '../cose/algorithm.ts';
import type { CryptoProvider } from '../ports/crypto.ts';
import { capabilityRules } from './capability-rules.ts';
import type { Profile } from './profile.ts';

/** A condition of the standard, and the sentence for a profile that breaks it. */
export interface Rule {
  readonly broken: (profile: Profile, crypto: Pick<CryptoProvider, 'algorithms'>) => boolean;
  readonly sentence: (profile: Profile) => string;
}

const knownVersions = ['U2F_V2', 'FIDO_2_0', 'FIDO_2_1', 'FIDO_2_3'];
/** Versions whose mandatory features CTAP 2.3 §9 lists. */
const laterVersions = ['FIDO_2_1', 'FIDO_2_3'];

function isLater({ versions }: Profile): boolean {
  return versions.some((version) => laterVersions.includes(version));
}

function verifiesUsers({ builtInUv, pin }: Profile): boolean {
  return pin !== undefined || builtInUv !== undefined;
}

const rules: readonly Rule[] = [
  {
    broken: ({ versions }) => versions.length === 0 || new Set(versions).size !== versions.length,
    sentence: () => 'versions: at least one version is needed, and none twice.',
  },
  {
    broken: ({ versions }) => versions.some((version) => !knownVersions.includes(version)),
    sentence: ({ versions }) =>
      `versions: ${versions.filter((v) => !knownVersions.includes(v)).join(', ')} cannot be offered; ` +
      `there are ${knownVersions.join(', ')}.`,
  },
  {
    broken: ({ algorithms }) => algorithms.length === 0 || new Set(algorithms).size !== algorithms.length,
    sentence: () => 'algorithms: at least one algorithm is needed, and none twice.',
  },
  {
    broken: ({ algorithms }, crypto) => algorithms.some((alg) => !crypto.algorithms.includes(alg)),
    sentence: ({ algorithms }) =>
      `algorithms: not all of ${algorithms.map((alg) => algorithmName(alg) ?? alg).join(', ')} work on this machine.`,
  },
  {
    broken: ({ aaguid }) => aaguid.length !== 16,
    sentence: () => 'aaguid: 16 bytes are needed.',
  },
  {
    broken: (profile) => isLater(profile) && !profile.extensions.includes('hmac-secret'),
    sentence: () => 'extensions: FIDO_2_1 and later need hmac-secret (CTAP 2.3 §9).',
  },
  {
    broken: (profile) =>
      isLater(profile) && profile.maxDiscoverableCredentials > 0 && !profile.credentialManagement,
    sentence: () =>
      'credentialManagement: FIDO_2_1 and later need it with discoverable credentials (CTAP 2.3 §9).',
  },
  {
    broken: (profile) =>
      isLater(profile) && profile.maxDiscoverableCredentials > 0 && !verifiesUsers(profile),
    sentence: () =>
      'pin: FIDO_2_1 and later need a PIN or built-in UV with discoverable credentials (CTAP 2.3 §9).',
  },
  {
    broken: (profile) =>
      isLater(profile) && verifiesUsers(profile) && !profile.extensions.includes('credProtect'),
    sentence: () =>
      'extensions: FIDO_2_1 and later need credProtect with a PIN or built-in UV (CTAP 2.3 §9).',
  },
  {
    broken: (profile) => isLater(profile) && profile.pin?.protocols.includes(2) === false,
    sentence: () => 'pin.protocols: FIDO_2_1 and later need protocol 2 (CTAP 2.3 §9).',
  },
  {
    broken: ({ pin }) => pin !== undefined && (pin.minLength < 4 || pin.maxLength < 8 || pin.maxLength > 63),
    sentence: () => 'pin: minLength is at least 4, maxLength 8 to 63 (CTAP 2.3 §6.4).',
  },
  {
    broken: ({ pin }) => pin !== undefined && (pin.maxRetries < 1 || pin.maxRetries > 8),
    sentence: () => 'pin.maxRetries: 1 to 8 (CTAP 2.3 §6.5.2.3).',
  },
  {
    broken: ({ alwaysUv, makeCredUvNotRqd }) => alwaysUv === true && makeCredUvNotRqd,
    sentence: () => 'makeCredUvNotRqd: false is needed with alwaysUv (CTAP 2.3 §7.2).',
  },
  {
    broken: ({ backupEligible, backupState }) => backupState && !backupEligible,
    sentence: () => 'backupState: a credential that is backed up has to be eligible (WebAuthn L3 §6.1.3).',
  },
  {
    broken: ({ credentialIdLength }) => credentialIdLength < 16 || credentialIdLength > 255,
    sentence: () => 'credentialIdLength: 16 to 255 bytes.',
  },
  {
    broken: ({ maxMsgSize }) => maxMsgSize < 1024 || maxMsgSize > 7609,
    sentence: () => 'maxMsgSize: 1024 to 7609 bytes (CTAP 2.3 §6.4, §11.2.4).',
  },
  ...capabilityRules,
];

/** What makes a profile impossible, one sentence for each broken rule; empty for a key that can exist. */
export function checkProfile(
  profile: Profile,
  crypto: Pick<CryptoProvider, 'algorithms'>,
): readonly string[] {
  return rules.filter(({ broken }) => broken(profile, crypto)).map(({ sentence }) => sentence(profile));
}
