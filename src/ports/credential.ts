import type { CoseAlgorithm } from '../cose/algorithm.ts';
import type { CoseKey } from '../cose/key.ts';

/** Levels of the credProtect extension (CTAP 2.3 §12.1). */
export const credProtectLevel = {
  userVerificationOptional: 1,
  userVerificationOptionalWithCredentialIdList: 2,
  userVerificationRequired: 3,
} as const;
export type CredProtectLevel = (typeof credProtectLevel)[keyof typeof credProtectLevel];

/** The account that a credential belongs to. */
export interface CredentialUser {
  /** 1 to 64 bytes. */
  readonly id: Uint8Array;
  readonly name?: string;
  readonly displayName?: string;
}

/** A blob of the largeBlob extension (CTAP 2.3 §12.4): compressed by the platform, kept as it came. */
export interface CredentialLargeBlob {
  readonly data: Uint8Array;
  readonly originalSize: number;
}

/** One credential with everything that the key remembers of it. */
export interface Credential {
  /** 16 to 1023 bytes. Also the U2F key handle. */
  readonly id: Uint8Array;
  /** SHA-256 of the RP ID; for a U2F credential, the application parameter. 32 bytes. */
  readonly rpIdHash: Uint8Array;
  /** Absent for a credential made over U2F, where only the hash is known. */
  readonly rpId?: string;
  readonly rpName?: string;
  /** Absent for a credential made over U2F. */
  readonly user?: CredentialUser;
  readonly discoverable: boolean;
  readonly protocol: 'ctap2' | 'u2f';
  readonly algorithm: CoseAlgorithm;
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  readonly publicKey: CoseKey;
  /** The last value that was sent; `null` for a credential that always sends zero. */
  readonly signCount: number | null;
  readonly credProtect: CredProtectLevel;
  /** Secrets of hmac-secret, 32 bytes each (CTAP 2.3 §12.7). */
  readonly credRandomWithUv: Uint8Array;
  readonly credRandomWithoutUv: Uint8Array;
  readonly credBlob?: Uint8Array;
  readonly largeBlobKey?: Uint8Array;
  readonly largeBlob?: CredentialLargeBlob;
  readonly thirdPartyPayment: boolean;
  readonly backupEligible: boolean;
  readonly backupState: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
  readonly lastUsedAt?: number;
}
