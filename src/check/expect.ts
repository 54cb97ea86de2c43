import { sameBytes, toHex } from '../ctap/bytes.ts';
import { statusName, type StatusName } from '../ctap/status.ts';
import type { CborValue } from '../cbor/value.ts';
import { CtapHidError, CtapStatusError } from '../client/errors.ts';
import { CheckFailure } from './check.ts';

/** Throws CheckFailure with the sentence unless the condition holds. */
export function ensure(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new CheckFailure(otherwise);
}

export function ensureDefined<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new CheckFailure(otherwise);
  return value;
}

/** `what` is the subject of the sentence: `the RP ID hash`. */
export function ensureBytes(found: Uint8Array, expected: Uint8Array, what: string): void {
  ensure(sameBytes(found, expected), `${what} is ${toHex(found)}, not ${toHex(expected)}`);
}

/** Passes if the key answers with one of the statuses; `asked` is what was asked for, as a clause. */
export async function expectStatus(
  run: Promise<unknown>,
  asked: string,
  ...expected: readonly StatusName[]
): Promise<void> {
  const found = await statusOf(run);
  const wanted = expected.join(' or ');
  ensure((expected as readonly string[]).includes(found), `${asked}, it answers ${found}, not ${wanted}`);
}

/** `OK`, or the name of the status that the key answered with. */
export async function statusOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
    return statusName(0);
  } catch (error) {
    if (error instanceof CtapStatusError) return error.statusName;
    // CTAPHID and CTAP share the small codes; some keys answer malformed messages below CTAP.
    if (error instanceof CtapHidError) return `a CTAPHID error ${error.code}`;
    throw error;
  }
}

/** A value of a message, for a sentence. */
export function describeValue(value: CborValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value instanceof Uint8Array) return toHex(value);
  return typeof value === 'object' && value !== null ? 'a list or map' : String(value);
}
