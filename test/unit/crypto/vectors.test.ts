import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeSequence, encodeUnsigned } from '../../../src/asn1/der.ts';
import type { CoseAlgorithm } from '../../../src/cose/algorithm.ts';
import { algorithmSpec } from '../../../src/cose/algorithm-table.ts';
import { decodeCoseKey } from '../../../src/cose/public-key.ts';
import { encodePkcs8, type PrivateKeyParts } from '../../../src/crypto/pkcs8.ts';
import { fromHex, toHex } from '../../support/hex.ts';
import { noble, providers } from './providers.ts';

type Fields = Readonly<Record<string, string>>;
const vectors = JSON.parse(readFileSync(new URL('../../vectors/crypto.json', import.meta.url), 'utf8')) as {
  readonly sha256: Fields;
  readonly hmacSha256: Fields;
  readonly hkdfSha256: readonly (Fields & { readonly length: number })[];
  readonly aesCbc: readonly Fields[];
  readonly agreement: Fields;
  readonly ecdsa: readonly (Fields & { readonly alg: CoseAlgorithm })[];
  readonly eddsa: readonly (Fields & { readonly alg: CoseAlgorithm })[];
  readonly mlDsa: { readonly cases: readonly (Fields & { readonly alg: CoseAlgorithm })[] };
};

/** A field of a vector as bytes. */
function bytes(fields: object, name: string): Uint8Array {
  return fromHex((fields as Fields)[name]!);
}

function pkcs8(alg: CoseAlgorithm, secret: Uint8Array): Uint8Array {
  const spec = algorithmSpec(alg);
  const parts: Record<string, unknown> = { ...spec, d: secret, seed: secret };
  return encodePkcs8(parts as unknown as PrivateKeyParts);
}

describe.each(providers)('published vectors, %s', (_name, crypto) => {
  it('SHA-256, in one part or several', () => {
    const { sha256 } = vectors;
    expect(toHex(crypto.sha256(bytes(sha256, 'input')))).toBe(sha256['expected']);
    const parts = [...bytes(sha256, 'input')].map((octet) => Uint8Array.of(octet));
    expect(toHex(crypto.sha256(...parts))).toBe(sha256['expected']);
  });

  it('HMAC-SHA-256, in one part or several', () => {
    const { hmacSha256 } = vectors;
    const input = bytes(hmacSha256, 'input');
    const key = bytes(hmacSha256, 'key');
    expect(toHex(crypto.hmacSha256(key, input))).toBe(hmacSha256['expected']);
    expect(toHex(crypto.hmacSha256(key, input.slice(0, 5), input.slice(5)))).toBe(hmacSha256['expected']);
  });

  it.each(vectors.hkdfSha256)('HKDF: $source', (vector) => {
    const okm = crypto.hkdfSha256(
      bytes(vector, 'ikm'),
      bytes(vector, 'salt'),
      bytes(vector, 'info'),
      vector.length,
    );
    expect(toHex(okm)).toBe((vector as Fields)['expected']);
  });

  it.each(vectors.aesCbc)('AES-CBC: $source', (vector) => {
    const [key, iv] = [bytes(vector, 'key'), bytes(vector, 'iv')];
    expect(toHex(crypto.aesCbcEncrypt(key, iv, bytes(vector, 'plaintext')))).toBe(vector['ciphertext']);
    expect(toHex(crypto.aesCbcDecrypt(key, iv, bytes(vector, 'ciphertext')))).toBe(vector['plaintext']);
  });

  it('ECDH: RFC 5903 §8.1', () => {
    const { agreement } = vectors;
    const key = crypto.createAgreementKey(bytes(agreement, 'privateScalar'));
    expect(toHex(key.x)).toBe(agreement['x']);
    expect(toHex(key.y)).toBe(agreement['y']);
    const shared = key.agree({ x: bytes(agreement, 'peerX'), y: bytes(agreement, 'peerY') });
    expect(toHex(shared)).toBe(agreement['shared']);
  });

  it.each(vectors.ecdsa)('ECDSA: $source', (vector) => {
    const pair = crypto.importPrivateKey(vector.alg, pkcs8(vector.alg, bytes(vector, 'd')));
    expect(toHex(pair.publicKey.get(-2) as Uint8Array)).toBe((vector as Fields)['x']);
    expect(toHex(pair.publicKey.get(-3) as Uint8Array)).toBe((vector as Fields)['y']);
    const signature = encodeSequence(encodeUnsigned(bytes(vector, 'r')), encodeUnsigned(bytes(vector, 's')));
    expect(crypto.verify(pair.publicKey, bytes(vector, 'message'), signature)).toBe(true);
    expect(crypto.verify(pair.publicKey, fromHex('00'), signature)).toBe(false);
  });

  it.each(vectors.eddsa)('EdDSA: $source', (vector) => {
    const pair = crypto.importPrivateKey(vector.alg, pkcs8(vector.alg, bytes(vector, 'seed')));
    expect(toHex(pair.publicKey.get(-2) as Uint8Array)).toBe((vector as Fields)['publicKey']);
    const signature = crypto.sign(vector.alg, pair.privateKey, bytes(vector, 'message'));
    expect(toHex(signature)).toBe((vector as Fields)['signature']);
  });

  it.each(vectors.mlDsa.cases)('$name keys and signatures of OpenSSL', (vector) => {
    const pair = crypto.importPrivateKey(vector.alg, pkcs8(vector.alg, bytes(vector, 'seed')));
    expect(toHex(pair.publicKey.get(-1) as Uint8Array)).toBe((vector as Fields)['publicKey']);
    const message = bytes(vector, 'message');
    expect(crypto.verify(pair.publicKey, message, bytes(vector, 'signature'))).toBe(true);
    expect(crypto.verify(pair.publicKey, fromHex('00'), bytes(vector, 'signature'))).toBe(false);
    expect(crypto.verify(pair.publicKey, message, bytes(vector, 'signature').slice(1))).toBe(false);
  });
});

describe('noble', () => {
  it.each(vectors.ecdsa)('signs as $source says', (vector) => {
    const signature = noble.sign(vector.alg, pkcs8(vector.alg, bytes(vector, 'd')), bytes(vector, 'message'));
    expect(toHex(signature)).toBe(
      toHex(encodeSequence(encodeUnsigned(bytes(vector, 'r')), encodeUnsigned(bytes(vector, 's')))),
    );
  });
});

/** Sections of the WebAuthn Level 3 vectors with a raw private key, and where the algorithm stands. */
const w3cKeys = [
  ['sctn-test-vectors-none-es256', 'credential_private_key', -7],
  ['sctn-test-vectors-packed-es384', 'credential_private_key', -35],
  ['sctn-test-vectors-packed-es512', 'credential_private_key', -36],
  ['sctn-test-vectors-packed-eddsa', 'private_key', -8],
  ['sctn-test-vectors-packed-ed448', 'private_key', -53],
] as const;

describe.each(providers)('WebAuthn Level 3 vectors, %s', (_name, crypto) => {
  const { sections } = JSON.parse(
    readFileSync(new URL('../../vectors/webauthn-l3-vectors.json', import.meta.url), 'utf8'),
  ) as { sections: { id: string; blocks: { values: Fields }[] }[] };

  it.each(w3cKeys)('%s: the assertion verifies with the key', (id, field, alg) => {
    const [registration, authentication] = sections.find((section) => section.id === id)!.blocks;
    const pair = crypto.importPrivateKey(alg, pkcs8(alg, bytes(registration!.values, field)));
    expect(decodeCoseKey(pair.publicKey)?.alg).toBe(alg);
    const { values } = authentication!;
    const signed = Uint8Array.from([
      ...bytes(values, 'authenticatorData'),
      ...crypto.sha256(bytes(values, 'clientDataJSON')),
    ]);
    expect(crypto.verify(pair.publicKey, signed, bytes(values, 'signature'))).toBe(true);
  });
});
