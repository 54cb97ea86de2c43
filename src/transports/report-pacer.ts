import type { Clock } from '../ports/clock.ts';

/** Reports that may go out at once. The kernel's hidraw keeps 64 for a reader and throws away what is beyond. */
const burst = 16;
const refill = 2;
const refillInterval = 2;

/** Reports that may wait; more come only from a host that writes without reading, and are lost. */
const longestQueue = 4096;

/**
 * Slows long messages down to a report each millisecond, still faster than a USB key, so that a host may be held up for
 * some 50 ms and lose none. Order is kept.
 */
export class ReportPacer {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #write: (report: Uint8Array) => void;
  #waiting: Uint8Array[] = [];
  #credit = burst;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'after'>, write: (report: Uint8Array) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  send(report: Uint8Array): void {
    if (this.#waiting.length < longestQueue) this.#waiting.push(report);
    this.#flush();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#credit = burst;
  }

  #flush(): void {
    const due = this.#waiting.splice(0, this.#credit);
    this.#credit -= due.length;
    for (const report of due) this.#write(report);
    if (this.#credit < burst) this.#cancelTimer ??= this.#clock.after(refillInterval, () => this.#refill());
  }

  #refill(): void {
    this.#cancelTimer = undefined;
    this.#credit = Math.min(burst, this.#credit + refill);
    this.#flush();
  }
}
