import { coseAlgorithm } from '../cose/algorithm.ts';
import { fromHex } from '../ctap/bytes.ts';
import type { Profile } from './profile.ts';

/** The complete key: PIN, discoverable credentials, everything that this version can do. */
export const defaultProfile: Profile = {
  aaguid: fromHex('0177465757ce481cb33f57b5cd399558'),
  versions: ['U2F_V2', 'FIDO_2_0', 'FIDO_2_1', 'FIDO_2_3'],
  algorithms: [coseAlgorithm.ES256, coseAlgorithm.EdDSA, coseAlgorithm.RS256],
  extensions: [
    'credProtect',
    'credBlob',
    'largeBlobKey',
    'minPinLength',
    'pinComplexityPolicy',
    'hmac-secret',
    'hmac-secret-mc',
    'thirdPartyPayment',
  ],
  transports: ['usb'],
  firmwareVersion: 0x0100,
  // The queue of a uhid device holds 31 reports, which is 1827 bytes; what a host writes beyond them at once is lost.
  maxMsgSize: 1800,
  maxCredentialCountInList: 8,
  maxCredentialIdLength: 128,
  credentialIdLength: 32,
  maxDiscoverableCredentials: 1000,
  pin: { protocols: [2, 1], maxRetries: 8, minLength: 4, maxLength: 63, noMcGaPermissions: false },
  accountChooser: false,
  maxCredBlobLength: 64,
  largeBlobArray: { capacity: 4096 },
  authenticatorConfig: true,
  alwaysUv: false,
  setMinPinLength: { maxRpIds: 8, preconfiguredRpIds: [] },
  pinComplexity: { enforced: false },
  enterpriseAttestation: { rpIds: [] },
  longTouchForReset: false,
  uvAcfg: false,
  uvBioEnroll: false,
  credentialManagement: true,
  perCredMgmtRo: true,
  makeCredUvNotRqd: true,
  attestation: 'packed-self',
  counter: 'per-credential',
  backupEligible: false,
  backupState: false,
  resetWindow: 10_000,
  userActionTimeout: 30_000,
};

/** Built-in verification as `--uv` adds it: the user types the key's PIN on the key itself. */
export const typedPinUv = { modality: 'pin', maxRetries: 5, attemptsPerOperation: 3 } as const;
