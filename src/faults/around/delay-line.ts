import type { Clock } from '../../ports/clock.ts';

interface Step {
  readonly delay: number;
  run(): void;
}

/** Does one thing after the other; what is delayed delays everything behind it. */
export class DelayLine {
  readonly #clock: Clock;
  readonly #waiting: Step[] = [];
  #stopTimer: (() => void) | undefined;
  #running = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs at once, inside this call, unless something before it still waits. */
  push(run: () => void, delay = 0): void {
    this.#waiting.push({ delay, run });
    this.#advance();
  }

  /** What waits never happens. */
  clear(): void {
    this.#waiting.length = 0;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  #advance(): void {
    // A step may push another one, which then has to wait for its turn.
    if (this.#running || this.#stopTimer) return;
    this.#running = true;
    try {
      for (let step = this.#waiting.shift(); step; step = this.#waiting.shift()) {
        if (step.delay > 0) {
          this.#wait(step);
          return;
        }
        step.run();
      }
    } finally {
      this.#running = false;
    }
  }

  #wait(step: Step): void {
    this.#waiting.unshift({ delay: 0, run: () => step.run() });
    this.#stopTimer = this.#clock.after(step.delay, () => {
      this.#stopTimer = undefined;
      this.#advance();
    });
  }
}
