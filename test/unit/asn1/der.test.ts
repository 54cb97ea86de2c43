import { describe, expect, it } from 'vitest';
import {
  decodeDer,
  decodeDerChildren,
  DerError,
  encodeBitString,
  encodeDer,
  encodeOctetString,
  encodeOid,
  encodeSequence,
  encodeUnsigned,
  requireBitString,
  requireUnsigned,
} from '../../../src/asn1/der.ts';
import { fromHex, toHex } from '../../support/hex.ts';

describe('encoding DER', () => {
  it('writes object identifiers with arcs beyond 127', () => {
    expect(toHex(encodeOid('1.2.840.113549.1.1.1'))).toBe('06092a864886f70d010101');
    expect(toHex(encodeOid('1.3.6.1.4.1.45724.1.1.4'))).toBe('060b2b0601040182e51c010104');
    expect(toHex(encodeOid('2.16.840.1.101.3.4.2.1'))).toBe('0609608648016503040201');
  });

  it.each([
    ['', '020100'],
    ['00', '020100'],
    ['7f', '02017f'],
    ['80', '02020080'],
    ['0000ff', '020200ff'],
    ['0100', '02020100'],
  ])('writes the unsigned integer %j as %s', (bytes, expected) => {
    expect(toHex(encodeUnsigned(fromHex(bytes)))).toBe(expected);
  });

  it.each([
    [0x7f, '047f'],
    [0x80, '048180'],
    [0xff, '0481ff'],
    [0x100, '04820100'],
    [0x10000, '0483010000'],
  ])('writes the length %i in the shortest form', (length, header) => {
    const encoded = encodeOctetString(new Uint8Array(length));
    expect(toHex(encoded).slice(0, header.length)).toBe(header);
    expect(encoded.length).toBe(length + header.length / 2);
    expect(decodeDer(encoded).content.length).toBe(length);
  });

  it('nests sequences and bit strings', () => {
    const encoded = encodeSequence(encodeBitString(fromHex('20'), 5), encodeDer(0x05));
    expect(toHex(encoded)).toBe('3006030205200500');
  });
});

describe('decoding DER', () => {
  it.each([
    ['nothing', ''],
    ['a tag alone', '04'],
    ['a length that is cut off', '0481'],
    ['content that is cut off', '0402aa'],
    ['a long form of a short length', '04810100'],
    ['a length with a leading zero', '04820080' + '00'.repeat(128)],
    ['an indefinite length', '30800000'],
    ['a tag in the long form', '1f0100'],
    ['bytes after the value', '0400ff'],
    ['a length of four octets', '048400000001aa'],
  ])('refuses %s', (_name, hex) => {
    expect(() => decodeDer(fromHex(hex))).toThrow(DerError);
  });

  it('gives the children of a sequence in order', () => {
    const { content } = decodeDer(fromHex('3006020101040100'));
    expect(decodeDerChildren(content).map(({ tag }) => tag)).toEqual([0x02, 0x04]);
  });

  it('reads unsigned integers without their sign octet, and no negative or padded ones', () => {
    expect(requireUnsigned(decodeDer(fromHex('02020080')), 'n')).toEqual(fromHex('80'));
    expect(requireUnsigned(decodeDer(fromHex('020100')), 'n')).toEqual(fromHex(''));
    for (const bad of ['0200', '020180', '0202007f', '0401ff']) {
      expect(() => requireUnsigned(decodeDer(fromHex(bad)), 'n'), bad).toThrow(DerError);
    }
  });

  it('reads bit strings of whole octets only', () => {
    expect(requireBitString(decodeDer(fromHex('030200aa')), 0x03, 'key')).toEqual(fromHex('aa'));
    expect(() => requireBitString(decodeDer(fromHex('030201aa')), 0x03, 'key')).toThrow(DerError);
    expect(() => requireBitString(decodeDer(fromHex('0300')), 0x03, 'key')).toThrow(DerError);
  });
});
