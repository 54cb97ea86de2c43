import type { CoseAlgorithm } from '../cose/algorithm.ts';
import type { HostTransport } from '../ports/message-handler.ts';
import type { ExtensionName } from './extensions/extension.ts';

/** Client PIN as a capability (CTAP 2.3 §6.5). */
export interface PinCapability {
  /** Protocols offered, the preferred one first. */
  readonly protocols: readonly (1 | 2)[];
  /** At most 8 (CTAP 2.3 §6.5.2.3). */
  readonly maxRetries: number;
  /** Code points, at least 4. */
  readonly minLength: number;
  /** Code points, 8 to 63. */
  readonly maxLength: number;
  /** Tokens from a PIN then never carry mc and ga (getInfo option noMcGaPermissionsWithClientPin). */
  readonly noMcGaPermissions: boolean;
}

/** Built-in user verification as a capability. */
export interface BuiltInUvCapability {
  readonly modality: 'pin' | 'fingerprint';
  /** 1 to 25. */
  readonly maxRetries: number;
  /** Tries inside one operation before it fails, 1 to 5. */
  readonly attemptsPerOperation: number;
}

/** authenticatorBioEnrollment with a simulated sensor (CTAP 2.3 §6.7). */
export interface BioEnrollmentCapability {
  readonly maxTemplates: number;
  /** Good samples that make a template. */
  readonly samplesRequired: number;
  /** Bytes of UTF-8. */
  readonly maxFriendlyName: number;
  readonly kind: 'touch' | 'swipe';
}

/** authenticatorLargeBlobs with largeBlobKey (CTAP 2.3 §6.10): the blobs of all credentials in one array. */
export interface LargeBlobArrayCapability {
  /** Bytes with the checksum, at least 1024. */
  readonly capacity: number;
}

/** Built-in blobs by the largeBlob extension (CTAP 2.3 §12.4); excludes the array. */
export interface LargeBlobExtensionCapability {
  /** Bytes for each credential. */
  readonly capacity: number;
}

/** setMinPINLength with the extensions that report it (CTAP 2.3 §6.11.4, §12.5). */
export interface SetMinPinLengthCapability {
  /** RP IDs that setMinPINLength may name (getInfo 0x10). */
  readonly maxRpIds: number;
  /** RP IDs that are told from the factory on, whatever is set. */
  readonly preconfiguredRpIds: readonly string[];
}

/** A PIN policy beyond length (CTAP 2.3 §6.5.1): digits that all ascend, descend or repeat are refused. */
export interface PinComplexityCapability {
  /** Factory setting. */
  readonly enforced: boolean;
  /** Where people read what the policy is (getInfo 0x1C). */
  readonly url?: string;
}

/** Enterprise attestation (CTAP 2.3 §7.1). */
export interface EnterpriseAttestationCapability {
  /** RP IDs to which the vendor gives it (vendor-facilitated, value 1). */
  readonly rpIds: readonly string[];
}

export type CounterMode = 'per-credential' | 'global' | 'zero';

/**
 * What a key is, as data: fixed while it runs. getInfo and the behaviour of every command are computed from it
 * together with the persistent state.
 */
export interface Profile {
  /** 16 bytes. */
  readonly aaguid: Uint8Array;
  /** Values for getInfo 0x01, in ascending order. `U2F_V2` switches CTAPHID_MSG on. */
  readonly versions: readonly string[];
  /** Offered in this order; the relying party's order decides. */
  readonly algorithms: readonly CoseAlgorithm[];
  readonly extensions: readonly ExtensionName[];
  readonly transports: readonly HostTransport[];
  readonly firmwareVersion: number;
  /** Level of each certification (getInfo 0x13, CTAP 2.3 §7.3), by the names in `certification.ts`. */
  readonly certifications?: Readonly<Record<string, number>>;
  /** Largest CTAPHID_CBOR message, bytes, both ways. */
  readonly maxMsgSize: number;
  readonly maxCredentialCountInList: number;
  readonly maxCredentialIdLength: number;
  /** Length of the ids that this key makes, 16 to 255 bytes. */
  readonly credentialIdLength: number;
  /** Room for discoverable credentials; zero for a key without resident keys. */
  readonly maxDiscoverableCredentials: number;
  readonly pin?: PinCapability;
  readonly builtInUv?: BuiltInUvCapability;
  readonly bioEnrollment?: BioEnrollmentCapability;
  /** Tokens from built-in verification may carry be (getInfo option uvBioEnroll). */
  readonly uvBioEnroll: boolean;
  /** The key lets a verified user choose among several accounts itself (CTAP 2.3 §6.2.2 step 12). */
  readonly accountChooser: boolean;
  /** Bytes for credBlob, at least 32; exactly with that extension. */
  readonly maxCredBlobLength?: number;
  readonly largeBlobArray?: LargeBlobArrayCapability;
  readonly largeBlobExtension?: LargeBlobExtensionCapability;
  /** authenticatorConfig (CTAP 2.3 §6.11); its subcommands follow from the capabilities below and from alwaysUv. */
  readonly authenticatorConfig: boolean;
  /** Tokens from built-in verification may carry acfg (getInfo option uvAcfg). */
  readonly uvAcfg: boolean;
  readonly setMinPinLength?: SetMinPinLengthCapability;
  readonly pinComplexity?: PinComplexityCapability;
  readonly enterpriseAttestation?: EnterpriseAttestationCapability;
  /** Factory setting of longTouchForReset; absent for a key without it. */
  readonly longTouchForReset?: boolean;
  /** Vendor command ids of vendorPrototype (getInfo 0x15). */
  readonly vendorConfigCommands?: readonly number[];
  readonly credentialManagement: boolean;
  readonly perCredMgmtRo: boolean;
  readonly makeCredUvNotRqd: boolean;
  /** Factory setting of alwaysUv; absent for a key without that option. */
  readonly alwaysUv?: boolean;
  readonly attestation: 'none' | 'packed-self' | 'packed' | 'fido-u2f';
  readonly counter: CounterMode;
  /** Flags of new credentials (WebAuthn L3 §6.1.3); backupState needs backupEligible. */
  readonly backupEligible: boolean;
  readonly backupState: boolean;
  /** Milliseconds after power-up in which reset is allowed (CTAP 2.3 §6.6); `null` for always. */
  readonly resetWindow: number | null;
  /** Transports over which reset is allowed (getInfo 0x1A), some of `transports`; absent for all of them. */
  readonly transportsForReset?: readonly HostTransport[];
  /** Milliseconds that the user has for each question. */
  readonly userActionTimeout: number;
}
