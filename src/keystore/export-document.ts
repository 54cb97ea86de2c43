import type { CoseAlgorithm } from '../cose/algorithm.ts';
import type { Credential } from '../ports/credential.ts';
import type { DeviceStateChange } from '../ports/keystore.ts';

/**
 * The document that export writes and import reads, ready for JSON. Binary values are base64url without padding. The
 * members of a credential carry the names of W3C WebDriver's virtual authenticators where those have the member, so
 * that a list of credentials made for that interface is a document too.
 */
export const exportFormat = 'fauxkey-export';
export const exportVersion = 1;

export interface ExportDocument {
  readonly format: typeof exportFormat;
  readonly version: typeof exportVersion;
  readonly key?: { readonly name: string };
  /** Oldest first. */
  readonly credentials: readonly ExportedCredential[];
  /** Only with secrets. */
  readonly state?: ExportedState;
}

export interface ExportedCredential {
  readonly credentialId: string;
  readonly protocol: Credential['protocol'];
  readonly rpId?: string;
  /** Only where the RP ID is not known, as with U2F. */
  readonly rpIdHash?: string;
  readonly rpName?: string;
  readonly userHandle?: string;
  readonly userName?: string;
  readonly userDisplayName?: string;
  readonly isResidentCredential: boolean;
  /** Null: the credential always sends zero. */
  readonly signCount: number | null;
  /** PKCS#8. Only with secrets. */
  readonly privateKey?: string;
  /** COSE_Key. */
  readonly publicKey: string;
  /** Name in the IANA COSE registry, e.g. `ES256`. */
  readonly algorithm: string;
  readonly credProtect: number;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly lastUsedAt?: string;
  readonly backupEligibility: boolean;
  readonly backupState: boolean;
  readonly thirdPartyPayment: boolean;
  readonly credBlob?: string;
  /** Compressed by the platform, with the size before that. */
  readonly largeBlob?: { readonly data: string; readonly originalSize: number };
  /** Only with secrets. */
  readonly largeBlobKey?: string;
  /** Only with secrets; 32 bytes each. */
  readonly hmacSecret?: { readonly withUv: string; readonly withoutUv: string };
}

export interface ExportedState {
  /** LEFT(SHA-256(PIN), 16), and the PIN's length in code points. */
  readonly pin?: { readonly hash: string; readonly codePoints: number };
  readonly pinRetries: number;
  readonly uvRetries: number;
  readonly minPinLength?: number;
  readonly forcePinChange: boolean;
  readonly alwaysUv?: boolean;
  /** The last value of a global signature counter. */
  readonly signCount: number;
  readonly largeBlobArray?: string;
}

/** A document after parsing: every value of the right type and size, defaults not filled in yet. */
export interface ParsedDocument {
  readonly credentials: readonly ParsedCredential[];
  readonly state?: DeviceStateChange;
}

/** A credential of a document. What is absent gets a default when it is imported. */
export interface ParsedCredential {
  /** Where it stands, for messages, e.g. `credentials[3]`. */
  readonly path: string;
  readonly id: Uint8Array;
  readonly protocol: Credential['protocol'];
  readonly rpId?: string;
  readonly rpIdHash?: Uint8Array;
  readonly rpName?: string;
  readonly user?: NonNullable<Credential['user']>;
  readonly discoverable: boolean;
  readonly algorithm: CoseAlgorithm;
  readonly privateKey?: Uint8Array;
  readonly publicKey?: Uint8Array;
  readonly signCount: number | null;
  readonly credProtect: Credential['credProtect'];
  readonly credRandomWithUv?: Uint8Array;
  readonly credRandomWithoutUv?: Uint8Array;
  readonly credBlob?: Uint8Array;
  readonly largeBlobKey?: Uint8Array;
  readonly largeBlob?: NonNullable<Credential['largeBlob']>;
  readonly thirdPartyPayment: boolean;
  readonly backupEligible: boolean;
  readonly backupState: boolean;
  readonly createdAt?: number;
  readonly lastUsedAt?: number;
}
