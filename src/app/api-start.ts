import type { TerminalInput } from '../consent/terminal-input.ts';
import type { KeyScreen } from '../consent/terminal.ts';
import type { CoseAlgorithm } from '../cose/algorithm.ts';
import type { KeyEvent } from '../ports/events.ts';
import type { UsbIdentity } from '../ports/hid.ts';

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
