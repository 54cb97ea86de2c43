import { getRandomValues } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';

/** The clock of this machine. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after: (delay, callback) => {
    const timer = setTimeout(callback, delay);
    return () => clearTimeout(timer);
  },
};

/** The operating system's random numbers. */
export const systemRandom: Random = {
  bytes: (length) => getRandomValues(new Uint8Array(length)),
};
