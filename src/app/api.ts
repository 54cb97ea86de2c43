import type { Check, CheckGroup } from '../check/check.ts';
import type { CheckResult, RunReport } from '../check/runner.ts';
import type { HostEvent } from '../control/handle.ts';
import type { OpenKey, ReadableKey } from './api-admin.ts';
import type { KeySelection, KeyUi, RunningKey, StartOptions } from './api-start.ts';

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
