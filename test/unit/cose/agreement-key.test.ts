import { describe, expect, it } from 'vitest';
import type { CborValue } from '../../../src/cbor/value.ts';
import { agreementKeyToCose, parseAgreementKey } from '../../../src/cose/agreement-key.ts';

const point = { x: new Uint8Array(32).fill(7), y: new Uint8Array(32).fill(9) };

describe('key-agreement keys', () => {
  it('have exactly five labels in canonical order', () => {
    expect([...agreementKeyToCose(point)]).toEqual([
      [1, 2],
      [3, -25],
      [-1, 1],
      [-2, point.x],
      [-3, point.y],
    ]);
  });

  it('read back', () => {
    expect(parseAgreementKey(agreementKeyToCose(point) as CborValue)).toEqual(point);
  });

  const bent: [string, (key: Map<number, CborValue>) => unknown][] = [
    ['kty of another type', (key) => key.set(1, 1)],
    ['alg ES256', (key) => key.set(3, -7)],
    ['another curve', (key) => key.set(-1, 2)],
    ['a short x', (key) => key.set(-2, new Uint8Array(31))],
    ['a long y', (key) => key.set(-3, new Uint8Array(33))],
    ['a compressed y', (key) => key.set(-3, true)],
    ['x as text', (key) => key.set(-2, 'x'.repeat(32))],
    ['no alg', (key) => key.delete(3)],
    ['no y', (key) => key.delete(-3)],
    ['a member too many', (key) => key.set(2, new Uint8Array())],
    ['another member instead of y', (key) => key.delete(-3) && key.set(-4, point.y)],
  ];
  it.each(bent)('are refused with %s', (_name, bend) => {
    const key = new Map(agreementKeyToCose(point));
    bend(key);
    expect(parseAgreementKey(key as CborValue)).toBeUndefined();
  });

  it.each([undefined, null, 1, 'key', new Uint8Array(77), [1, 2]])('are maps, not %j', (value) => {
    expect(parseAgreementKey(value)).toBeUndefined();
  });
});
