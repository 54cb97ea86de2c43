import { describe, expect, it } from 'vitest';
import { encodeCbor } from '../../../src/cbor/encode.ts';
import type { CborValue } from '../../../src/cbor/value.ts';
import { toHex } from '../../support/hex.ts';

const vectors: readonly [string, CborValue][] = [
  ['00', 0],
  ['00', -0],
  ['17', 23],
  ['1818', 24],
  ['18ff', 255],
  ['190100', 256],
  ['19ffff', 65535],
  ['1a00010000', 65536],
  ['1affffffff', 0xffff_ffff],
  ['1b0000000100000000', 0x1_0000_0000],
  ['1b001fffffffffffff', Number.MAX_SAFE_INTEGER],
  ['1b0020000000000000', 2n ** 53n],
  ['1bffffffffffffffff', 2n ** 64n - 1n],
  ['05', 5n],
  ['24', -5n],
  ['20', -1],
  ['37', -24],
  ['3818', -25],
  ['38ff', -256],
  ['390100', -257],
  ['3a7fffffff', -0x8000_0000],
  ['3a80000000', -0x8000_0001],
  ['3affffffff', -0x1_0000_0000],
  ['3b0000000100000000', -0x1_0000_0001],
  ['3bfffffffffffffffe', 1n - 2n ** 64n],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['40', new Uint8Array()],
  ['43010203', Uint8Array.of(1, 2, 3)],
  ['63e6b0b4', '水'],
  ['64efbbbf61', '\uFEFFa'],
  ['8201a0', [1, new Map()]],
];

describe('encodeCbor', () => {
  it.each(vectors)('writes %s', (hex, value) => {
    expect(toHex(encodeCbor(value))).toBe(hex);
  });

  it('sorts keys: unsigned, negative, text by length, then bytes', () => {
    const keys = ['transports', 'id', -1, 'b', 24, 'type', 0, -2, 'alg', 1000, 'a', -25, 'up'];
    const map = new Map(keys.map((key) => [key, 0] as const));
    expect(toHex(encodeCbor(map))).toBe(
      'ad' +
        [
          '00',
          '1818',
          '1903e8',
          '20',
          '21',
          '3818',
          '6161',
          '6162',
          '626964',
          '627570',
          '63616c67',
          '6474797065',
        ]
          .map((key) => `${key}00`)
          .join('') +
        '6a7472616e73706f72747300',
    );
  });

  it('sorts inside of maps and arrays too', () => {
    const inner = new Map([
      ['bb', 1],
      ['a', 2],
    ]);
    expect(toHex(encodeCbor([new Map([[1, inner]])]))).toBe('81a101a26161026262' + '6201');
  });

  it('does not follow the local order of UTF-16', () => {
    const map = new Map([
      ['\u{1f600}', 1],
      ['\uffff!', 2],
    ]);
    expect(toHex(encodeCbor(map))).toBe('a264efbfbf210264f09f988001');
  });

  it.each([1.5, Number.NaN, Infinity, 2 ** 53, 2n ** 64n, -(2n ** 64n)])('has no form for %s', (value) => {
    expect(() => encodeCbor(value)).toThrow(RangeError);
  });

  it('lets the caller keep what it gave', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const encoded = encodeCbor(bytes);
    bytes.fill(9);
    expect(toHex(encoded)).toBe('43010203');
  });
});
