import { coseAlgorithm } from '../cose/algorithm.ts';
import type { Credential, CredentialLargeBlob, CredentialUser } from '../ports/credential.ts';
import { credProtectLevel } from '../ports/credential.ts';
import type {
  AttestationMaterial,
  CertifiedKey,
  DeviceState,
  Fingerprint,
  PinRecord,
} from '../ports/keystore.ts';
import type { Kind } from './record-schema.ts';
import {
  bytes,
  field,
  flag,
  integer,
  listOf,
  milliseconds,
  oneOf,
  optional,
  orNull,
  record,
  RecordShapeError,
  text,
} from './record-schema.ts';

/** What changes whenever a credential is used. Kept apart, so that a sign-in writes few bytes. */
export type HotMembers = Pick<Credential, 'signCount' | 'backupState' | 'lastUsedAt'>;
/** A record in place of the exact counter: no value above `ceiling` was ever sent. */
export type HotRecord = HotMembers & { readonly ceiling?: number };
export type ColdMembers = Omit<Credential, keyof HotMembers>;

/** Device state without the large-blob array, which is big and seldom written. */
export type SmallState = Omit<DeviceState, 'largeBlobArray'>;
/** As for HotRecord, of the global counter. */
export type StateRecord = SmallState & { readonly ceiling?: number };

/** A key in the directory of keys. */
export interface KeyEntry {
  readonly name: string;
  /** 8 bytes that all database keys of this key begin with. */
  readonly keyId: Uint8Array;
  readonly createdAt: number;
  /** See KeystoreDirectory.note. */
  readonly note?: string;
}

export interface Tally {
  readonly nextSequence: number;
  readonly discoverable: number;
  /** Of both kinds. Absent in a store that nobody has written to since this is counted. */
  readonly credentials?: number;
}

const coseKey: Kind<Credential['publicKey']> = {
  read(value) {
    if (!(value instanceof Map)) throw new RecordShapeError('expected a COSE key');
    return new Map(
      [...(value as Credential['publicKey'])].map(([label, item]) => [
        label,
        item instanceof Uint8Array ? new Uint8Array(item) : item,
      ]),
    );
  },
  write: (value) => value,
};

const user = record<CredentialUser>({
  id: field(1, bytes),
  name: optional(2, text),
  displayName: optional(3, text),
});

const largeBlob = record<CredentialLargeBlob>({ data: field(1, bytes), originalSize: field(2, integer) });

export const coldMembers = record<ColdMembers>({
  id: field(1, bytes),
  rpIdHash: field(2, bytes),
  rpId: optional(3, text),
  rpName: optional(4, text),
  user: optional(5, user),
  discoverable: field(6, flag),
  protocol: field(7, oneOf('ctap2', 'u2f')),
  algorithm: field(8, oneOf(...Object.values(coseAlgorithm))),
  privateKey: field(9, bytes),
  publicKey: field(10, coseKey),
  credProtect: field(11, oneOf(...Object.values(credProtectLevel))),
  credRandomWithUv: field(12, bytes),
  credRandomWithoutUv: field(13, bytes),
  credBlob: optional(14, bytes),
  largeBlobKey: optional(15, bytes),
  largeBlob: optional(16, largeBlob),
  thirdPartyPayment: field(17, flag),
  backupEligible: field(18, flag),
  createdAt: field(19, milliseconds),
});

export const hotRecord = record<HotRecord>({
  signCount: field(1, orNull(integer)),
  backupState: field(2, flag),
  lastUsedAt: optional(3, milliseconds),
  ceiling: optional(4, integer),
});

const pin = record<PinRecord>({ hash: field(1, bytes), codePoints: field(2, integer) });

const fingerprint = record<Fingerprint>({ id: field(1, bytes), name: optional(2, text) });

export const stateRecord = record<StateRecord>({
  pin: optional(1, pin),
  pinRetries: field(2, integer),
  uvRetries: field(3, integer),
  uvCountSinceLastPinEntry: field(4, integer),
  minPinLength: optional(5, integer),
  minPinLengthRpIds: optional(6, listOf(text)),
  forcePinChange: field(7, flag),
  pinComplexityPolicy: optional(8, flag),
  alwaysUv: optional(9, flag),
  enterpriseAttestation: field(10, flag),
  longTouchForReset: optional(11, flag),
  fingerprints: field(12, listOf(fingerprint)),
  persistentPinUvAuthToken: field(13, bytes),
  deviceIdentifier: field(14, bytes),
  credStoreState: field(15, bytes),
  signCount: field(16, integer),
  ceiling: optional(17, integer),
});

const certifiedKey = record<CertifiedKey>({ privateKey: field(1, bytes), certificate: field(2, bytes) });

export const attestationMaterial = record<AttestationMaterial>({
  root: field(1, certifiedKey),
  batch: field(2, certifiedKey),
  enterprise: optional(3, certifiedKey),
});

export const keyEntry = record<KeyEntry>({
  name: field(1, text),
  keyId: field(2, bytes),
  createdAt: field(3, milliseconds),
  note: optional(4, text),
});

export const tally = record<Tally>({
  nextSequence: field(1, integer),
  discoverable: field(2, integer),
  credentials: optional(3, integer),
});
