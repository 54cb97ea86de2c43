import type { Clock } from '../ports/clock.ts';
import type { ConsentAnswer, ConsentQuestion, ConsentSource } from '../ports/consent.ts';

interface Waiting {
  /** Passes the question on; calls back when it is answered. */
  start(): void;
}

/**
 * Shows one question at a time: those of other keys wait in the order they came. Time runs while they wait, and one
 * that is cancelled or out of time leaves the queue without having been shown.
 */
export class QueuedConsent implements ConsentSource {
  readonly #source: ConsentSource;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #busy = false;

  constructor(source: ConsentSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** Questions that wait behind the one being shown. */
  get waiting(): number {
    return this.#waiting.size;
  }

  async ask(question: ConsentQuestion, signal: AbortSignal): Promise<ConsentAnswer> {
    if (signal.aborted) return { outcome: 'cancelled' };
    const arrived = this.#clock.monotonic();
    if (this.#busy) {
      const end = await this.#turn(question.timeoutMs, signal);
      if (end) return end;
    }
    this.#busy = true;
    try {
      const timeoutMs = question.timeoutMs - (this.#clock.monotonic() - arrived);
      return await this.#source.ask({ ...question, timeoutMs }, signal);
    } finally {
      this.#next();
    }
  }

  wink(key: string): void {
    this.#source.wink?.(key);
  }

  /** Hands the turn to the first in the queue: `#busy` stays set in between, so that nobody can push in. */
  #next(): void {
    const [first] = this.#waiting;
    if (first) first.start();
    else this.#busy = false;
  }

  /** Resolves to nothing when it is this question's turn, or to how it ended before. */
  #turn(timeoutMs: number, signal: AbortSignal): Promise<ConsentAnswer | undefined> {
    return new Promise((resolve) => {
      const leave = (result: ConsentAnswer | undefined) => {
        this.#waiting.delete(entry);
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
        resolve(result);
      };
      const onAbort = () => leave({ outcome: 'cancelled' });
      const entry = { start: () => leave(undefined) };
      const cancelTimer = this.#clock.after(timeoutMs, () => leave({ outcome: 'timeout' }));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(entry);
    });
  }
}
