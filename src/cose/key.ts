import type { CborValue } from '../cbor/value.ts';

/** A COSE_Key (RFC 9052 §7): a map of integer labels, in canonical order. */
export type CoseKey = ReadonlyMap<number, CborValue>;

/** Labels of the key types in use: EC2 (kty 2), OKP (1), RSA (3), AKP (7). */
export const coseLabel = {
  kty: 1,
  alg: 3,
  /** Curve (EC2, OKP), modulus (RSA), public key (AKP). */
  crv: -1,
  rsaModulus: -1,
  akpPublicKey: -1,
  x: -2,
  rsaExponent: -2,
  y: -3,
} as const;
