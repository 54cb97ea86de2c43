import type { CborKey, CborMap, CborValue } from '../cbor/value.ts';
import { ensure } from './expect.ts';

/** Fails for a map with a member that is not one of the known keys. `what` is the subject of the sentence. */
export function requireKnownMembers(
  value: CborValue,
  known: readonly (number | string)[],
  what: string,
): void {
  ensure(value instanceof Map, `${what} is no map`);
  const unknown: CborKey | undefined = [...(value as CborMap).keys()].find(
    (key) => !known.some((each) => each === key),
  );
  ensure(unknown === undefined, `${what} has the unknown member ${describeKey(unknown)}`);
}

function describeKey(key: CborKey | undefined): string {
  return typeof key === 'number' && key >= 0 ? `0x${key.toString(16).padStart(2, '0')}` : String(key);
}
