import type {
  Policy,
  PolicyAction,
  PolicyRule,
  QuestionFilter,
  UserReply,
  WaitingQuestion,
} from '../consent/remote-types.ts';
import type { CoseAlgorithm } from '../cose/algorithm.ts';
import type {
  Credential,
  CredentialLargeBlob,
  CredentialUser,
  CredProtectLevel,
} from '../ports/credential.ts';
import type { ActiveFault, FaultDescription, FaultRule } from '../faults/fault.ts';
import type { HidPipe } from '../ports/hid-pipe.ts';
import type { UsbIdentity } from '../ports/hid.ts';
import type { Trace } from '../trace/trace.ts';
import type { HostEvent } from './host-event.ts';

export type {
  CommandNote,
  CredentialNote,
  FaultNote,
  HostEvent,
  HostHappening,
  OtherKeyEvent,
} from './host-event.ts';

/**
 * Many keys in one process, as those see them who drive keys from outside: the control server, the WebDriver commands,
 * fixtures, the panel. Bytes are bytes here; only the HTTP side turns them into base64url. What a caller gets wrong is
 * UsageError, whose `problem` says which kind of mistake it was.
 */
export interface KeyHost {
  /** In order of creation. */
  list(): readonly ControlledKey[];
  get(id: string): ControlledKey | undefined;
  /** As `get`; throws UsageError `no-such-key`. */
  require(id: string): ControlledKey;
  /** Throws UsageError (`conflict` for an id that is taken) or TransportError; nothing is left behind then. */
  create(settings?: NewKey): Promise<ControlledKey>;
  /** Unplugs the key and forgets it with all that it held in memory. Throws UsageError `no-such-key`. */
  remove(id: string): Promise<void>;
  /** Everything that happens from now on, in order; returns the function that ends it. A listener must not throw. */
  subscribe(listener: (event: HostEvent) => void): () => void;
  /** Every fault that the keys can be made to commit. */
  readonly faultCatalogue: readonly FaultDescription[];
  /** Removes every key. A second call is harmless. */
  close(): Promise<void>;
}

/** A key that is to be made. It lives in memory. */
export interface NewKey {
  /** 1 to 64 letters, digits, `.`, `_` or `-`, the first no dot; a free one unless given. */
  readonly id?: string;
  /** What the user knows it by; the id unless given. */
  readonly name?: string;
  /** Name of a preset, or settings as a profile file holds them; the complete key unless given. */
  readonly profile?: string | Readonly<Record<string, unknown>>;
  /** Transport specs, e.g. `uhid` or `tcp:127.0.0.1:0`; none unless given: the key is then reached by `connect` only. */
  readonly transports?: readonly string[];
  /** What the user does when no policy says something else; allows at once unless given. */
  readonly consent?: ConsentHabit;
  /** What hosts see on the bus. The serial is the id unless given. */
  readonly usb?: Partial<UsbIdentity>;
  /** False for a key that lies beside the machine at first. */
  readonly plugged?: boolean;
  /** Starts as the key was of which the snapshot was taken; `profile` is then the snapshot's unless given. */
  readonly snapshot?: KeySnapshot;
}

export interface ConsentHabit {
  readonly action: PolicyAction;
  /** Milliseconds. */
  readonly delayMs?: number;
}

export interface ControlledKey {
  readonly id: string;
  readonly plugged: boolean;
  describe(): KeyDescription;
  /** What the key announces and what it is, as `fauxkey info --json` shows it. */
  info(): Promise<Readonly<Record<string, unknown>>>;
  /** Root and leaf certificates (PEM) and the metadata statement; makes them if they are missing. */
  attestation(): Promise<Readonly<Record<string, unknown>>>;
  /** Puts the key in: attaches its transports. Without effect on one that is in. Throws TransportError. */
  plug(): Promise<void>;
  /** Pulls the key out: hosts lose it at once, and it loses all volatile state. */
  unplug(): Promise<void>;
  /** Pulls it out and puts it back. Throws UsageError `unplugged`. */
  powerCycle(): Promise<void>;
  /** A host in this process: CTAPHID reports both ways, until the key is pulled out. Throws UsageError `unplugged`. */
  connect(): HidPipe;
  /** Everything that outlives a power cycle, private keys and the PIN's hash included. */
  snapshot(): KeySnapshot;
  /** Replaces everything that the key holds; nothing is changed if it throws UsageError. */
  restore(snapshot: KeySnapshot): Promise<void>;
  /** The factory reset of authenticatorReset: credentials, PIN and settings go. */
  reset(): Promise<void>;
  readonly credentials: CredentialsPart;
  readonly user: UserPart;
  readonly pin: PinPart;
  readonly fingerprints: FingerprintsPart;
  readonly faults: FaultsPart;
  readonly trace: TracePart;
}

export interface KeyDescription {
  readonly id: string;
  readonly name: string;
  /** `changed`: settings of its own on top of the preset. */
  readonly profile: { readonly name: string; readonly changed: boolean };
  readonly usb: UsbIdentity;
  readonly plugged: boolean;
  /** Transport specs as they were asked for. */
  readonly transports: readonly string[];
  /** Where hosts find the key now; empty while it is unplugged. */
  readonly addresses: readonly string[];
  /** Sentences of the transports: what was chosen, what is risky. */
  readonly notes: readonly string[];
  readonly consent: ConsentHabit;
  readonly credentialCount: number;
  readonly pinSet: boolean;
  /** Hex, 16 bytes. */
  readonly aaguid: string;
  /** Directory of the store; absent for a key in memory. */
  readonly keystore?: string;
}

/** A whole key as JSON, with its secrets: `fauxkey-snapshot`. */
export type KeySnapshot = Readonly<Record<string, unknown>>;

/** What the key holds. Objects are as the key keeps them, private keys included: do not hand them on unasked. */
export interface CredentialsPart {
  /** Newest first. */
  list(): readonly Credential[];
  get(id: Uint8Array): Credential | undefined;
  /** Throws UsageError: `conflict` for an id or an account that the key has already. */
  add(credential: NewCredential): Promise<Credential>;
  /** Throws UsageError: `no-such-credential`, or for a change that makes no sense. */
  change(id: Uint8Array, change: CredentialPatch): Promise<Credential>;
  /** Whether there was one. */
  remove(id: Uint8Array): Promise<boolean>;
  /** Removes all; resolves to how many there were. The PIN and the settings stay. */
  clear(): Promise<number>;
}

/** A credential that is put into a key by hand. What is left out is as in a credential that the key made itself. */
export interface NewCredential {
  /** 1 to 1023 bytes; random unless given. */
  readonly id?: Uint8Array;
  readonly rpId: string;
  readonly rpName?: string;
  /** Required for a discoverable credential. */
  readonly user?: CredentialUser;
  /** True unless given. */
  readonly discoverable?: boolean;
  /** ES256 unless given. */
  readonly algorithm?: CoseAlgorithm;
  /** PKCS#8 DER of a key of that algorithm; a new one unless given. */
  readonly privateKey?: Uint8Array;
  /** `null` always sends zero. 0 unless given. */
  readonly signCount?: number | null;
  readonly credProtect?: CredProtectLevel;
  readonly credBlob?: Uint8Array;
  readonly largeBlob?: CredentialLargeBlob;
  readonly largeBlobKey?: Uint8Array;
  /** 32 bytes each. */
  readonly hmacSecret?: { readonly withUv: Uint8Array; readonly withoutUv: Uint8Array };
  readonly thirdPartyPayment?: boolean;
  readonly backupEligible?: boolean;
  readonly backupState?: boolean;
}

/** What may be changed of a credential; what is left out stays. `null` takes an optional value away. */
export interface CredentialPatch {
  /** May go back, as on a copied key. */
  readonly signCount?: number | null;
  readonly backupEligible?: boolean;
  readonly backupState?: boolean;
  /** Empty text removes a name. */
  readonly userName?: string;
  readonly displayName?: string;
  readonly credProtect?: CredProtectLevel;
  readonly credBlob?: Uint8Array | null;
  readonly largeBlob?: CredentialLargeBlob | null;
}

/** The person who holds the key. */
export interface UserPart {
  /** Questions that wait for an answer, oldest first. */
  questions(filter?: QuestionFilter): readonly WaitingQuestion[];
  /** The oldest question that fits, now or within the time. Undefined when none came, or the signal aborted. */
  waitFor(
    filter: QuestionFilter,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<WaitingQuestion | undefined>;
  /** Throws UsageError: `not-found` for a question that is over, `refused` for an answer that does not fit it. */
  answer(questionId: string, reply: UserReply): void;
  /** In the order in which they are tried: newest first. */
  policies(): readonly Policy[];
  /** Throws UsageError. Questions that wait already are not touched. */
  addPolicy(rule: PolicyRule): Policy;
  /** Whether there was one. */
  removePolicy(id: string): boolean;
  clearPolicies(): void;
  readonly habit: ConsentHabit;
  setHabit(habit: ConsentHabit): void;
}

export interface PinState {
  /** False for a kind of key that has no PIN. */
  readonly supported: boolean;
  readonly set: boolean;
  readonly retriesLeft: number;
  readonly maxRetries: number;
  readonly uvRetriesLeft: number;
  readonly uvMaxRetries: number;
  /** Code points. */
  readonly minLength: number;
  readonly changeRequired: boolean;
}

/** Client PIN and the counters of user verification. PINs are text as people type it. */
export interface PinPart {
  state(): PinState;
  /** Sets the PIN, or replaces it without asking for the old one. Throws UsageError `refused`. */
  set(pin: string): Promise<void>;
  /** As the user does it: a wrong `oldPin` costs a retry. Throws UsageError `refused`. */
  change(oldPin: string, pin: string): Promise<void>;
  /** Throws UsageError `refused` if there is none. */
  remove(): Promise<void>;
  /** Moves the counters and the duty to change the PIN; a counter of 0 blocks. Throws UsageError. */
  adjust(change: PinAdjustment): Promise<void>;
}

export interface PinAdjustment {
  readonly retriesLeft?: number;
  readonly uvRetriesLeft?: number;
  readonly changeRequired?: boolean;
}

export interface EnrolledFinger {
  /** 1 to 32 bytes. */
  readonly id: Uint8Array;
  readonly name?: string;
}

/** Fingers that the simulated sensor knows. Everything but `list` throws UsageError `unsupported` without a sensor. */
export interface FingerprintsPart {
  list(): readonly EnrolledFinger[];
  /** Throws UsageError `refused` when the sensor is full. */
  add(name?: string): Promise<EnrolledFinger>;
  /** Throws UsageError `not-found`. */
  rename(id: Uint8Array, name: string): Promise<EnrolledFinger>;
  /** Whether there was one. */
  remove(id: Uint8Array): Promise<boolean>;
}

/** What the key does wrong on purpose. */
export interface FaultsPart {
  /** Rules in force, in the order in which they were added. */
  list(): readonly ActiveFault[];
  /** Throws UsageError for a rule that is not well-formed. */
  add(rule: FaultRule): ActiveFault;
  /** Whether there was one. */
  remove(id: string): boolean;
  clear(): void;
}

/** What passed between the key and its hosts; without secrets unless they are asked for. */
export type TracePart = Omit<Trace, 'wrap'>;
