import type { CoseAlgorithm } from '../cose/algorithm.ts';
import type { KeyScreen } from '../consent/terminal.ts';
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

export interface StartOptions extends KeySelection {
  /** Keeps everything in memory; `keystore` and `passphrase` are then without meaning. */
  readonly memory: boolean;
  /** Transport specs in the order given; never empty. */
  readonly transports: readonly string[];
  readonly consent: ConsentMode;
  /** How long an automatic user takes to answer, in milliseconds. */
  readonly delayMs: number;
  /** Built-in user verification. */
  readonly uv: boolean;
  /** Path of a JSON file with profile settings; the options below win over it. */
  readonly profile?: string;
  /** Version strings for getInfo, e.g. `FIDO_2_0`. */
  readonly versions?: readonly string[];
  readonly algorithms?: readonly CoseAlgorithm[];
  readonly counter?: CounterMode;
  /** 16 bytes. */
  readonly aaguid?: Uint8Array;
  /** What the command line says of the USB identity; the rest is the profile's. */
  readonly usb: Partial<Pick<UsbIdentity, 'vendorId' | 'productId' | 'product' | 'manufacturer' | 'serial'>>;
  /** Log file; absent: no log is kept. */
  readonly logFile?: string;
  /** Logs frames and commands too, not only what matters. */
  readonly verbose: boolean;
}

/** The people's side of a running key. */
export interface KeyUi {
  readonly input: TerminalInput;
  readonly screen: KeyScreen;
  event(event: KeyEvent): void;
}

export interface RunningKey {
  readonly name: string;
  /** The store's directory; absent with `memory`. */
  readonly keystore?: string;
  /** Where hosts find the key, e.g. `tcp:127.0.0.1:40123`. */
  readonly addresses: readonly string[];
  /** Sentences for the person who started it: which transport was taken and why, what would give a better one. */
  readonly notes: readonly string[];
  readonly credentialCount: number;
  readonly pinSet: boolean;
  powerCycle(): Promise<void>;
  /** Orderly shutdown; a second call is harmless. */
  close(): Promise<void>;
  /** Resolves after `close`; rejects when the key cannot go on by itself. */
  readonly closed: Promise<void>;
}

export interface PinStatus {
  readonly set: boolean;
  readonly retriesLeft: number;
  readonly uvRetriesLeft: number;
  /** Code points. */
  readonly minLength: number;
  readonly changeRequired: boolean;
}

/** Why a PIN operation was refused. Lengths are in code points but for `too-many-bytes`. */
export type PinRefusal =
  | { readonly problem: 'not-set' | 'already-set' | 'blocked' | 'same' | 'complexity' | 'ends-with-zero' }
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

export interface ImportOptions {
  readonly onConflict: 'fail' | 'skip' | 'replace';
}

export interface ImportReport {
  readonly added: number;
  readonly replaced: number;
  readonly skipped: number;
}

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
  info(): KeyInfo;
  /** A value for JSON.stringify. */
  exportDocument(options: { readonly withSecrets: boolean }): unknown;
  /** Takes the text of an exported document; nothing is written if it throws UsageError. */
  importDocument(text: string, options: ImportOptions): Promise<ImportReport>;
  close(): Promise<void>;
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

/** All that the command line may ask of the program. Each call loads what it needs, so that small commands start fast. */
export interface App {
  /** Throws KeystoreError (`locked`: the key runs already), TransportError, UsageError. */
  runKey(options: StartOptions, ui: KeyUi): Promise<RunningKey>;
  /** Throws UsageError `no-such-key` unless `create`. Opens the key also while another process runs it. */
  openKey(selection: KeySelection, options: { readonly create: boolean }): Promise<OpenKey>;
  /** Power-cycles the running key and waits until it is back. Throws UsageError `not-running`. */
  powerCycle(selection: KeySelection): Promise<{ readonly pid: number }>;
  /** The store's directory, absolute, without touching it. */
  keystoreLocation(selection: KeySelection): Promise<string>;
  /** FIDO HID devices that node-hid sees. Throws TransportError `unavailable` when its native library does not load. */
  listDevices(): Promise<readonly HostDevice[]>;
}
