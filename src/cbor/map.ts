import type { CborKey, CborMap, CborValue } from './value.ts';

/** A map of the members that are there: an absent optional member must not be encoded at all. */
export function cborMap(members: Iterable<readonly [CborKey, CborValue | undefined]>): CborMap {
  const result = new Map<CborKey, CborValue>();
  for (const [key, value] of members) if (value !== undefined) result.set(key, value);
  return result;
}
