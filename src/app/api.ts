import type { Check, CheckGroup } from '../check/check.ts';
import type { CheckResult, RunReport } from '../check/runner.ts';
import type { CoseAlgorithm } from '../cose/algorithm.ts';
import type { KeyScreen } from '../consent/terminal.ts';
import type { HostEvent } from '../control/handle.ts';
import type { Credential } from '../ports/credential.ts';
import type { KeyEvent } from '../ports/events.ts';
import type { UsbIdentity } from '../ports/hid.ts';
import type { TerminalInput } from '../consent/terminal-input.ts';

/** One key in one store. */
export interface KeySelection {
  /** Directory of the store, from the option or FAUXKEY_KEYSTORE; absent: take the default place. */
  readonly keystore?: string;
  /** Name of the key in the store. */
  readonly key: string;
  /** For a store sealed with a passphrase. */
  readonly passphrase?: string;
}

export type ConsentMode = 'ask' | 'auto' | 'deny' | 'ignore';
export type CounterMode = 'per-credential' | 'global' | 'zero';
/** Packed by the credential itself, or by a certificate of the test authority (packed or fido-u2f). */
export type AttestationMode = 'none' | 'self' | 'basic' | 'u2f';

/** A control server beside the key. */
export interface ControlOptions {
  /** `HOST:PORT`, `HOST` or `PORT`; empty for a free port of 127.0.0.1. */
  readonly address: string;
  /** Origins of web pages and extensions that may call it. */
  readonly origins: readonly string[];
  /** Keeps the token from one start to the next; a new one for every start unless given. */
  readonly tokenKeptIn?: string;
  /** Of this program, for the interface's description of itself. */
  readonly version: string;
}

/** Where a control server listens, and what it asks for. */
export interface RunningControl {
  /** Without a slash at the end. */
  readonly url: string;
  /** For `Authorization: Bearer …`. */
  readonly token: string;
  /** A file of this user alone that holds the token, while the server runs. */
  readonly tokenFile?: string;
}

/** A machine that touches the key and switches its power for suites of other people. */
export interface RigOptions {
  readonly kind: 'touch' | 'conformance';
  /** 0 for a free one. */
  readonly port: number;
}

export interface RunningRig {
  readonly kind: RigOptions['kind'];
  readonly url: string;
}

export interface StartOptions extends KeySelection {
  /** Keeps everything in memory; `keystore` and `passphrase` are then without meaning. */
  readonly memory: boolean;
  /** Transport specs in the order given; never empty. */
  readonly transports: readonly string[];
  /** Lets `usbip` listen on an address that other machines reach. */
  readonly allowRemote?: boolean;
  readonly consent: ConsentMode;
  /** How long an automatic user takes to answer, in milliseconds. */
  readonly delayMs: number;
  /** Built-in user verification. */
  readonly uv: boolean;
  /** Name of a preset, or path of a JSON file with profile settings; the options below win over it. */
  readonly profile?: string;
  /** Version strings for getInfo, e.g. `FIDO_2_0`. */
  readonly versions?: readonly string[];
  readonly algorithms?: readonly CoseAlgorithm[];
  readonly counter?: CounterMode;
  readonly attestation?: AttestationMode;
  /** 16 bytes. */
  readonly aaguid?: Uint8Array;
  /** What the command line says of the USB identity; the rest is the profile's. */
  readonly usb: Partial<Pick<UsbIdentity, 'vendorId' | 'productId' | 'product' | 'manufacturer' | 'serial'>>;
  /** Serves the key over HTTP, too. */
  readonly control?: ControlOptions;
  readonly rigs?: readonly RigOptions[];
  /** Log file; absent: no log is kept. */
  readonly logFile?: string;
  /** Tells every command on the screen, and logs questions and answers too. */
  readonly verbose: boolean;
}

/** Where a profile comes from. */
export interface ProfileName {
  /** Name of a preset, or path of a file. */
  readonly name: string;
  /** Options of the command line changed it. */
  readonly changed: boolean;
}

/** The people's side of a running key. */
export interface KeyUi {
  readonly input: TerminalInput;
  readonly screen: KeyScreen;
  event(event: KeyEvent): void;
  /** What a suite told a rig at its end. */
  rigResults?(results: Readonly<Record<string, unknown>>): void;
}

export interface RunningKey {
  readonly name: string;
  /** The store's directory; absent with `memory`. */
  readonly keystore?: string;
  /** Where hosts find the key, e.g. `tcp:127.0.0.1:40123`. */
  readonly addresses: readonly string[];
  /** Sentences for the person who started it: which transport was taken and why, what would give a better one. */
  readonly notes: readonly string[];
  readonly rigs?: readonly RunningRig[];
  readonly credentialCount: number;
  readonly profile: ProfileName;
  readonly pinSet: boolean;
  /** Where keys of this process are driven from outside. */
  readonly control?: RunningControl;
  powerCycle(): Promise<void>;
  /** Orderly shutdown; a second call is harmless. */
  close(): Promise<void>;
  /** Resolves after `close`; rejects when the key cannot go on by itself. */
  readonly closed: Promise<void>;
}

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

/** What `check` is asked for. */
export interface CheckOptions {
  /** Path of a HID device; neither it nor `stream`: the only one of this machine. */
  readonly device?: string;
  /** `HOST:PORT`, `unix:PATH` or `udp:HOST:PORT`. */
  readonly stream?: string;
  readonly pin?: string;
  /** Lets the key be reset and written to. */
  readonly destructive: boolean;
  /** Ids of groups and checks; empty: all. */
  readonly only: readonly string[];
  /** PEM texts with certificates of trusted authorities. */
  readonly roots: readonly string[];
  /** A command for the shell that unplugs the key and plugs it in again. */
  readonly replugCommand?: string;
}

/** The people's side of a running check. */
export interface CheckUi {
  start(check: Check, group: CheckGroup): void;
  result(result: CheckResult): void;
  /** The key waits for a touch. */
  touch(): void;
  readonly canReplug: boolean;
  /** Asks somebody to unplug the key and plug it in again; false if it was not done. */
  replug(): Promise<boolean>;
}

/** A key of a USB/IP server that became a USB device of this machine. */
export interface AttachedKey {
  /** Port of the virtual host controller; absent if usbip(8) chose it. */
  readonly port?: number;
  readonly busId: string;
  readonly vendorId: number;
  readonly productId: number;
}

export interface DetachedKey {
  readonly port: number;
  /** What the key was called on this machine, such as `3-1`. */
  readonly localBusId: string;
}

/** A FIDO device of this host. */
export interface HostDevice {
  readonly path: string;
  readonly vendorId: number;
  readonly productId: number;
  readonly manufacturer?: string;
  readonly product?: string;
  readonly serial?: string;
}

export interface ProfileSummary {
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
}

export interface WebDriverOptions {
  /** URL of chromedriver, geckodriver or a grid. */
  readonly upstream: string;
  /** `PORT` or `HOST:PORT` of this machine. */
  readonly listen: string;
  /** Transports by which the browsers reach the keys. */
  readonly transports: readonly string[];
  readonly onEvent: (event: HostEvent) => void;
}

/** A WebDriver proxy that listens. */
export interface RunningWebDriver {
  /** What a suite gives as the URL of its driver. */
  readonly url: string;
  readonly upstream: string;
  /** Sentences about the transports that were taken. */
  readonly notes: readonly string[];
  /** Ends the proxy and its keys; the browsers stay. A second call is harmless. */
  close(): Promise<void>;
}

/** Which trace to read, and how. */
export interface TraceWish {
  /** Control server; the one of this machine unless given. */
  readonly url?: string;
  /** Its token; read from the file of a server of this machine unless given. */
  readonly token?: string;
  /** Id of the key; the only one unless given. */
  readonly key?: string;
  readonly format: 'json-lines' | 'pcapng';
  /** Goes on with what comes. */
  readonly follow: boolean;
  /** With `follow`: begins with what there is. */
  readonly past: boolean;
  readonly secrets: boolean;
}

export interface FollowedTrace {
  readonly key: string;
  readonly url: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Writes the body to a file that only its owner may read, until it ends. */
  saveTo(file: string): Promise<void>;
  close(): Promise<void>;
}

/** The browser extension in this package. */
export interface ExtensionInfo {
  /** Absolute path of the folder to load. */
  readonly folder: string;
  readonly origin: string;
  /** One for each control server of this user that answers. */
  readonly pairings: readonly {
    readonly url: string;
    /** Address and token in one; a secret. */
    readonly pairing: string;
    readonly keys: readonly string[];
  }[];
}

/** All that the command line may ask of the program. Each call loads what it needs, so that small commands start fast. */
export interface App {
  /** Throws KeystoreError (`locked`: the key runs already), TransportError, UsageError. */
  runKey(options: StartOptions, ui: KeyUi): Promise<RunningKey>;
  /** Throws UsageError `no-such-key` unless `create`. Opens the key also while another process runs it. */
  openKey(selection: KeySelection, options: { readonly create: boolean }): Promise<OpenKey>;
  /** As `openKey` of a key that exists, for a command that only lists: a tenth of the program is loaded. */
  readKey(selection: KeySelection): Promise<ReadableKey>;
  /** A WebDriver proxy whose virtual authenticators are keys. Throws UsageError or TransportError. */
  runWebDriver(options: WebDriverOptions): Promise<RunningWebDriver>;
  /** Power-cycles the running key and waits until it is back. Throws UsageError `not-running`. */
  powerCycle(selection: KeySelection): Promise<{ readonly pid: number }>;
  /** What passes between a running key and its hosts. Throws UsageError `not-running`, `no-such-key`. */
  followTrace(wish: TraceWish): Promise<FollowedTrace>;
  describeExtension(): Promise<ExtensionInfo>;
  /** The kinds of key that `profile` knows by name. */
  presets(): Promise<readonly ProfileSummary[]>;
  /** The profile of a preset or a file, every member of it, as JSON that a profile file may hold. Throws UsageError. */
  profileDocument(nameOrPath: string): Promise<Readonly<Record<string, unknown>>>;
  /** The store's directory, absolute, without touching it. */
  keystoreLocation(selection: KeySelection): Promise<string>;
  /**
   * Seals the store with the passphrase that `choose` gives once the store is open, or with a key file if it gives none.
   * Throws KeystoreError, UsageError.
   */
  setPassphrase(
    selection: KeySelection,
    choose: () => Promise<string | undefined>,
  ): Promise<{ readonly keystore: string }>;
  /** FIDO HID devices that node-hid sees. Throws TransportError `unavailable` when its native library does not load. */
  listDevices(): Promise<readonly HostDevice[]>;
  /** All checks, without a key. */
  checkGroups(): Promise<readonly CheckGroup[]>;
  /** Checks a key against the standard. Throws UsageError, TransportError. */
  checkKey(
    options: CheckOptions,
    ui: CheckUi,
  ): Promise<{ readonly target: string; readonly report: RunReport }>;
  /**
   * Attaches keys of the USB/IP server at `HOST[:PORT][/BUSID]` (127.0.0.1:3240 unless given) to this machine: one, or all
   * that are free. Throws TransportError, UsageError.
   */
  attachKeys(address: string | undefined, busId: string | undefined): Promise<readonly AttachedKey[]>;
  /** Detaches ports of the virtual host controller, or all that hold a FIDO key. Throws TransportError, UsageError. */
  detachKeys(ports: readonly number[]): Promise<readonly DetachedKey[]>;
}
