import type { CreateKeyOptions, Key } from '../../src/app/create-key.ts';
import { createKey } from '../../src/app/create-key.ts';
import type { CheckResult, RunOptions, RunReport } from '../../src/check/runner.ts';
import { runChecks } from '../../src/check/runner.ts';
import { selectChecks } from '../../src/check/groups.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { systemClock, systemRandom } from '../../src/app/system.ts';

const speed = 20;

/** Real time, but faster: what waits for ten seconds waits for half a second. Order in time stays what it is. */
export const fastClock: Clock = {
  monotonic: () => systemClock.monotonic() * speed,
  wall: () => systemClock.wall(),
  after: (delay, callback) => systemClock.after(delay / speed, callback),
};

export const crypto = createNodeCrypto();

export interface Table {
  readonly key: Key;
  /** Runs the checks with these ids or groups; all if none are named. */
  run(words?: readonly string[], changes?: Partial<RunOptions>): Promise<RunReport>;
}

/** A key in this process, with somebody beside it who unplugs it when he is asked to. */
export function table(options: CreateKeyOptions = {}): Table {
  const key = createKey({ clock: fastClock, ...options });
  return {
    key,
    run: (words = [], changes = {}) =>
      runChecks({
        groups: selectChecks(words),
        destructive: false,
        platform: { crypto, random: systemRandom },
        clock: fastClock,
        patience: 3000,
        limit: 40_000,
        open: () => Promise.resolve(key.connect()),
        person: {
          touch: () => undefined,
          replug: async () => {
            await key.powerCycle();
            return true;
          },
        },
        ...changes,
      }),
  };
}

/** `id: reason` of every check with this outcome. */
export function listOf({ results }: RunReport, outcome: CheckResult['outcome']): readonly string[] {
  return results.filter((result) => result.outcome === outcome).map(({ check, reason }) => `${check.id}: ${reason ?? ''}`);
}
