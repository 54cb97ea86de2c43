import { CborError } from '../cbor/error.ts';
import { pause } from '../client/deadline.ts';
import {
  CtapHidError,
  CtapStatusError,
  HidTransportError,
  KeyResponseError,
  U2fStatusError,
} from '../client/errors.ts';
import { TransportError } from '../ports/transport.ts';
import { Bench } from './bench.ts';
import type { BenchOptions } from './bench-options.ts';
import type { Check, CheckGroup, Need } from './check.ts';
import { CheckFailure, CheckSkip } from './check.ts';
import type { KeyFacts } from './facts.ts';
import { factoryReset, prepare } from './preparation.ts';

export type Outcome = 'passed' | 'failed' | 'skipped';

export interface CheckResult {
  readonly check: Check;
  readonly group: CheckGroup;
  readonly outcome: Outcome;
  /** Why it failed or was skipped: a sentence. */
  readonly reason?: string;
  readonly durationMs: number;
}

export interface RunOptions extends BenchOptions {
  readonly groups: readonly CheckGroup[];
  /** Lets the key be reset and written to. */
  readonly destructive: boolean;
  /** Milliseconds that a single check may take. */
  readonly limit: number;
  onStart?(check: Check, group: CheckGroup): void;
  onResult?(result: CheckResult): void;
}

export interface RunReport {
  /** What the key said of itself at the beginning. */
  readonly facts: KeyFacts;
  readonly results: readonly CheckResult[];
  readonly durationMs: number;
  /** What its owner has to know of the key now: a sentence. */
  readonly note?: string;
}

/**
 * Runs all checks one after the other; no failure keeps the others from running. A destructive run ends with a reset.
 * Throws TransportError if the key cannot be reached at all, and HidTransportError or CtapHidError if it is no FIDO key.
 */
export async function runChecks(options: RunOptions): Promise<RunReport> {
  const bench = new Bench(options);
  const start = options.clock.monotonic();
  const results: CheckResult[] = [];
  try {
    const facts = await bench.begin();
    for (const group of options.groups) {
      for (const check of group.checks) {
        options.onStart?.(check, group);
        const result = { check, group, ...(await runCheck(bench, check, options)) };
        results.push(result);
        options.onResult?.(result);
      }
    }
    const isChanged = results.some(({ check, outcome }) => check.destructive && outcome !== 'skipped');
    const note = isChanged ? await cleanUp(bench) : undefined;
    const durationMs = options.clock.monotonic() - start;
    return { facts, results, durationMs, ...(note !== undefined && { note }) };
  } finally {
    await bench.disconnect().catch(() => undefined);
  }
}

/** Resets the key for the last time; if that fails, says what is left on it. */
async function cleanUp(bench: Bench): Promise<string | undefined> {
  try {
    await factoryReset(bench);
    return undefined;
  } catch (error) {
    const pin = bench.knownPin === undefined ? '' : ` Its PIN is ${bench.knownPin}.`;
    return `The key could not be reset at the end: ${explain(error)}.${pin}`;
  }
}

async function runCheck(
  bench: Bench,
  check: Check,
  options: RunOptions,
): Promise<Pick<CheckResult, 'outcome' | 'reason' | 'durationMs'>> {
  const { clock } = options;
  const start = clock.monotonic();
  const verdict = await judge(bench, check, options);
  // What a check left half done must not trouble the next one.
  if (verdict.outcome === 'failed') await bench.disconnect().catch(() => undefined);
  return { ...verdict, durationMs: clock.monotonic() - start };
}

async function judge(
  bench: Bench,
  check: Check,
  options: RunOptions,
): Promise<{ readonly outcome: Outcome; readonly reason?: string }> {
  if (check.destructive && !options.destructive) {
    return { outcome: 'skipped', reason: 'It changes what is on the key: allow it with --destructive.' };
  }
  // What was changed can be undone by a reset alone, and that wants a key which was just plugged in.
  if ((check.destructive || check.replug) && !options.person.canReplug) {
    return { outcome: 'skipped', reason: 'Nobody is there to unplug the key and plug it in again.' };
  }
  const limit = new AbortController();
  try {
    const work = attempt(bench, check);
    const expire = pause(options.clock, options.limit, limit.signal).then(() => {
      throw new CheckFailure(`the key does not come to an end within ${options.limit} ms`);
    });
    expire.catch(() => undefined);
    work.catch(() => undefined);
    await Promise.race([work, expire]);
    return { outcome: 'passed' };
  } catch (error) {
    if (error instanceof CheckSkip) return { outcome: 'skipped', reason: sentence(error.message) };
    return { outcome: 'failed', reason: sentence(explain(error)) };
  } finally {
    limit.abort(new Error('over'));
  }
}

async function attempt(bench: Bench, check: Check): Promise<void> {
  await bench.begin();
  requireNeeds(
    bench,
    check.needs.filter(({ lasting }) => lasting),
  );
  await prepare(bench, check.state);
  requireNeeds(bench, check.needs);
  await check.run(bench);
}

function requireNeeds(bench: Bench, needs: readonly Need[]): void {
  for (const need of needs) if (!need.met(bench.facts)) throw new CheckSkip(need.otherwise);
}

function explain(error: unknown): string {
  if (error instanceof CheckSkip) return error.message;
  if (error instanceof CheckFailure || error instanceof KeyResponseError) return error.message;
  if (error instanceof CtapStatusError || error instanceof U2fStatusError)
    return `${error.message} instead of doing it`;
  if (error instanceof CborError) return `the key sent an answer that does not decode: ${error.message}`;
  if (error instanceof HidTransportError || error instanceof CtapHidError) return error.message;
  if (error instanceof TransportError) return `the key is gone: ${error.message}`;
  return `the check itself failed: ${error instanceof Error ? error.message : String(error)}`;
}

/** With a capital letter and a full stop. */
function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
