import { describe, expect, it } from 'vitest';
import { scanCanonical } from '../../../src/cbor/canonical.ts';
import { decodeCbor, decodeCborPrefix } from '../../../src/cbor/decode.ts';
import { CborError } from '../../../src/cbor/error.ts';
import type { CborValue } from '../../../src/cbor/value.ts';
import { fromHex } from '../../support/hex.ts';

function problemOf(hex: string): string {
  try {
    decodeCbor(fromHex(hex));
    return 'accepted';
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
    return error.problem;
  }
}

/** RFC 8949 appendix A, those inside the CTAP2 subset. */
const accepted: readonly [string, CborValue][] = [
  ['00', 0],
  ['01', 1],
  ['0a', 10],
  ['17', 23],
  ['1818', 24],
  ['1819', 25],
  ['1864', 100],
  ['1903e8', 1000],
  ['1a000f4240', 1_000_000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['1b001fffffffffffff', Number.MAX_SAFE_INTEGER],
  ['1b0020000000000000', 9007199254740992n],
  ['1bffffffffffffffff', 18446744073709551615n],
  ['3bffffffffffffffff', -18446744073709551616n],
  ['3b001ffffffffffffe', -Number.MAX_SAFE_INTEGER],
  ['20', -1],
  ['29', -10],
  ['3863', -100],
  ['3903e7', -1000],
  ['3affffffff', -0x1_0000_0000],
  ['3b0000000100000000', -0x1_0000_0001],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['40', new Uint8Array()],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
  ['60', ''],
  ['6161', 'a'],
  ['6449455446', 'IETF'],
  ['62225c', '"\\'],
  ['62c3bc', 'ü'],
  ['63e6b0b4', '水'],
  ['64f0908591', '\u{10151}'],
  ['63efbbbf', '\uFEFF'],
  ['64efbbbf61', '\uFEFFa'],
  ['80', []],
  ['83010203', [1, 2, 3]],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['98190102030405060708090a0b0c0d0e0f101112131415161718181819', Array.from({ length: 25 }, (_, i) => i + 1)],
  ['a0', new Map()],
  [
    'a201020304',
    new Map([
      [1, 2],
      [3, 4],
    ]),
  ],
  [
    'a26161016162820203',
    new Map<string, CborValue>([
      ['a', 1],
      ['b', [2, 3]],
    ]),
  ],
  ['826161a161626163', ['a', new Map([['b', 'c']])]],
  [
    'a56161614161626142616361436164614461656145',
    new Map([
      ['a', 'A'],
      ['b', 'B'],
      ['c', 'C'],
      ['d', 'D'],
      ['e', 'E'],
    ]),
  ],
  ['81818180', [[[[]]]]],
];

/** RFC 8949 appendix A, those outside the subset, and its appendix F of items that are not well-formed. */
const refused: readonly [string, string][] = [
  ['a bignum', 'c249010000000000000000'],
  ['a negative bignum', 'c349010000000000000000'],
  ['half zero', 'f90000'],
  ['half 1.5', 'f93e00'],
  ['single 100000', 'fa47c35000'],
  ['double 1.1', 'fb3ff199999999999a'],
  ['infinity', 'f97c00'],
  ['not a number', 'f97e00'],
  ['undefined', 'f7'],
  ['simple 16', 'f0'],
  ['simple 255', 'f8ff'],
  ['false in two bytes', 'f814'],
  ['a date', 'c074323031332d30332d32315432303a30343a30305a'],
  ['an epoch', 'c11a514b67b0'],
  ['encoded CBOR', 'd818456449455446'],
  ['indefinite bytes', '5f42010243030405ff'],
  ['indefinite text', '7f657374726561646d696e67ff'],
  ['an indefinite array', '9fff'],
  ['an indefinite map', 'bf61610161629f0203ffff'],
  ['a break', 'ff'],
  ['nothing', ''],
  ['a cut head', '18'],
  ['a cut head of two', '19'],
  ['a cut head of eight', '1b0102030405'],
  ['cut bytes', '41'],
  ['cut text', '6261'],
  ['a cut array', '818181'],
  ['a cut map', 'a101'],
  ['a huge length', '5bffffffffffffffff00'],
  ['a huge array', '9bffffffffffffffff00'],
  ['a huge map', 'bbffffffffffffffff00'],
  ['a reserved length', '1c'],
  ['a reserved length of bytes', '5d'],
  ['23 in two bytes', '1817'],
  ['255 in three bytes', '1900ff'],
  ['65535 in five bytes', '1a0000ffff'],
  ['2^32 − 1 in nine bytes', '1b00000000ffffffff'],
  ['−1 in two bytes', '3800'],
  ['a length in two bytes', '5801ff'],
  ['an array length in two bytes', '980100'],
  ['a map length in two bytes', 'b8010000'],
  ['text that is not UTF-8', '61ff'],
  ['a surrogate in UTF-8', '63eda080'],
  ['an overlong character', '62c080'],
  ['bytes behind the item', '0000'],
  ['keys out of order', 'a203000100'],
  ['keys out of order by length', 'a26262620061610000'.slice(0, 16)],
  ['keys of types out of order', 'a26161000100'],
  ['negative keys before positive', 'a220000000'],
  ['a repeated key', 'a201000100'],
  ['a repeated key before a larger value', 'a201000105'],
  ['a repeated text key', 'a2616100616100'],
  ['a key of bytes', 'a1410100'],
  ['a key that is an array', 'a18000'],
  ['a key that is a boolean', 'a1f500'],
  ['five levels of arrays', '8181818180'],
  ['five levels of maps', 'a101a101a101a101a0'],
  ['a tag at the very inside', 'a10181a101c100'],
];

describe('decodeCbor', () => {
  it.each(accepted)('reads %s', (hex, value) => {
    expect(decodeCbor(fromHex(hex))).toEqual(value);
  });

  it.each(refused)('refuses %s', (_what, hex) => {
    expect(problemOf(hex)).toBe('malformed');
  });

  it('refuses every proper prefix of an item', () => {
    const whole = fromHex('a301020362c3bc20814401020304');
    expect(decodeCbor(whole)).toBeInstanceOf(Map);
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeCbor(whole.subarray(0, length)), `${length} bytes`).toThrow(CborError);
    }
  });

  it('keeps what it read when the input is written over', () => {
    const input = fromHex('4401020304');
    const value = decodeCbor(input);
    input.fill(0xff);
    expect(value).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  it('gives plain arrays of bytes, of the right view', () => {
    const [first, second] = decodeCbor(fromHex('8242010243030405')) as Uint8Array[];
    expect(first?.constructor).toBe(Uint8Array);
    expect(second).toEqual(Uint8Array.of(3, 4, 5));
    expect(second?.slice().buffer.byteLength).toBe(3);
  });

  it('reads names that mean something in JavaScript', () => {
    const map = decodeCbor(fromHex('a1695f5f70726f746f5f5f01'));
    expect(map).toEqual(new Map([['__proto__', 1]]));
  });
});

describe('decodeCborPrefix', () => {
  it('leaves what follows', () => {
    expect(decodeCborPrefix(fromHex('a1010203ff'))).toEqual({ value: new Map([[1, 2]]), length: 3 });
  });
});

describe('scanCanonical', () => {
  it.each([
    ['', 'item is missing at byte 0'],
    ['82', 'item is missing at byte 1'],
    ['18', 'argument is cut off at byte 0'],
    ['1c', 'indefinite or reserved length at byte 0'],
    ['9fff', 'indefinite or reserved length at byte 0'],
    ['1817', 'length or integer is not in its shortest form at byte 0'],
    ['8141', 'string is cut off at byte 1'],
    ['62e6b0', 'text is not UTF-8 at byte 0'],
    ['6261', 'string is cut off at byte 0'],
    ['c100', 'tag at byte 0'],
    ['f90000', 'simple value or float outside the CTAP2 subset at byte 0'],
    ['8181818180', 'nested too deep at byte 4'],
    ['a101a101a101a101a0', 'nested too deep at byte 8'],
    ['a203000100', 'map keys are out of order or repeated at byte 3'],
    ['a1410100', 'map key is neither integer nor text at byte 1'],
  ])('says what is wrong, and where: %s', (hex, sentence) => {
    expect(() => scanCanonical(fromHex(hex))).toThrow(new CborError('malformed', sentence));
  });
});
