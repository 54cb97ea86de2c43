import type { CreateKeyOptions, Key } from '../../src/app/create-key.ts';
import { createKey } from '../../src/app/create-key.ts';
import { systemRandom } from '../../src/app/system.ts';
import { selectChecks } from '../../src/check/groups.ts';
import type { CheckResult, RunOptions, RunReport } from '../../src/check/runner.ts';
import { runChecks } from '../../src/check/runner.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { createFaults } from '../../src/faults/faults.ts';
import type { FaultRule } from '../../src/faults/fault.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { HidPipe } from '../../src/ports/hid-pipe.ts';
import { TransportError } from '../../src/ports/transport.ts';
import { createFakeClock, settle } from '../support/fake-clock.ts';

const tick = 5;

/**
 * Time that passes only while nothing else happens: no test waits, and a machine that is slow makes nobody late. What
 * runs in other threads would not be waited for; keys of elliptic curves are made in this one.
 */
export function createIdleClock(): Clock {
  const clock = createFakeClock(0, Date.now());
  const state = { isRunning: false };
  const pass = async (): Promise<void> => {
    while (clock.pending > 0) {
      await settle();
      await settle();
      clock.advance(tick);
    }
    state.isRunning = false;
  };
  return {
    monotonic: () => clock.monotonic(),
    wall: () => clock.wall(),
    after: (delay, callback) => {
      const cancel = clock.after(delay, callback);
      if (!state.isRunning) {
        state.isRunning = true;
        void pass();
      }
      return cancel;
    },
  };
}

export const crypto = createNodeCrypto();

export interface Table {
  readonly key: Key;
  /** From now on the key commits this fault. */
  readonly spoil: (rule: FaultRule) => void;
  /** Runs the checks with these ids or groups; all if none are named. */
  readonly run: (words?: readonly string[], changes?: Partial<RunOptions>) => Promise<RunReport>;
}

/** A key in this process, with somebody beside it who unplugs it when he is asked to. */
export function table({ clock = createIdleClock(), ...options }: CreateKeyOptions = {}): Table {
  const pipes = new Set<HidPipe>();
  const state = { isPlugged: true };
  const pullOut = (): void => {
    state.isPlugged = false;
    key.endpoint.powerCycle();
    for (const pipe of pipes) void pipe.close();
    pipes.clear();
  };
  const putBack = (): void => {
    state.isPlugged = true;
  };
  const faults = createFaults({
    clock,
    random: systemRandom,
    onUnplug: pullOut,
    onReplug: putBack,
  });
  const key = createKey({ clock, wrap: faults.wrap, ...options });
  return {
    key,
    spoil: (rule) => void faults.add(rule),
    run: (words = [], changes = {}) =>
      runChecks({
        groups: selectChecks(words),
        destructive: false,
        platform: { crypto, random: systemRandom },
        clock,
        patience: 3000,
        limit: 60_000,
        open: () => {
          if (!state.isPlugged)
            return Promise.reject(new TransportError('unavailable', 'it is unplugged', ''));
          const pipe = key.connect();
          pipes.add(pipe);
          return Promise.resolve(pipe);
        },
        person: {
          touch: () => undefined,
          canReplug: true,
          replug: () => {
            pullOut();
            putBack();
            return Promise.resolve(true);
          },
        },
        ...changes,
      }),
  };
}

/** `id: reason` of every check with this outcome. */
export function listOf({ results }: RunReport, outcome: CheckResult['outcome']): readonly string[] {
  return results
    .filter((result) => result.outcome === outcome)
    .map(({ check, reason }) => `${check.id}: ${reason ?? ''}`);
}
