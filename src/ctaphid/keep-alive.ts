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

  constructor(clock: Clock, send: (status: KeepAliveStatus) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  start(): void {
    this.#cancelTimer = this.#clock.after(keepAliveInterval, () => {
      this.#beat();
    });
  }

  setStatus(status: KeepAliveStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    if (this.#cancelTimer === undefined) return;
    this.#cancelTimer();
    this.#beat();
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  // Armed before sending: a host in the same process may answer from inside `send` and so stop it.
  #beat(): void {
    this.start();
    this.#send(this.#status);
  }
}
