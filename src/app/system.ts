import { getRandomValues } from 'node:crypto';
import { uptime } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { createSteadyTime } from './steady-time.ts';

/** The clock of this machine. */
export const systemClock: Clock = {
  monotonic: createSteadyTime({
    running: () => performance.now(),
    wall: () => Date.now(),
    sinceBoot: () => uptime() * 1000,
  }),
  wall: () => Date.now(),
  after: (delay, callback) => {
    const timer = setTimeout(callback, delay);
    return () => clearTimeout(timer);
  },
};

/** A call of the operating system takes as long for many bytes as for few. */
const reserve = new Uint8Array(4096);
let unused = 0;

/** The operating system's random numbers. Each is given out once: nothing of it stays behind. */
export const systemRandom: Random = {
  bytes: (length) => {
    if (length > reserve.length / 4) return getRandomValues(new Uint8Array(length));
    if (unused < length) {
      getRandomValues(reserve);
      unused = reserve.length;
    }
    const taken = reserve.subarray(unused - length, unused);
    const bytes = taken.slice();
    taken.fill(0);
    unused -= length;
    return bytes;
  },
};
