import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ecCurves, type EcCurve } from '../../src/cose/algorithm-table.ts';
import { decodePkcs8, encodePkcs8, type PrivateKeyParts } from '../../src/crypto/pkcs8.ts';
import { createNobleCrypto } from '../../src/crypto/noble/provider.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { UnsuitableKeyError } from '../../src/ports/crypto.ts';
import { createSeededRandom } from '../support/seeded-random.ts';

const node = createNodeCrypto();
const noble = createNobleCrypto(createSeededRandom('property'));

/** The first octet stays small, so that the scalar is below every order. */
const ecParts = fc.constantFrom<EcCurve>('P-256', 'P-384', 'P-521', 'secp256k1').chain((curve) =>
  fc
    .uint8Array({ minLength: ecCurves[curve].size - 1, maxLength: ecCurves[curve].size - 1 })
    .filter((rest) => rest.some((octet) => octet !== 0))
    .map((rest): PrivateKeyParts => ({ kty: 'EC2', curve, d: Uint8Array.from([0, ...rest]) })),
);
const seeds = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const parts: fc.Arbitrary<PrivateKeyParts> = fc.oneof(
  ecParts,
  seeds(32).map((seed): PrivateKeyParts => ({ kty: 'OKP', curve: 'Ed25519', seed })),
  seeds(57).map((seed): PrivateKeyParts => ({ kty: 'OKP', curve: 'Ed448', seed })),
  seeds(32).map((seed): PrivateKeyParts => ({ kty: 'AKP', set: 'ML-DSA-65', seed })),
);

/** Reads a key or refuses it in the one way that callers know. */
function isReadable(bytes: Uint8Array): boolean {
  try {
    decodePkcs8(bytes);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(UnsuitableKeyError);
    return false;
  }
}

describe('PKCS#8', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(parts, (key) => {
        expect(decodePkcs8(encodePkcs8(key))).toEqual(key);
      }),
    );
  });

  it('refuses any bytes that are no key, with one kind of error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => !isReadable(bytes)));
  });

  it('reads or refuses a key with one octet changed, and refuses every shorter one', () => {
    fc.assert(
      fc.property(parts, fc.nat(), fc.integer({ min: 1, max: 255 }), (key, position, change) => {
        const good = encodePkcs8(key);
        const bent = good.slice();
        bent[position % good.length]! ^= change;
        isReadable(bent);
        expect(isReadable(good.subarray(0, position % good.length))).toBe(false);
      }),
    );
  });
});

describe('two providers', () => {
  it('see the same public key in any private key of an elliptic curve', () => {
    fc.assert(
      fc.property(ecParts, (key) => {
        const alg = ({ 'P-256': -7, 'P-384': -35, 'P-521': -36, secp256k1: -47 } as const)[
          key.kty === 'EC2' ? key.curve : 'P-256'
        ];
        const privateKey = encodePkcs8(key);
        expect(node.importPrivateKey(alg, privateKey)).toEqual(noble.importPrivateKey(alg, privateKey));
      }),
      { numRuns: 40 },
    );
  });

  it('compute the same digests, keys and ciphertexts', () => {
    const blocks = fc.integer({ min: 0, max: 6 }).chain((count) => seeds(count * 16));
    fc.assert(
      fc.property(seeds(32), seeds(16), blocks, fc.integer({ min: 1, max: 80 }), (key, iv, data, length) => {
        expect(noble.sha256(key, data)).toEqual(node.sha256(key, data));
        expect(noble.hmacSha256(key, iv, data)).toEqual(node.hmacSha256(key, iv, data));
        expect(noble.hkdfSha256(key, iv, data, length)).toEqual(node.hkdfSha256(key, iv, data, length));
        const ciphertext = node.aesCbcEncrypt(key, iv, data);
        expect(noble.aesCbcEncrypt(key, iv, data)).toEqual(ciphertext);
        expect(noble.aesCbcDecrypt(key, iv, ciphertext)).toEqual(data);
      }),
    );
  });

  it('agree on any two scalars', () => {
    const scalar = seeds(31)
      .filter((rest) => rest.some((octet) => octet !== 0))
      .map((rest) => Uint8Array.from([0, ...rest]));
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        const left = node.createAgreementKey(a);
        const right = noble.createAgreementKey(b);
        expect(left.agree(right)).toEqual(right.agree(left));
      }),
      { numRuns: 30 },
    );
  });
});
