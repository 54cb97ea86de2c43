import type { Platform } from '../client/pin-protocol.ts';
import type { Clock } from '../ports/clock.ts';
import type { HidPipe } from '../ports/hid-pipe.ts';

/** Whoever can lay hands on the key. */
export interface Person {
  /** The key waits for a touch: told once for each check, and for each sample of a finger. */
  touch(): void;
  /** Somebody is there who can unplug the key. */
  readonly canReplug: boolean;
  /** Unplugs the key and plugs it in again; false if that was not done after all. */
  replug(): Promise<boolean>;
}

export interface BenchOptions {
  readonly platform: Platform;
  readonly clock: Clock;
  /** Connects to the key, anew each time. Throws TransportError while it is not there. */
  open(): Promise<HidPipe>;
  readonly person: Person;
  /** The PIN of the key, if its owner tells it. */
  readonly pin?: string;
  /** Milliseconds of silence after which an answer counts as missing. */
  readonly patience: number;
  /** Certificates (DER) of authorities, one of which must have issued the attestation. */
  readonly roots?: readonly Uint8Array[];
}
