import type { CoseAlgorithm } from './algorithm.ts';

export type EcCurve = 'P-256' | 'P-384' | 'P-521' | 'secp256k1';
export type OkpCurve = 'Ed25519' | 'Ed448';
export type HashName = 'sha256' | 'sha384' | 'sha512';
export type MlDsaSet = 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87';

/** ECDSA; the signature is a DER SEQUENCE of r and s (WebAuthn L3 §6.5.5). */
export interface EcdsaAlgorithm {
  readonly kty: 'EC2';
  readonly curve: EcCurve;
  readonly hash: HashName;
}
/** EdDSA (RFC 8032), pure and without context; the signature is raw. */
export interface EddsaAlgorithm {
  readonly kty: 'OKP';
  readonly curve: OkpCurve;
}
/** RSASSA-PKCS1-v1_5, or PSS with MGF1 of the same hash and a salt as long as the hash (RFC 8230 §2). */
export interface RsaAlgorithm {
  readonly kty: 'RSA';
  readonly padding: 'pkcs1' | 'pss';
  readonly hash: HashName;
}
/** Pure ML-DSA (FIPS 204) with an empty context; the signature is raw. */
export interface MlDsaAlgorithm {
  readonly kty: 'AKP';
  readonly set: MlDsaSet;
}
export type AlgorithmSpec = EcdsaAlgorithm | EddsaAlgorithm | RsaAlgorithm | MlDsaAlgorithm;

/** COSE curve number and the length of a coordinate in bytes. */
export const ecCurves: Readonly<Record<EcCurve, { readonly crv: number; readonly size: number }>> = {
  'P-256': { crv: 1, size: 32 },
  'P-384': { crv: 2, size: 48 },
  'P-521': { crv: 3, size: 66 },
  secp256k1: { crv: 8, size: 32 },
};

/** COSE curve number; the public key and the private seed are both `size` bytes, a signature twice that. */
export const okpCurves: Readonly<Record<OkpCurve, { readonly crv: number; readonly size: number }>> = {
  Ed25519: { crv: 6, size: 32 },
  Ed448: { crv: 7, size: 57 },
};

/** Lengths in bytes (FIPS 204 table 2). The private key is a seed of 32 bytes. */
export const mlDsaSets: Readonly<
  Record<MlDsaSet, { readonly publicKeySize: number; readonly signatureSize: number }>
> = {
  'ML-DSA-44': { publicKeySize: 1312, signatureSize: 2420 },
  'ML-DSA-65': { publicKeySize: 1952, signatureSize: 3309 },
  'ML-DSA-87': { publicKeySize: 2592, signatureSize: 4627 },
};

const es256 = { kty: 'EC2', curve: 'P-256', hash: 'sha256' } as const;
const es384 = { kty: 'EC2', curve: 'P-384', hash: 'sha384' } as const;
const es512 = { kty: 'EC2', curve: 'P-521', hash: 'sha512' } as const;
const ed25519 = { kty: 'OKP', curve: 'Ed25519' } as const;

const specs: Readonly<Record<CoseAlgorithm, AlgorithmSpec>> = {
  [-7]: es256,
  [-9]: es256,
  [-35]: es384,
  [-51]: es384,
  [-36]: es512,
  [-52]: es512,
  [-47]: { kty: 'EC2', curve: 'secp256k1', hash: 'sha256' },
  [-8]: ed25519,
  [-19]: ed25519,
  [-53]: { kty: 'OKP', curve: 'Ed448' },
  [-257]: { kty: 'RSA', padding: 'pkcs1', hash: 'sha256' },
  [-258]: { kty: 'RSA', padding: 'pkcs1', hash: 'sha384' },
  [-259]: { kty: 'RSA', padding: 'pkcs1', hash: 'sha512' },
  [-37]: { kty: 'RSA', padding: 'pss', hash: 'sha256' },
  [-38]: { kty: 'RSA', padding: 'pss', hash: 'sha384' },
  [-39]: { kty: 'RSA', padding: 'pss', hash: 'sha512' },
  [-48]: { kty: 'AKP', set: 'ML-DSA-44' },
  [-49]: { kty: 'AKP', set: 'ML-DSA-65' },
  [-50]: { kty: 'AKP', set: 'ML-DSA-87' },
};

/** What an algorithm identifier stands for. EdDSA (-8) is Ed25519, as FIDO2 uses it (WebAuthn L3 §5.8.5). */
export function algorithmSpec(alg: CoseAlgorithm): AlgorithmSpec {
  return specs[alg];
}
