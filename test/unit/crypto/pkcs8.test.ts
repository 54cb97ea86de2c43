import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  encodeDer,
  encodeOid,
  encodeSequence,
  encodeOctetString,
  encodeBitString,
} from '../../../src/asn1/der.ts';
import type { CoseAlgorithm } from '../../../src/cose/algorithm.ts';
import { decodePkcs8, encodePkcs8 } from '../../../src/crypto/pkcs8.ts';
import { UnsuitableKeyError } from '../../../src/ports/crypto.ts';
import { fromHex, toHex } from '../../support/hex.ts';
import { node, noble, providers } from './providers.ts';

const opensslKeys: readonly (readonly [string, CoseAlgorithm, () => Buffer])[] = (
  [
    ['P-256', -7],
    ['P-384', -35],
    ['P-521', -36],
    ['secp256k1', -47],
  ] as const
).map(([namedCurve, alg]) => [
  namedCurve,
  alg,
  () => generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'der', type: 'pkcs8' }),
]);

const der = { format: 'der', type: 'pkcs8' } as const;
const allKeys = [
  ...opensslKeys,
  ['Ed25519', -8, () => generateKeyPairSync('ed25519').privateKey.export(der)],
  ['Ed448', -53, () => generateKeyPairSync('ed448').privateKey.export(der)],
  ['RSA', -257, () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(der)],
] as const;

/** One P-256 key in pieces, to build odd structures from. */
const p256 = (() => {
  const parts = decodePkcs8(opensslKeys[0]![2]());
  if (parts.kty !== 'EC2' || parts.point === undefined) throw new TypeError('not a P-256 key');
  return { ...parts, point: parts.point };
})();
const ecAlgorithm = encodeSequence(encodeOid('1.2.840.10045.2.1'), encodeOid('1.2.840.10045.3.1.7'));
const zero = fromHex('020100');
const one = fromHex('020101');
const wrapEc = (...members: Uint8Array[]): Uint8Array =>
  encodeSequence(zero, ecAlgorithm, encodeOctetString(encodeSequence(...members)));
const pointOf = (point: Uint8Array): Uint8Array => encodeDer(0xa1, encodeBitString(point));

describe('PKCS#8 of OpenSSL', () => {
  it.each(allKeys)('%s: is read, and written byte for byte alike', (_name, alg, make) => {
    const privateKey = Uint8Array.from(make());
    expect(toHex(encodePkcs8(decodePkcs8(privateKey)))).toBe(toHex(privateKey));
    expect(node.importPrivateKey(alg, privateKey).privateKey).toEqual(privateKey);
  });
});

describe('PKCS#8 of WebCrypto', () => {
  it.each([
    [{ name: 'ECDSA', namedCurve: 'P-256' }, -7],
    [{ name: 'ECDSA', namedCurve: 'P-521' }, -36],
    [{ name: 'Ed25519' }, -8],
  ] as const)('%j is read', async (algorithm, alg) => {
    const { privateKey } = (await webcrypto.subtle.generateKey(algorithm, true, [
      'sign',
    ])) as webcrypto.CryptoKeyPair;
    const exported = new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', privateKey));
    const jwk = await webcrypto.subtle.exportKey('jwk', privateKey);
    for (const [name, crypto] of providers) {
      const { publicKey } = crypto.importPrivateKey(alg, exported);
      expect(Buffer.from(publicKey.get(-2) as Uint8Array).toString('base64url'), name).toBe(jwk.x);
    }
  });
});

describe('other good forms', () => {
  const expected = node.importPrivateKey(-7, encodePkcs8(p256));
  const compressed = Uint8Array.from([2 + (p256.point[64]! & 1), ...p256.point.slice(1, 33)]);
  const forms: [string, Uint8Array][] = [
    ['without the public point', wrapEc(one, encodeOctetString(p256.d))],
    ['with a compressed point', wrapEc(one, encodeOctetString(p256.d), pointOf(compressed))],
    [
      'with the curve a second time',
      wrapEc(
        one,
        encodeOctetString(p256.d),
        encodeDer(0xa0, encodeOid('1.2.840.10045.3.1.7')),
        pointOf(p256.point),
      ),
    ],
    [
      'with attributes',
      encodeSequence(
        zero,
        ecAlgorithm,
        encodeOctetString(encodeSequence(one, encodeOctetString(p256.d))),
        encodeDer(0xa0, encodeSequence()),
      ),
    ],
  ];
  it.each(forms)('EC %s', (_name, privateKey) => {
    for (const [name, crypto] of providers) {
      expect(crypto.importPrivateKey(-7, privateKey), name).toEqual(expected);
    }
  });

  it('EC with a scalar that lost its leading zeros', () => {
    const short = wrapEc(one, encodeOctetString(fromHex('05')));
    for (const [name, crypto] of providers) {
      expect(toHex(crypto.importPrivateKey(-7, short).publicKey.get(-2) as Uint8Array), name).toBe(
        '51590b7a515140d2d784c85608668fdfef8c82fd1f5be52421554a0dc3d033ed',
      );
    }
  });

  it('Ed25519 version 2 with its public key (RFC 8410 §10.3)', () => {
    const withKey = fromHex(
      '3072020101300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842' +
        'a01f301d060a2a864886f70d01090914310f0c0d437572646c6520436861697273' +
        '81210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1',
    );
    for (const [name, crypto] of providers) {
      const { publicKey, privateKey } = crypto.importPrivateKey(-8, withKey);
      expect(toHex(publicKey.get(-2) as Uint8Array), name).toBe(
        '19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1',
      );
      expect(privateKey.length, name).toBe(48);
    }
    const bent = withKey.slice();
    bent[bent.length - 1]! ^= 1;
    for (const [name, crypto] of providers) {
      expect(() => crypto.importPrivateKey(-8, bent), name).toThrow(UnsuitableKeyError);
    }
  });

  it('ML-DSA with seed and expanded key, which must belong together (RFC 9881 §6)', () => {
    const { mlDsa } = JSON.parse(
      readFileSync(new URL('../../vectors/crypto.json', import.meta.url), 'utf8'),
    ) as { mlDsa: { cases: { pkcs8Both: string; publicKey: string }[] } };
    const { pkcs8Both, publicKey } = mlDsa.cases[0]!;
    const bent = fromHex(pkcs8Both);
    bent[2000]! ^= 1;
    for (const [name, crypto] of providers) {
      const pair = crypto.importPrivateKey(-48, fromHex(pkcs8Both));
      expect(toHex(pair.publicKey.get(-1) as Uint8Array), name).toBe(publicKey);
      expect(pair.privateKey.length, name).toBe(54);
      expect(() => crypto.importPrivateKey(-48, bent), name).toThrow(UnsuitableKeyError);
    }
  });
});

describe('what is no key', () => {
  const otherPoint = noble.importPrivateKey(-7, wrapEc(one, encodeOctetString(fromHex('05'))));
  const foreign = Uint8Array.from([
    4,
    ...(otherPoint.publicKey.get(-2) as Uint8Array),
    ...(otherPoint.publicKey.get(-3) as Uint8Array),
  ]);
  const good = encodePkcs8(p256);
  const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
  const rsa = (modulus: string, e = '03'): Uint8Array =>
    encodeSequence(
      zero,
      encodeSequence(encodeOid('1.2.840.113549.1.1.1'), encodeDer(5)),
      encodeOctetString(
        encodeSequence(
          zero,
          encodeDer(2, fromHex(modulus)),
          encodeDer(2, fromHex(e)),
          ...Array.from({ length: 6 }, () => one),
        ),
      ),
    );
  const bad: [string, CoseAlgorithm, Uint8Array, RegExp][] = [
    ['nothing', -7, new Uint8Array(), /cut off/],
    ['text', -7, new TextEncoder().encode('-----BEGIN PRIVATE KEY-----'), /not a PKCS#8/],
    ['a key that is cut off', -7, good.slice(0, -1), /cut off/],
    ['bytes after the key', -7, Uint8Array.from([...good, 0]), /follow/],
    ['an unknown version', -7, Uint8Array.from(good).fill(2, 5, 6), /version/],
    ['a scalar of zero', -7, wrapEc(one, encodeOctetString(new Uint8Array(32))), /out of range/],
    ['a scalar as large as the order', -7, wrapEc(one, encodeOctetString(fromHex(order))), /out of range/],
    [
      'a scalar with a byte too many',
      -7,
      wrapEc(one, encodeOctetString(new Uint8Array(33).fill(1))),
      /out of range/,
    ],
    [
      'the point of another key',
      -7,
      wrapEc(one, encodeOctetString(p256.d), pointOf(foreign)),
      /does not belong/,
    ],
    ['an unknown member', -7, wrapEc(one, encodeOctetString(p256.d), encodeDer(0xa2, zero)), /unexpected/],
    [
      'another inner curve',
      -7,
      wrapEc(one, encodeOctetString(p256.d), encodeDer(0xa0, encodeOid('1.3.132.0.34'))),
      /curves differ/,
    ],
    [
      'a curve that nobody uses',
      -7,
      encodeSequence(
        zero,
        encodeSequence(encodeOid('1.2.840.10045.2.1'), encodeOid('1.3.132.0.33')),
        encodeOctetString(new Uint8Array()),
      ),
      /curve/,
    ],
    [
      'a key for X25519',
      -8,
      encodeSequence(zero, encodeSequence(encodeOid('1.3.101.110')), encodeOctetString(new Uint8Array())),
      /key type/,
    ],
    [
      'a short Ed25519 seed',
      -8,
      encodeSequence(
        zero,
        encodeSequence(encodeOid('1.3.101.112')),
        encodeOctetString(encodeOctetString(new Uint8Array(31))),
      ),
      /31 bytes/,
    ],
    ['an RSA key of 1024 bits', -257, rsa('00' + 'c3'.repeat(128)), /1024 bits/],
    ['an RSA exponent of one', -257, rsa('00' + 'c3'.repeat(256), '01'), /exponent/],
    ['an even RSA exponent', -257, rsa('00' + 'c3'.repeat(256), '04'), /exponent/],
    ['RSA numbers that fit nothing', -257, rsa('00' + 'c3'.repeat(256)), /RSA|OpenSSL/],
    [
      'ML-DSA without a seed',
      -48,
      encodeSequence(
        zero,
        encodeSequence(encodeOid('2.16.840.1.101.3.4.3.17')),
        encodeOctetString(encodeOctetString(new Uint8Array(2560))),
      ),
      /no seed/,
    ],
  ];

  it.each(bad)('%s', (_name, alg, privateKey, message) => {
    for (const [name, crypto] of providers) {
      if (alg === -257 && crypto === noble) continue;
      expect(() => crypto.importPrivateKey(alg, privateKey), name).toThrow(UnsuitableKeyError);
      expect(() => crypto.importPrivateKey(alg, privateKey), name).toThrow(message);
    }
  });
});
