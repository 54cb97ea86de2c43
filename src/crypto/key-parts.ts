import type { CoseAlgorithm } from '../cose/algorithm.ts';
import { encodeCoseKey, type PublicKey } from '../cose/public-key.ts';
import { UnsuitableKeyError, type KeyPair } from '../ports/crypto.ts';
import { encodePkcs8, type PrivateKeyParts } from './pkcs8.ts';
import { sameBytes } from './same-bytes.ts';

/** The stored form of a key pair: canonical PKCS#8 (with the public point for EC keys) and COSE_Key. */
export function toKeyPair(alg: CoseAlgorithm, parts: PrivateKeyParts, publicKey: PublicKey): KeyPair {
  return {
    privateKey: encodePkcs8(withPoint(parts, publicKey)),
    publicKey: encodeCoseKey(alg, publicKey),
  };
}

function withPoint(parts: PrivateKeyParts, publicKey: PublicKey): PrivateKeyParts {
  if (parts.kty !== 'EC2' || publicKey.kty !== 'EC2') return parts;
  return { ...parts, point: encodePoint(publicKey) };
}

/** 04 ‖ x ‖ y (SEC 1 §2.3.3). */
export function encodePoint(point: { readonly x: Uint8Array; readonly y: Uint8Array }): Uint8Array {
  const { x, y } = point;
  const bytes = new Uint8Array(1 + x.length + y.length);
  bytes[0] = 0x04;
  bytes.set(x, 1);
  bytes.set(y, 1 + x.length);
  return bytes;
}

/** The parts without what stood beside the private key, so that the public key is computed and not believed. */
export function privateOnly(parts: PrivateKeyParts): PrivateKeyParts {
  switch (parts.kty) {
    case 'EC2':
      return { kty: 'EC2', curve: parts.curve, d: parts.d };
    case 'OKP':
      return { kty: 'OKP', curve: parts.curve, seed: parts.seed };
    case 'RSA':
      return parts;
    case 'AKP':
      return { kty: 'AKP', set: parts.set, seed: parts.seed };
  }
}

/** Throws UnsuitableKeyError if the public part that came with a private key is not `publicKey`, the computed one. */
export function requireOwnPublicKey(parts: PrivateKeyParts, publicKey: PublicKey): void {
  if (!isOwnPublicKey(parts, publicKey)) {
    throw new UnsuitableKeyError('the public key does not belong to the private key');
  }
}

function isOwnPublicKey(parts: PrivateKeyParts, publicKey: PublicKey): boolean {
  if (parts.kty === 'EC2' && publicKey.kty === 'EC2') {
    return parts.point === undefined || isSamePoint(parts.point, publicKey);
  }
  if (parts.kty === 'OKP' && publicKey.kty === 'OKP') {
    return parts.publicKey === undefined || sameBytes(parts.publicKey, publicKey.x);
  }
  return true;
}

function isSamePoint(
  encoded: Uint8Array,
  point: { readonly x: Uint8Array; readonly y: Uint8Array },
): boolean {
  const isCompressed = encoded.length === 1 + point.x.length;
  if (!isCompressed) return sameBytes(encoded, encodePoint(point));
  const parity = (point.y.at(-1) ?? 0) & 1;
  return encoded[0] === 0x02 + parity && sameBytes(encoded.subarray(1), point.x);
}
