/** Expectations that say what was there instead. */
import { isDeepStrictEqual } from 'node:util';

export class ExpectationError extends Error {
  override readonly name = 'ExpectationError';
}

export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new ExpectationError(`${what}: expected ${JSON.stringify(expected)}, saw ${JSON.stringify(actual)}`);
}

export function expectThat(what: string, holds: boolean, seen: unknown): void {
  if (holds) return;
  throw new ExpectationError(
    `expected ${what}, saw ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`,
  );
}
