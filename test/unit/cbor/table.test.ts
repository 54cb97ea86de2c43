import { describe, expect, it } from 'vitest';
import { memberBytes, scanCanonical } from '../../../src/cbor/canonical.ts';
import { encodeCbor } from '../../../src/cbor/encode.ts';
import { CborError } from '../../../src/cbor/error.ts';
import { cborMap } from '../../../src/cbor/map.ts';
import {
  arrayOf,
  boolean,
  bytes,
  decodeMessage,
  int,
  map,
  optional,
  required,
  struct,
  text,
  textMapOf,
  uint,
  uint64,
} from '../../../src/cbor/table.ts';
import type { CborValue } from '../../../src/cbor/value.ts';
import { fromHex, toHex } from '../../support/hex.ts';

const table = {
  hash: required(0x01, bytes),
  name: required(0x02, struct({ id: required('id', text) }, 'unexpected-type')),
  flags: optional(0x03, textMapOf(boolean)),
  list: optional(0x04, arrayOf(int)),
  size: optional(0x05, uint),
};

function problemOf(value: CborValue): string {
  try {
    decodeMessage(table, value instanceof Uint8Array ? value : encodeCbor(value));
    return 'accepted';
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
    return error.problem;
  }
}

const good: readonly [number, CborValue][] = [
  [1, Uint8Array.of(1)],
  [2, new Map([['id', 'x']])],
];

describe('decodeMessage', () => {
  it('reads members by name and ignores the unknown', () => {
    const { fields } = decodeMessage(
      table,
      encodeCbor(
        cborMap([...good, [3, new Map([['rk', true]])], [4, [-7, 3]], [5, 9], [99, 'x'], ['text', 1]]),
      ),
    );
    expect(fields).toEqual({
      hash: Uint8Array.of(1),
      name: { id: 'x' },
      flags: new Map([['rk', true]]),
      list: [-7, 3],
      size: 9,
    });
  });

  it('leaves out what is absent', () => {
    expect(Object.keys(decodeMessage(table, encodeCbor(cborMap(good))).fields)).toEqual(['hash', 'name']);
  });

  it.each<[string, CborValue]>([
    ['the top is no map', [1]],
    ['a member is null', cborMap([...good, [5, null]])],
    ['bytes are text', cborMap([[1, 'x'], good[1]!])],
    ['a struct is no map', cborMap([good[0]!, [2, 'x']])],
    ['an element has the wrong type', cborMap([...good, [4, [1, 'x']]])],
    ['a list is no array', cborMap([...good, [4, new Map()]])],
    ['a key of a text map is a number', cborMap([...good, [3, new Map([[1, true]])]])],
    ['a value of a text map is wrong', cborMap([...good, [3, new Map([['rk', 1]])]])],
    ['a number is negative', cborMap([...good, [5, -1]])],
    ['a descriptor lacks its id', cborMap([good[0]!, [2, new Map()]])],
  ])('says that the type is wrong when %s', (_what, value) => {
    expect(problemOf(value)).toBe('unexpected-type');
  });

  it('says what is missing, unless a type is wrong', () => {
    expect(problemOf(cborMap([good[0]!]))).toBe('missing-member');
    expect(problemOf(new Uint8Array())).toBe('missing-member');
    expect(problemOf(cborMap([good[0]!, [5, 'x']]))).toBe('unexpected-type');
  });

  it('gives a member as it was received', () => {
    const params = encodeCbor(new Map([['id', 'x']]));
    const message = decodeMessage(table, encodeCbor(cborMap(good)));
    expect(message.raw('name')).toEqual(params);
    expect(message.raw('flags')).toEqual(new Uint8Array());
  });

  it('takes integers of up to 64 bits for integers, however large', () => {
    const large = cborMap([...good, [4, [2n ** 60n, -(2n ** 60n)]], [5, 2n ** 63n]]);
    const { fields } = decodeMessage(table, encodeCbor(large));
    expect(fields.size).toBeGreaterThanOrEqual(Number.MAX_SAFE_INTEGER);
    expect(fields.list?.map(Math.sign)).toEqual([1, -1]);
    expect(uint64(2n ** 63n, 'x')).toBe(2n ** 63n);
    expect(() => uint64(-1, 'x')).toThrow(CborError);
    expect(() => uint(-(2n ** 60n), 'x')).toThrow(CborError);
  });

  it('does not take arrays or bytes for maps', () => {
    for (const value of [[], Uint8Array.of(0xa0), 'x', null]) {
      expect(() => map(value, 'x')).toThrow(CborError);
    }
  });
});

describe('memberBytes', () => {
  const message = fromHex('a4014101026161' + '0382f5a10102' + '20f6');

  it('finds the value of an unsigned key', () => {
    expect([1, 2, 3].map((key) => toHex(memberBytes(message, key)!))).toEqual(['4101', '6161', '82f5a10102']);
    expect(memberBytes(message, 4)).toBeUndefined();
  });

  it('does not take a negative key for its argument', () => {
    expect(memberBytes(message, 0)).toBeUndefined();
  });
});

describe('scanCanonical', () => {
  it('starts where it is told', () => {
    expect(scanCanonical(fromHex('ff8201020000'), 1)).toBe(4);
  });
});
