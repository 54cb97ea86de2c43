import type { Clock } from '../ports/clock.ts';

/** Runs an action once nothing has been noted for `delay` milliseconds. */
export class WhenQuiet {
  readonly #clock: Clock;
  readonly #delay: number;
  readonly #action: () => void;
  #last = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, delay: number, action: () => void) {
    this.#clock = clock;
    this.#delay = delay;
    this.#action = action;
  }

  note(): void {
    this.#last = this.#clock.monotonic();
    this.#cancelTimer ??= this.#clock.after(this.#delay, () => this.#look());
  }

  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #look(): void {
    const rest = this.#last + this.#delay - this.#clock.monotonic();
    this.#cancelTimer = rest > 0 ? this.#clock.after(rest, () => this.#look()) : undefined;
    if (rest <= 0) this.#action();
  }
}
