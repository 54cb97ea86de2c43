import type { Clock } from '../../src/ports/clock.ts';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves time on by `ms`, firing due timers in order of their time (then of their making), each at its own moment. */
  advance(ms: number): void;
  /** As `advance`, but lets promises settle before, between and after the timers. */
  advanceAsync(ms: number): Promise<void>;
  /** How many timers are set: zero when the code under test is at rest. */
  readonly pending: number;
  /** Moves only the wall clock, as an administrator or NTP would. */
  setWall(ms: number): void;
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** Lets every promise that can settle without waiting for time or input do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** `start` is the first monotonic reading, `wall` the first reading of the wall clock (2026-01-01 UTC). */
export function createFakeClock(start = 0, wall = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start;
  let wallOffset = wall - start;
  // In order of making, which is also the order among timers of the same moment.
  const timers = new Set<Timer>();

  function takeDue(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) if (timer.due <= end && (!next || timer.due < next.due)) next = timer;
    if (next) {
      timers.delete(next);
      now = Math.max(now, next.due);
    }
    return next;
  }

  return {
    monotonic: () => now,
    wall: () => now + wallOffset,
    after(delay, callback) {
      const timer = { due: now + Math.max(0, delay), callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      for (let timer = takeDue(end); timer; timer = takeDue(end)) timer.callback();
      now = end;
    },
    async advanceAsync(ms) {
      const end = now + ms;
      await settle();
      for (let timer = takeDue(end); timer; timer = takeDue(end)) {
        timer.callback();
        await settle();
      }
      now = Math.max(now, end);
    },
    get pending() {
      return timers.size;
    },
    setWall(ms) {
      wallOffset = ms - now;
    },
  };
}
