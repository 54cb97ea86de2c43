import type { Credential } from './credential.ts';

/** A fingerprint template of the simulated sensor (CTAP 2.3 §6.7). */
export interface Fingerprint {
  readonly id: Uint8Array;
  readonly name?: string;
}

/** What the key knows of its PIN: LEFT(SHA-256(PIN), 16) and the length in code points, never the PIN. */
export interface PinRecord {
  readonly hash: Uint8Array;
  readonly codePoints: number;
}

/**
 * Certificate and key of the test authority or of an attestation identity. X.509 and PKCS#8, both DER. The key of an
 * authority is empty if the user gave its certificate only.
 */
export interface CertifiedKey {
  readonly privateKey: Uint8Array;
  readonly certificate: Uint8Array;
}

/**
 * Everything persistent that is not a credential. Survives power cycles; most of it dies at authenticatorReset
 * (CTAP 2.3 §6.6). A field that is absent has the profile's factory default.
 */
export interface DeviceState {
  readonly pin?: PinRecord;
  readonly pinRetries: number;
  readonly uvRetries: number;
  /** Built-in UV operations since a PIN was last entered (getInfo 0x17). */
  readonly uvCountSinceLastPinEntry: number;
  readonly minPinLength?: number;
  readonly minPinLengthRpIds?: readonly string[];
  readonly forcePinChange: boolean;
  readonly pinComplexityPolicy?: boolean;
  readonly alwaysUv?: boolean;
  readonly enterpriseAttestation: boolean;
  readonly longTouchForReset?: boolean;
  /** Serialized large-blob array with its checksum; absent = the initial array. */
  readonly largeBlobArray?: Uint8Array;
  readonly fingerprints: readonly Fingerprint[];
  /** 32 bytes (CTAP 2.3 §6.5.2.2). */
  readonly persistentPinUvAuthToken: Uint8Array;
  /** 16 bytes, renewed at reset. */
  readonly deviceIdentifier: Uint8Array;
  /** 16 bytes, renewed with every change of the discoverable credentials. */
  readonly credStoreState: Uint8Array;
  /** The last value of a global signature counter. Never goes back, not even at reset. */
  readonly signCount: number;
}

/** Identity that outlives a reset: made on first use, kept until the key is removed from the store. */
export interface AttestationMaterial {
  readonly root: CertifiedKey;
  readonly batch: CertifiedKey;
  readonly enterprise?: CertifiedKey;
}

/**
 * Durable state of one key. Reads are answered at once and always show the latest committed state, also when another
 * process changed it. Writes resolve when they are durable: what a client is told after that survives `kill -9`.
 * Every method may throw KeystoreError.
 */
export interface Keystore {
  /**
   * Grows whenever another party (the CLI, another process) changed this key. The authenticator compares it at each
   * command: tokens, cursors and other volatile state that referred to the old state are void when it moved. Writes
   * made through this very object do not move it.
   */
  readonly generation: number;

  state(): DeviceState;
  /** Replaces the given members atomically; an explicit `undefined` removes an optional one. */
  updateState(change: DeviceStateChange): Promise<void>;

  attestation(): AttestationMaterial | undefined;
  setAttestation(material: AttestationMaterial): Promise<void>;

  /** The credential with this id that belongs to this RP ID hash. */
  find(rpIdHash: Uint8Array, id: Uint8Array): Credential | undefined;
  /** The credential with this id, whatever RP it belongs to. */
  findById(id: Uint8Array): Credential | undefined;
  /** Discoverable credentials of one RP, newest first (order of creation, not of the clock). */
  discoverable(rpIdHash: Uint8Array): readonly Credential[];
  /** One entry for each RP that has discoverable credentials; each is the RP's newest credential. Stable order. */
  discoverableRps(): readonly Credential[];
  countDiscoverable(): number;
  /** Of all credentials, discoverable or not. */
  count(): number;
  /** All credentials, discoverable or not, newest first. */
  all(): Iterable<Credential>;

  /**
   * Stores a new credential. A discoverable credential of the same RP and user.id that already exists is removed in the
   * same step (CTAP 2.3 §6.1.2 step 17), and so is one with the same id. `state` is changed in the same transaction.
   */
  add(credential: Credential, state?: DeviceStateChange): Promise<void>;
  /**
   * Stores credentials in the order given, the last one newest, all in one step. What is taken (the id, or the RP and
   * user.id of a discoverable credential) is a conflict: `fail` then writes nothing at all, `skip` leaves out the new
   * credential, `replace` removes the old one. `state` is changed in the same transaction, unless it failed.
   */
  addAll(
    credentials: readonly Credential[],
    onConflict: ConflictRule,
    state?: DeviceStateChange,
  ): Promise<AddAllResult>;
  /**
   * Replaces the credential with the same id in place (its age stays). Resolves to false, with nothing written, when
   * there is none: somebody else may have removed it in the meantime.
   */
  update(credential: Credential, state?: DeviceStateChange): Promise<boolean>;
  /**
   * Replaces a credential with what `make` makes of it, in one step that no other process comes between. What `make`
   * throws is passed on, with nothing written. Resolves to the credential as it is then; undefined if there is none.
   */
  change(
    id: Uint8Array,
    make: (current: Credential) => Credential,
    state?: DeviceStateChange,
  ): Promise<Credential | undefined>;
  /**
   * Notes that a credential signs. Once this has resolved, nobody will ever be shown a counter below these, whatever
   * becomes of the process: a store may reserve values ahead in place of writing each, so that after a crash counters
   * are higher than what was sent, never lower. Resolves to false, with nothing noted, when there is no such credential.
   */
  use(id: Uint8Array, use: CredentialUse, state?: Pick<DeviceStateChange, 'signCount'>): Promise<boolean>;
  /** Removes credentials by id; resolves to how many existed. */
  remove(ids: readonly Uint8Array[], state?: DeviceStateChange): Promise<number>;
  /** Removes all credentials and sets the state given, in one step; attestation material stays. */
  reset(factory: DeviceState): Promise<void>;
  /** Makes the key hold just this, in one step; attestation material that is not given stays. */
  replaceAll(contents: KeyContents): Promise<void>;

  close(): Promise<void>;
}

/** All that a key holds. */
export interface KeyContents {
  readonly state: DeviceState;
  /** The last one newest; no two with one id, or of one account. */
  readonly credentials: readonly Credential[];
  readonly attestation?: AttestationMaterial;
}

/** What changes in a credential with each signature. */
export type CredentialUse = Pick<Credential, 'signCount'> & Required<Pick<Credential, 'lastUsedAt'>>;

export type ConflictRule = 'fail' | 'skip' | 'replace';

export interface AddAllResult {
  readonly added: number;
  /** The ids of the given credentials that met one that existed before. */
  readonly conflicts: readonly Uint8Array[];
}

/** Members to replace; `undefined` stands for removal of an optional member. */
export type DeviceStateChange = { readonly [K in keyof DeviceState]?: DeviceState[K] | undefined };

/** Why the keystore could not do what was asked. `full` becomes KEY_STORE_FULL, all else OTHER (CLI: exit code). */
export type KeystoreProblem = 'full' | 'corrupt' | 'locked' | 'version' | 'io' | 'passphrase';

export class KeystoreError extends Error {
  override readonly name = 'KeystoreError';
  readonly problem: KeystoreProblem;
  constructor(problem: KeystoreProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
