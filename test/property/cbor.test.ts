import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memberBytes, scanCanonical } from '../../src/cbor/canonical.ts';
import { decodeCbor } from '../../src/cbor/decode.ts';
import { encodeCbor } from '../../src/cbor/encode.ts';
import { CborError } from '../../src/cbor/error.ts';
import type { CborKey, CborValue } from '../../src/cbor/value.ts';

const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -300, max: 300 }),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 1n - 2n ** 64n, max: -(2n ** 53n) }),
);
const textValue = fc.string({ unit: 'grapheme', maxLength: 30 });
const scalar = fc.oneof(
  integer,
  textValue,
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 300 }),
);
const key: fc.Arbitrary<CborKey> = fc.oneof(fc.integer(), integer, textValue);

function valueOf(depth: number): fc.Arbitrary<CborValue> {
  if (depth === 0) return scalar;
  const inner = valueOf(depth - 1);
  return fc.oneof(
    scalar,
    fc.array(inner, { maxLength: 5 }),
    fc.array(fc.tuple(key, inner), { maxLength: 6 }).map((members) => new Map(members)),
  );
}

/** -2^64 can be read, but not written. */
function isWritable(bytes: Uint8Array): boolean {
  return !Buffer.from(bytes).toString('hex').includes('3bffffffffffffffff');
}

function typeOfKey(bytes: Uint8Array): number {
  return bytes[0]! >> 5;
}

describe('CBOR of any value', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(valueOf(4), (value) => {
        expect(decodeCbor(encodeCbor(value))).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('has one form, whatever the order of the members was', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(key, scalar), { selector: ([name]) => name, maxLength: 12 }),
        (members) => {
          const encoded = encodeCbor(new Map(members));
          expect(encodeCbor(new Map([...members].reverse()))).toEqual(encoded);
          expect(scanCanonical(encoded)).toBe(encoded.length);
          const keys = [...(decodeCbor(encoded) as Map<CborKey, CborValue>).keys()].map((name) =>
            encodeCbor(name),
          );
          for (const [index, right] of keys.slice(1).entries()) {
            const left = keys[index]!;
            const order =
              typeOfKey(left) - typeOfKey(right) || left.length - right.length || Buffer.compare(left, right);
            expect(order).toBeLessThan(0);
          }
        },
      ),
    );
  });

  it('gives each member of a message as it stands in the bytes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.integer({ min: 0, max: 40 }).map(String), valueOf(3)), (members) => {
        const message = encodeCbor(
          new Map(Object.entries(members).map(([name, value]) => [Number(name), value])),
        );
        for (const [name, value] of Object.entries(members)) {
          expect(memberBytes(message, Number(name))).toEqual(encodeCbor(value));
        }
        expect(memberBytes(message, 41)).toBeUndefined();
      }),
    );
  });
});

describe('any bytes', () => {
  it('are refused as malformed, or are the one encoding of what they say', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        let value: CborValue;
        try {
          value = decodeCbor(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CborError);
          return;
        }
        if (isWritable(bytes)) expect(encodeCbor(value)).toEqual(bytes);
      }),
      { numRuns: 3000 },
    );
  });

  it('are so too when one byte of a good item is bent', () => {
    fc.assert(
      fc.property(valueOf(3), fc.nat(), fc.integer({ min: 1, max: 255 }), (value, position, change) => {
        const bytes = encodeCbor(value);
        bytes[position % bytes.length]! ^= change;
        let bent: CborValue;
        try {
          bent = decodeCbor(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CborError);
          return;
        }
        if (isWritable(bytes)) expect(encodeCbor(bent)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});
