import type { Clock } from '../ports/clock.ts';

/** The longest lock in seconds (CTAP 2.3 §11.2.9.2.2). */
export const maxLockSeconds = 10;

/**
 * One channel's sole use of the device (CTAP 2.3 §11.2.9.2.2). It ends by itself, by LOCK 0 and with its channel.
 * SPEC-SILENT §11.2.9.2.2: traffic on the locking channel does not extend it; only another LOCK does.
 */
export class ChannelLock {
  readonly #clock: Clock;
  #holder: number | undefined;
  #until = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `seconds` from 1 to 10; 0 releases. */
  hold(channel: number, seconds: number): void {
    this.#holder = channel;
    this.#until = this.#clock.monotonic() + seconds * 1000;
  }

  /** The channel that has sole use now. */
  get holder(): number | undefined {
    return this.#clock.monotonic() < this.#until ? this.#holder : undefined;
  }

  clear(): void {
    this.#holder = undefined;
  }
}
