import { ed25519 } from '@noble/curves/ed25519.js';
import { ed448 } from '@noble/curves/ed448.js';
import type { ECDSA } from '@noble/curves/abstract/weierstrass.js';
import type { EdDSA } from '@noble/curves/abstract/edwards.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ecCurves, type EcCurve, type OkpCurve } from '../../cose/algorithm-table.ts';
import type { PublicKey } from '../../cose/public-key.ts';
import type { Random } from '../../ports/random.ts';

/** Each curve comes with the hash that its COSE algorithms use. */
export const nobleEcCurves: Readonly<Record<EcCurve, ECDSA>> = {
  'P-256': p256,
  'P-384': p384,
  'P-521': p521,
  secp256k1,
};

export const nobleOkpCurves: Readonly<Record<OkpCurve, EdDSA>> = { Ed25519: ed25519, Ed448: ed448 };

/** High s is as good as low s in WebAuthn; OpenSSL makes both. */
export const ecdsaOptions = { lowS: false, format: 'der', prehash: true } as const;

/** RFC 8032 verification instead of noble's more lenient default. */
export const eddsaOptions = { zip215: false } as const;

/** The public point of a private scalar. */
export function ecPublicKey(curve: EcCurve, d: Uint8Array): Extract<PublicKey, { kty: 'EC2' }> {
  const point = nobleEcCurves[curve].getPublicKey(d, false);
  const size = (point.length - 1) / 2;
  return { kty: 'EC2', curve, x: point.slice(1, 1 + size), y: point.slice(1 + size) };
}

/** A uniform private scalar, from half as many bytes again as it has, so that the reduction has no bias. */
export function randomScalar(curve: EcCurve, random: Random): Uint8Array {
  return nobleEcCurves[curve].utils.randomSecretKey(random.bytes((ecCurves[curve].size / 2) * 3));
}
