import type { CoseAlgorithm } from '../cose/algorithm.ts';
import type { Credential } from '../ports/credential.ts';
import type { ProfileName } from './api-start.ts';

export interface PinStatus {
  /** False for a kind of key that has no PIN. */
  readonly supported: boolean;
  readonly set: boolean;
  readonly retriesLeft: number;
  readonly uvRetriesLeft: number;
  /** Code points. */
  readonly minLength: number;
  readonly changeRequired: boolean;
}

/** Why a PIN operation was refused. Lengths are in code points but for `too-many-bytes`. */
export type PinRefusal =
  | {
      readonly problem:
        'unsupported' | 'not-set' | 'already-set' | 'blocked' | 'same' | 'complexity' | 'ends-with-zero';
    }
  | { readonly problem: 'wrong'; readonly retriesLeft: number }
  | { readonly problem: 'too-short'; readonly minLength: number }
  | { readonly problem: 'too-long'; readonly maxLength: number }
  | { readonly problem: 'too-many-bytes'; readonly maxBytes: number };

/** `undefined` when it was done. */
export type PinResult = PinRefusal | undefined;

/** PINs are given as people type them; the implementation normalizes (NFC), as a platform does. */
export interface PinAdmin {
  status(): PinStatus;
  /** Sets the first PIN; restores the retries. */
  set(pin: string): Promise<PinResult>;
  /** A wrong `pin` costs a retry, durably. */
  change(pin: string, newPin: string): Promise<PinResult>;
  /** Takes the PIN away without asking for it: whoever can write to the store owns the key. */
  remove(): Promise<PinResult>;
}

/** What `info` shows of a key, whether it runs or not. */
export interface KeyInfo {
  /** What the key is while it runs, else was when it last ran; the default if it never did (`remembered: false`). */
  readonly profile: ProfileName & { readonly remembered: boolean };
  /** What the key announces, by the names of CTAP 2.3 §6.4, as JSON; absent for a key that speaks U2F only. */
  readonly getInfo?: Readonly<Record<string, unknown>>;
  /** 32 hex digits. */
  readonly aaguid: string;
  readonly versions: readonly string[];
  readonly extensions: readonly string[];
  readonly algorithms: readonly CoseAlgorithm[];
  readonly options: Readonly<Record<string, boolean>>;
  readonly signCount: number;
  /** Process that runs the key now. */
  readonly running?: { readonly pid: number; readonly addresses: readonly string[] };
}

/** What the owner of the store may change of a credential. */
export interface CredentialChange {
  readonly backupEligible?: boolean;
  readonly backupState?: boolean;
  /** `null` for a counter that is always zero. */
  readonly signCount?: number | null;
  /** Empty text removes a name. */
  readonly userName?: string;
  readonly displayName?: string;
  /** Lets the counter go back, as on a key that was cloned. */
  readonly force: boolean;
}

/** Certificates of a key as PEM, and what a relying party has to know to trust them. */
export interface AttestationDocument {
  readonly profile: string;
  /** Certificate of the test authority. */
  readonly root: string;
  /** The certificate that attests for the model, then the root; the root alone for a model that the key was never. */
  readonly chain: readonly string[];
  /** The same for enterprise attestation; absent for a key without it. */
  readonly enterpriseChain?: readonly string[];
  /** Metadata statement (FIDO Metadata Statement 3.0). */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface ImportOptions {
  readonly onConflict: 'fail' | 'skip' | 'replace';
}

export interface ImportReport {
  readonly added: number;
  readonly replaced: number;
  readonly skipped: number;
}

/** What a listing needs of a key. Every method may throw KeystoreError. */
export type ReadableKey = Pick<OpenKey, 'key' | 'credentials' | 'close'>;

/** One key of one store, open for administration. Every method may throw KeystoreError. */
export interface OpenKey {
  /** The store's directory, absolute. */
  readonly keystore: string;
  readonly key: string;
  /** All keys of the store, in order of name. */
  readonly keys: readonly string[];
  readonly pin: PinAdmin;
  /** Newest first. */
  credentials(): readonly Credential[];
  /** Resolves to how many existed. Renews the credential store state. */
  remove(ids: readonly Uint8Array[]): Promise<number>;
  /** The factory reset of authenticatorReset: credentials, PIN and all settings. */
  reset(): Promise<void>;
  info(): Promise<KeyInfo>;
  /** Throws UsageError `no-such-credential`, or for a change that makes no sense. Resolves to the credential as it is then. */
  change(id: Uint8Array, change: CredentialChange): Promise<Credential>;
  /** Makes what is missing. `profile` is a preset or a file, in place of what the key is. Throws UsageError. */
  attestation(profile?: string): Promise<AttestationDocument>;
  /** Takes the user's own certificates and keys, all as PEM in one text. Throws UsageError. */
  importAttestation(pem: string): Promise<void>;
  /** The switch that authenticatorConfig can only turn on. Throws UsageError for a key that is not capable of it. */
  setEnterpriseAttestation(enabled: boolean): Promise<void>;
  /** A value for JSON.stringify. */
  exportDocument(options: { readonly withSecrets: boolean }): unknown;
  /** Takes the text of an exported document; nothing is written if it throws UsageError. */
  importDocument(text: string, options: ImportOptions): Promise<ImportReport>;
  close(): Promise<void>;
}
