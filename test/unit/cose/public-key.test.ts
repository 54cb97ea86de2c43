import { describe, expect, it } from 'vitest';
import type { CborValue } from '../../../src/cbor/value.ts';
import { coseAlgorithm, type CoseAlgorithm } from '../../../src/cose/algorithm.ts';
import { algorithmSpec, ecCurves, mlDsaSets, okpCurves } from '../../../src/cose/algorithm-table.ts';
import {
  decodeCoseKey,
  encodeCoseKey,
  uncompressedPoint,
  type PublicKey,
} from '../../../src/cose/public-key.ts';

/** A key of the right shape; no room but crypto asks whether it exists. */
function sampleKey(alg: CoseAlgorithm): PublicKey {
  const spec = algorithmSpec(alg);
  switch (spec.kty) {
    case 'EC2': {
      const { size } = ecCurves[spec.curve];
      return {
        kty: 'EC2',
        curve: spec.curve,
        x: new Uint8Array(size).fill(1),
        y: new Uint8Array(size).fill(2),
      };
    }
    case 'OKP':
      return { kty: 'OKP', curve: spec.curve, x: new Uint8Array(okpCurves[spec.curve].size) };
    case 'RSA':
      return { kty: 'RSA', n: new Uint8Array(256).fill(0xc3), e: Uint8Array.of(1, 0, 1) };
    case 'AKP':
      return { kty: 'AKP', set: spec.set, publicKey: new Uint8Array(mlDsaSets[spec.set].publicKeySize) };
  }
}

/** CTAP 2.3 and the IANA registry, written down a second time: labels in order, and the lengths of byte strings. */
const expectedShape: Readonly<Record<CoseAlgorithm, readonly (readonly [number, number | string])[]>> = {
  [-7]: [
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, '32'],
    [-3, '32'],
  ],
  [-9]: [
    [1, 2],
    [3, -9],
    [-1, 1],
    [-2, '32'],
    [-3, '32'],
  ],
  [-35]: [
    [1, 2],
    [3, -35],
    [-1, 2],
    [-2, '48'],
    [-3, '48'],
  ],
  [-51]: [
    [1, 2],
    [3, -51],
    [-1, 2],
    [-2, '48'],
    [-3, '48'],
  ],
  [-36]: [
    [1, 2],
    [3, -36],
    [-1, 3],
    [-2, '66'],
    [-3, '66'],
  ],
  [-52]: [
    [1, 2],
    [3, -52],
    [-1, 3],
    [-2, '66'],
    [-3, '66'],
  ],
  [-47]: [
    [1, 2],
    [3, -47],
    [-1, 8],
    [-2, '32'],
    [-3, '32'],
  ],
  [-8]: [
    [1, 1],
    [3, -8],
    [-1, 6],
    [-2, '32'],
  ],
  [-19]: [
    [1, 1],
    [3, -19],
    [-1, 6],
    [-2, '32'],
  ],
  [-53]: [
    [1, 1],
    [3, -53],
    [-1, 7],
    [-2, '57'],
  ],
  [-257]: [
    [1, 3],
    [3, -257],
    [-1, '256'],
    [-2, '3'],
  ],
  [-258]: [
    [1, 3],
    [3, -258],
    [-1, '256'],
    [-2, '3'],
  ],
  [-259]: [
    [1, 3],
    [3, -259],
    [-1, '256'],
    [-2, '3'],
  ],
  [-37]: [
    [1, 3],
    [3, -37],
    [-1, '256'],
    [-2, '3'],
  ],
  [-38]: [
    [1, 3],
    [3, -38],
    [-1, '256'],
    [-2, '3'],
  ],
  [-39]: [
    [1, 3],
    [3, -39],
    [-1, '256'],
    [-2, '3'],
  ],
  [-48]: [
    [1, 7],
    [3, -48],
    [-1, '1312'],
  ],
  [-49]: [
    [1, 7],
    [3, -49],
    [-1, '1952'],
  ],
  [-50]: [
    [1, 7],
    [3, -50],
    [-1, '2592'],
  ],
};

function shapeOf(key: ReadonlyMap<number, CborValue>): unknown[] {
  return [...key].map(([label, value]) => [
    label,
    value instanceof Uint8Array ? String(value.length) : value,
  ]);
}

describe.each(Object.entries(coseAlgorithm))('COSE key of %s', (_name, alg) => {
  it('has exactly the labels of the standard, in canonical order', () => {
    expect(shapeOf(encodeCoseKey(alg, sampleKey(alg)))).toEqual(expectedShape[alg]);
  });

  it('reads back as it was', () => {
    const key = sampleKey(alg);
    expect(decodeCoseKey(encodeCoseKey(alg, key))).toEqual({ alg, key });
  });

  it('is not read with a label missing, one too many, or one of another value', () => {
    const good = encodeCoseKey(alg, sampleKey(alg));
    for (const label of good.keys()) {
      const without = new Map(good);
      without.delete(label);
      expect(decodeCoseKey(without), `without ${label}`).toBeUndefined();
      expect(decodeCoseKey(new Map(good).set(label, 'text')), `text at ${label}`).toBeUndefined();
      expect(decodeCoseKey(new Map(good).set(label, 99)), `99 at ${label}`).toBeUndefined();
      expect(decodeCoseKey(new Map(good).set(label, new Uint8Array())), `empty ${label}`).toBeUndefined();
    }
    expect(decodeCoseKey(new Map(good).set(-4, Uint8Array.of(1)))).toBeUndefined();
  });
});

describe('COSE keys', () => {
  it('refuse a key of another algorithm or a coordinate that lost its leading zero', () => {
    expect(() => encodeCoseKey(-7, sampleKey(-35))).toThrow(RangeError);
    expect(() => encodeCoseKey(-257, sampleKey(-8))).toThrow(RangeError);
    const short: PublicKey = { kty: 'EC2', curve: 'P-521', x: new Uint8Array(65), y: new Uint8Array(66) };
    expect(() => encodeCoseKey(-36, short)).toThrow(RangeError);
  });

  it('refuse RSA numbers with leading zeros, which COSE does not allow', () => {
    expect(() => encodeCoseKey(-257, { kty: 'RSA', n: Uint8Array.of(0, 1), e: Uint8Array.of(3) })).toThrow(
      RangeError,
    );
  });

  it('are maps', () => {
    expect(decodeCoseKey(5)).toBeUndefined();
    expect(decodeCoseKey([1, 2])).toBeUndefined();
    expect(decodeCoseKey(new Uint8Array(77))).toBeUndefined();
  });

  it('give the uncompressed point of an EC key only', () => {
    const point = uncompressedPoint(encodeCoseKey(-7, sampleKey(-7)));
    expect(point).toEqual(Uint8Array.from([4, ...new Uint8Array(32).fill(1), ...new Uint8Array(32).fill(2)]));
    expect(uncompressedPoint(encodeCoseKey(-8, sampleKey(-8)))).toBeUndefined();
  });
});
