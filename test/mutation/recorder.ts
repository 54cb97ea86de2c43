import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { env } from 'node:process';

import { afterAll, expect } from 'vitest';

/** What one file of tests reached, and the milliseconds that it took. */
export interface Reached {
  readonly test: string;
  readonly milliseconds: number;
  readonly places: readonly string[];
}

const places = new Set<string>();
const start = performance.now();
(globalThis as { fauxkeyReached?: Set<string> }).fauxkeyReached = places;

afterAll(() => {
  const reached: Reached = {
    test: expect.getState().testPath ?? '',
    milliseconds: performance.now() - start,
    places: [...places],
  };
  writeFileSync(join(env['FAUXKEY_REACHED'] ?? '.', randomUUID()), JSON.stringify(reached));
});
