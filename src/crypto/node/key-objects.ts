import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { ecCurves, type EcdsaAlgorithm, type EddsaAlgorithm } from '../../cose/algorithm-table.ts';
import type { PublicKey } from '../../cose/public-key.ts';
import { UnsuitableKeyError } from '../../ports/crypto.ts';
import { encodePoint } from '../key-parts.ts';
import { encodePkcs8, type EcKeyParts, type PrivateKeyParts } from '../pkcs8.ts';

/** Keys that OpenSSL always does itself. */
export type OpensslParts = Exclude<PrivateKeyParts, { readonly kty: 'AKP' }>;
export type OpensslPublicKey = Exclude<PublicKey, { readonly kty: 'AKP' }>;

/** OpenSSL's private key. Throws UnsuitableKeyError if OpenSSL does not take it. */
export function toPrivateKeyObject(parts: OpensslParts): KeyObject {
  try {
    const jwk = ecPrivateJwk(parts);
    // OpenSSL 3 needs several times as long for DER as for the numbers of an EC key.
    if (jwk !== undefined) return createPrivateKey({ key: jwk, format: 'jwk' });
    return createPrivateKey({ key: Buffer.from(encodePkcs8(parts)), format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new UnsuitableKeyError('OpenSSL does not accept the private key', { cause });
  }
}

function ecPrivateJwk(parts: OpensslParts): JsonWebKey | undefined {
  if (parts.kty !== 'EC2' || parts.point?.[0] !== 0x04) return undefined;
  const { size } = ecCurves[parts.curve];
  return {
    kty: 'EC',
    crv: parts.curve,
    d: toBase64url(parts.d),
    x: toBase64url(parts.point.subarray(1, 1 + size)),
    y: toBase64url(parts.point.subarray(1 + size)),
  };
}

/** The public key that OpenSSL computed for `object`, which was made from `parts`. */
export function publicKeyOf(object: KeyObject, parts: OpensslParts): OpensslPublicKey {
  if (parts.kty === 'RSA') return { kty: 'RSA', n: parts.n, e: parts.e };
  return readPrivateJwk(parts, object.export({ format: 'jwk' })).publicKey;
}

/** The public key that stands beside a private one in uncompressed form. Throws UnsuitableKeyError if it does not. */
export function publicKeyOfPoint({ curve, point }: EcKeyParts): OpensslPublicKey {
  if (point?.[0] !== 0x04) throw new UnsuitableKeyError('the key came without its public point');
  const { size } = ecCurves[curve];
  return { kty: 'EC2', curve, x: point.slice(1, 1 + size), y: point.slice(1 + size) };
}

/** Both halves of a private key of the given curve. */
export function readPrivateJwk(
  { kty, curve }: EcdsaAlgorithm | EddsaAlgorithm | Exclude<OpensslParts, { readonly kty: 'RSA' }>,
  jwk: JsonWebKey,
): { readonly parts: OpensslParts; readonly publicKey: OpensslPublicKey } {
  const secret = fromBase64url(jwk.d);
  const x = fromBase64url(jwk.x);
  if (kty === 'OKP') return { parts: { kty, curve, seed: secret }, publicKey: { kty, curve, x } };
  const y = fromBase64url(jwk.y);
  return { parts: { kty, curve, d: secret, point: encodePoint({ x, y }) }, publicKey: { kty, curve, x, y } };
}

/** OpenSSL's public key. Throws OpenSSL's error if there is no such key, as for a point off the curve. */
export function toPublicKeyObject(key: OpensslPublicKey): KeyObject {
  return createPublicKey({ key: publicJwk(key), format: 'jwk' });
}

function publicJwk(key: OpensslPublicKey): JsonWebKey {
  switch (key.kty) {
    case 'EC2':
      return { kty: 'EC', crv: key.curve, x: toBase64url(key.x), y: toBase64url(key.y) };
    case 'OKP':
      return { kty: 'OKP', crv: key.curve, x: toBase64url(key.x) };
    case 'RSA':
      return { kty: 'RSA', n: toBase64url(key.n), e: toBase64url(key.e) };
  }
}

function toBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function fromBase64url(text: string | undefined): Uint8Array {
  return Uint8Array.from(Buffer.from(text ?? '', 'base64url'));
}
