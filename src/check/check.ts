import type { Bench } from './bench.ts';
import type { KeyFacts } from './facts.ts';

/** What a key must be able to do for a check to mean anything. */
export interface Need {
  /** Why the check was left out, as a sentence without its full stop: `the key has no large blobs`. */
  readonly otherwise: string;
  met(facts: KeyFacts): boolean;
  /** What the key is, and not the state it is in: preparing it would change nothing. */
  readonly lasting: boolean;
}

/** What the key must hold before a check: nothing at all, or the PIN that the run knows. */
export type KeyState = 'any' | 'fresh' | 'pin';

export interface Check {
  /** Unique; begins with the id of its group. */
  readonly id: string;
  /** Of CTAP 2.3 unless it names another document. */
  readonly section: string;
  /** What a conforming key does: a sentence without its full stop. */
  readonly title: string;
  readonly needs: readonly Need[];
  /** Stores something on the key, changes its PIN or its settings, or resets it. */
  readonly destructive: boolean;
  /** A person has to touch the key, if it is a real one. */
  readonly touch: boolean;
  /** The key has to be unplugged and plugged in again. */
  readonly replug: boolean;
  readonly state: KeyState;
  /** Throws CheckFailure, CheckSkip, or what the client throws for a key that does not behave. */
  run(bench: Bench): Promise<void>;
}

export interface CheckGroup {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  readonly checks: readonly Check[];
}

export interface CheckOptions {
  readonly needs?: readonly Need[];
  readonly destructive?: boolean;
  readonly touch?: boolean;
  readonly replug?: boolean;
  readonly state?: KeyState;
}

/** A check with what is usual for the rest. One that wants a certain state of the key is destructive. */
export function check(
  id: string,
  section: string,
  title: string,
  run: Check['run'],
  options: CheckOptions = {},
): Check {
  const { needs = [], touch = false, replug = false, state = 'any' } = options;
  const destructive = options.destructive ?? state !== 'any';
  return { id, section, title, run, needs, touch, replug, state, destructive };
}

/** The same options for checks that are listed together. */
export function withOptions(options: CheckOptions, checks: readonly Check[]): readonly Check[] {
  return checks.map((each) => ({
    ...each,
    needs: [...(options.needs ?? []), ...each.needs],
    touch: each.touch || options.touch === true,
    replug: each.replug || options.replug === true,
    state: each.state === 'any' ? (options.state ?? 'any') : each.state,
    destructive: each.destructive || options.destructive === true || (options.state ?? 'any') !== 'any',
  }));
}

/** The key does not do what the standard says. The message says what it did instead. */
export class CheckFailure extends Error {
  override readonly name = 'CheckFailure';
}

/** The check cannot tell anything about this key, for a reason that shows only while it runs. */
export class CheckSkip extends Error {
  override readonly name = 'CheckSkip';
}
