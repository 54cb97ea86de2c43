import { encodeCbor } from '../../src/cbor/encode.ts';
import type { CborKey, CborMap, CborValue } from '../../src/cbor/value.ts';
import { concatBytes } from '../../src/ctap/bytes.ts';

/** A map with one member changed; `undefined` takes it away. */
export function replaced(map: CborMap, key: CborKey, value: CborValue | undefined): CborMap {
  const changed = new Map(map);
  if (value === undefined) changed.delete(key);
  else changed.set(key, value);
  return changed;
}

/** A value of every CBOR type that the standard lets pass, to be tried where another is due. */
export const valueOfType = {
  uint: 1,
  negative: -1,
  bytes: new Uint8Array(32),
  text: 'x',
  array: [],
  map: new Map(),
  boolean: true,
  null: null,
} as const satisfies Readonly<Record<string, CborValue>>;
export type CborType = keyof typeof valueOfType;

const pair = (key: CborKey, value: CborValue): Uint8Array => concatBytes(encodeCbor(key), encodeCbor(value));

/** Head of a map whose length has one byte of its own, which nothing shorter than 24 may have. */
const longHead = (size: number): Uint8Array => Uint8Array.of(0xb8, size);
const head = (size: number): Uint8Array => Uint8Array.of(0xa0 | size);

/** Nested arrays, `depth` of them. */
function nested(depth: number): CborValue {
  return depth === 0 ? 0 : [nested(depth - 1)];
}

/** A member that nobody knows, with `value` in it. */
const unknownKey = 0x7f;

/**
 * Encodings of a good message, each wrong in one way that makes it no CTAP2 canonical CBOR (CTAP 2.3 §8). The message
 * has at least one member and fewer than 22.
 */
export function badEncodings(good: CborMap): Readonly<Record<string, Uint8Array>> {
  const pairs = [...good].map(([key, value]) => pair(key, value));
  const [first, ...rest] = pairs;
  const body = concatBytes(...pairs);
  const whole = encodeCbor(good);
  const withTail = (tail: Uint8Array): Uint8Array =>
    concatBytes(head(good.size + 1), body, pair(unknownKey, 0).subarray(0, 2), tail);
  return {
    'a member twice': concatBytes(head(good.size + 1), first!, body),
    'members out of order': concatBytes(head(good.size + 1), pair(unknownKey, 0), body),
    'a long count of members': concatBytes(longHead(good.size), body),
    'no count of members': concatBytes(Uint8Array.of(0xbf), body, Uint8Array.of(0xff)),
    'a long key': concatBytes(head(good.size), Uint8Array.of(0x18), first!, ...rest),
    'one byte too much': concatBytes(whole, Uint8Array.of(0)),
    'one byte too few': whole.subarray(0, -1),
    'one member too few': concatBytes(head(good.size + 1), body),
    'a long number': withTail(Uint8Array.of(0x18, 0x01)),
    'a long text': withTail(Uint8Array.of(0x78, 0x01, 0x78)),
    'text in parts': withTail(Uint8Array.of(0x7f, 0x61, 0x78, 0xff)),
    'text that is no UTF-8': withTail(Uint8Array.of(0x61, 0xff)),
    'bytes that end early': withTail(Uint8Array.of(0x58, 0x20, 0x00)),
    'a tag': withTail(Uint8Array.of(0xc1, 0x00)),
    'a float': withTail(Uint8Array.of(0xf9, 0x3c, 0x00)),
    undefined: withTail(Uint8Array.of(0xf7)),
    'five levels': encodeCbor(replaced(good, unknownKey, nested(4))),
  };
}

/** Members that nobody knows, of any type and key, and as deep as messages may be. */
export function withUnknownMembers(good: CborMap): CborMap {
  return new Map<CborKey, CborValue>([
    ...good,
    [unknownKey, nested(3)],
    [1000, new Map([['x', null]])],
    [-1, true],
    ['name', new Uint8Array(3)],
  ]);
}
