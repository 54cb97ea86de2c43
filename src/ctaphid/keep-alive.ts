import type { Clock } from '../ports/clock.ts';
import type { KeepAliveStatus } from '../ports/message-handler.ts';

/** Milliseconds between keep-alives (CTAP 2.3 §11.2.9.1.7). */
export const keepAliveInterval = 100;

/**
 * Tells the host that a command still runs: every 100 ms, the first after 100 ms, and at once when the status changes
 * (CTAP 2.3 §11.2.9.1.7). Silent before `start` and for good after `stop`.
 */
export class KeepAlive {
  readonly #clock: Clock;
  readonly #send: (status: KeepAliveStatus) => void;
  #status: KeepAliveStatus = 'processing';
  #cancelTimer: (() => void) | undefined;
  /** When the last keep-alive was sent, or when waiting began. */
  #since = 0;

  constructor(clock: Clock, send: (status: KeepAliveStatus) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  start(): void {
    this.#since = this.#clock.monotonic();
    this.#arm(keepAliveInterval);
  }

  setStatus(status: KeepAliveStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    if (this.#cancelTimer === undefined) return;
    this.#since = this.#clock.monotonic();
    this.#send(status);
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #arm(delay: number): void {
    this.#cancelTimer = this.#clock.after(delay, () => this.#beat());
  }

  /** A change of status leaves the timer alone, as most commands are over long before it; what it sent counts here. */
  #beat(): void {
    const early = this.#since + keepAliveInterval - this.#clock.monotonic();
    // Armed before sending: a host in the same process may answer from inside `send` and so stop it.
    if (early > 0) {
      this.#arm(early);
      return;
    }
    this.start();
    this.#send(this.#status);
  }
}
