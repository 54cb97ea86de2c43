import { certificationLevels, isCertification } from './certification.ts';
import type { Profile } from './profile.ts';
import type { Rule } from './profile-rules.ts';

const utf8 = new TextEncoder();
const certificationList = [...certificationLevels].map(([name, highest]) => `${name} ${highest}`).join(', ');

function announces({ extensions }: Profile, ...names: readonly Profile['extensions'][number][]): boolean {
  return names.some((name) => extensions.includes(name));
}

function repeats(list: readonly unknown[]): boolean {
  return new Set(list).size !== list.length;
}

function outside(value: number | undefined, least: number, most = Infinity): boolean {
  return value !== undefined && (value < least || value > most);
}

/** Extensions, and the capabilities that carry them (CTAP 2.3 §6.4, §12). */
const extensionRules: readonly Rule[] = [
  {
    broken: ({ extensions }) => repeats(extensions),
    sentence: () => 'extensions: none twice (CTAP 2.3 §6.4).',
  },
  {
    broken: (profile) => announces(profile, 'credBlob') !== (profile.maxCredBlobLength !== undefined),
    sentence: () => 'maxCredBlobLength: goes with the extension credBlob, and only with it (CTAP 2.3 §12.2).',
  },
  {
    broken: ({ maxCredBlobLength }) => outside(maxCredBlobLength, 32),
    sentence: () => 'maxCredBlobLength: at least 32 bytes (CTAP 2.3 §6.4).',
  },
  {
    broken: (profile) => announces(profile, 'credBlob') && !announces(profile, 'credProtect'),
    sentence: () => 'extensions: credBlob needs credProtect (CTAP 2.3 §12.2).',
  },
  {
    broken: (profile) => announces(profile, 'largeBlobKey') && !profile.largeBlobArray,
    sentence: () => 'extensions: largeBlobKey needs largeBlobArray (CTAP 2.3 §12.3).',
  },
  {
    broken: ({ largeBlobArray }) => outside(largeBlobArray?.capacity, 1024),
    sentence: () => 'largeBlobArray.capacity: at least 1024 bytes (CTAP 2.3 §6.4).',
  },
  {
    broken: ({ largeBlobArray, maxDiscoverableCredentials }) =>
      largeBlobArray !== undefined && maxDiscoverableCredentials === 0,
    sentence: () => 'largeBlobArray: is of no use without discoverable credentials (CTAP 2.3 §6.10).',
  },
  {
    broken: (profile) => announces(profile, 'largeBlob') !== (profile.largeBlobExtension !== undefined),
    sentence: () =>
      'largeBlobExtension: goes with the extension largeBlob, and only with it (CTAP 2.3 §12.4).',
  },
  {
    broken: (profile) =>
      announces(profile, 'largeBlob') &&
      (profile.largeBlobArray !== undefined || announces(profile, 'largeBlobKey')),
    sentence: () => 'extensions: largeBlob excludes largeBlobKey and largeBlobArray (CTAP 2.3 §12.4).',
  },
  {
    broken: (profile) => announces(profile, 'hmac-secret-mc') && !announces(profile, 'hmac-secret'),
    sentence: () => 'extensions: hmac-secret-mc needs hmac-secret (CTAP 2.3 §12.8).',
  },
  {
    broken: (profile) => announces(profile, 'minPinLength') !== (profile.setMinPinLength !== undefined),
    sentence: () => 'setMinPinLength: goes with the extension minPinLength, and only with it (CTAP 2.3 §9).',
  },
  {
    broken: (profile) =>
      announces(profile, 'pinComplexityPolicy') && (!profile.pinComplexity || !profile.setMinPinLength),
    sentence: () =>
      'extensions: pinComplexityPolicy needs pinComplexity and setMinPinLength (CTAP 2.3 §12.6).',
  },
];

/** PIN, built-in verification and the sensor (CTAP 2.3 §6.4, §6.5, §6.7). */
const verificationRules: readonly Rule[] = [
  {
    broken: ({ pin }) => pin !== undefined && (pin.protocols.length === 0 || repeats(pin.protocols)),
    sentence: () => 'pin.protocols: at least one, and none twice (CTAP 2.3 §6.4).',
  },
  {
    broken: ({ pin }) => pin !== undefined && pin.minLength > pin.maxLength,
    sentence: () => 'pin: minLength is above maxLength.',
  },
  {
    broken: ({ builtInUv }) => outside(builtInUv?.maxRetries, 1, 25),
    sentence: () => 'builtInUv.maxRetries: 1 to 25 (CTAP 2.3 §6.5.2.3).',
  },
  {
    broken: ({ builtInUv }) => outside(builtInUv?.attemptsPerOperation, 1, 5),
    sentence: () => 'builtInUv.attemptsPerOperation: 1 to 5 (CTAP 2.3 §6.5.3.1).',
  },
  {
    broken: ({ bioEnrollment, builtInUv }) =>
      bioEnrollment !== undefined && builtInUv?.modality !== 'fingerprint',
    sentence: () => 'bioEnrollment: needs builtInUv by fingerprint (CTAP 2.3 §6.7).',
  },
  {
    broken: ({ bioEnrollment, pin }) => bioEnrollment !== undefined && pin === undefined,
    sentence: () => 'bioEnrollment: needs a PIN, which allows the first finger (CTAP 2.3 §6.7).',
  },
  {
    broken: ({ bioEnrollment }) =>
      outside(bioEnrollment?.maxTemplates, 1) ||
      outside(bioEnrollment?.samplesRequired, 1) ||
      outside(bioEnrollment?.maxFriendlyName, 1),
    sentence: () => 'bioEnrollment: maxTemplates, samplesRequired and maxFriendlyName are at least 1.',
  },
  {
    broken: ({ bioEnrollment, uvBioEnroll }) => uvBioEnroll && bioEnrollment === undefined,
    sentence: () => 'uvBioEnroll: needs bioEnrollment (CTAP 2.3 §6.4).',
  },
  {
    broken: ({ perCredMgmtRo, ...profile }) =>
      perCredMgmtRo && (!profile.credentialManagement || (!profile.pin && !profile.builtInUv)),
    sentence: () =>
      'perCredMgmtRo: needs credentialManagement and a PIN or built-in UV, which give the token (CTAP 2.3 §6.8).',
  },
];

/** authenticatorConfig and what it sets (CTAP 2.3 §6.11). */
const configRules: readonly Rule[] = [
  {
    broken: ({ authenticatorConfig, ...profile }) =>
      !authenticatorConfig &&
      (profile.setMinPinLength !== undefined ||
        profile.enterpriseAttestation !== undefined ||
        profile.vendorConfigCommands !== undefined),
    sentence: () =>
      'authenticatorConfig: is needed by setMinPinLength, enterpriseAttestation and vendorConfigCommands (CTAP 2.3 §6.4).',
  },
  {
    broken: ({ alwaysUv, authenticatorConfig, ...profile }) =>
      authenticatorConfig &&
      alwaysUv === undefined &&
      profile.setMinPinLength === undefined &&
      profile.enterpriseAttestation === undefined &&
      profile.longTouchForReset === undefined &&
      profile.vendorConfigCommands === undefined,
    sentence: () => 'authenticatorConfig: there is nothing that it could set (CTAP 2.3 §6.4).',
  },
  {
    broken: ({ alwaysUv, versions }) =>
      alwaysUv !== undefined && versions.length > 0 && versions.every((version) => version === 'U2F_V2'),
    sentence: () => 'alwaysUv: would leave a key of U2F alone without any version (CTAP 2.3 §7.2.4).',
  },
  {
    broken: ({ authenticatorConfig, uvAcfg }) => uvAcfg && !authenticatorConfig,
    sentence: () => 'uvAcfg: needs authenticatorConfig (CTAP 2.3 §6.4).',
  },
  {
    broken: ({ pin, setMinPinLength }) => setMinPinLength !== undefined && pin === undefined,
    sentence: () => 'setMinPinLength: needs a PIN (CTAP 2.3 §6.4).',
  },
  {
    broken: ({ pin, pinComplexity }) => pinComplexity !== undefined && pin === undefined,
    sentence: () => 'pinComplexity: needs a PIN (CTAP 2.3 §6.4).',
  },
  {
    broken: ({ vendorConfigCommands = [] }) => repeats(vendorConfigCommands),
    sentence: () => 'vendorConfigCommands: none twice.',
  },
];

/** Lists and limits that getInfo shows (CTAP 2.3 §6.4). */
const memberRules: readonly Rule[] = [
  {
    broken: ({ transports }) => transports.length === 0 || repeats(transports),
    sentence: () => 'transports: at least one, and none twice (CTAP 2.3 §6.4).',
  },
  {
    broken: ({ transports, transportsForReset }) =>
      transportsForReset !== undefined &&
      (transportsForReset.length === 0 ||
        repeats(transportsForReset) ||
        !transportsForReset.every((transport) => transports.includes(transport))),
    sentence: () => 'transportsForReset: some of transports, at least one and none twice (CTAP 2.3 §6.4).',
  },
  {
    broken: ({ certifications }) =>
      certifications !== undefined &&
      (Object.keys(certifications).length === 0 ||
        !Object.entries(certifications).every(([name, level]) => isCertification(name, level))),
    sentence: () =>
      `certifications: at least one of ${certificationList}, with a level up to that (CTAP 2.3 §7.3).`,
  },
  {
    broken: ({ maxCredentialCountInList }) => outside(maxCredentialCountInList, 1),
    sentence: () => 'maxCredentialCountInList: at least 1 (CTAP 2.3 §6.4).',
  },
  {
    broken: ({ credentialIdLength, maxCredentialIdLength }) => maxCredentialIdLength < credentialIdLength,
    sentence: () => 'maxCredentialIdLength: not below credentialIdLength.',
  },
  {
    broken: ({ pinComplexity }) => outside(utf8.encode(pinComplexity?.url ?? 'x').length, 1, 1024),
    sentence: () => 'pinComplexity.url: 1 to 1024 bytes.',
  },
];

/** Capabilities that need or exclude each other, so that getInfo is consistent with itself (CTAP 2.3 §6.4). */
export const capabilityRules: readonly Rule[] = [
  ...extensionRules,
  ...verificationRules,
  ...configRules,
  ...memberRules,
];
