import type { CoseAlgorithm } from '../../cose/algorithm.ts';
import { algorithmSpec, okpCurves, type AlgorithmSpec } from '../../cose/algorithm-table.ts';
import type { PublicKey } from '../../cose/public-key.ts';
import { UnsuitableKeyError, type KeyPair } from '../../ports/crypto.ts';
import type { Random } from '../../ports/random.ts';
import { privateOnly, requireOwnPublicKey, toKeyPair } from '../key-parts.ts';
import type { MlDsa } from '../ml-dsa.ts';
import { decodePkcs8For, type PrivateKeyParts } from '../pkcs8.ts';
import { ecdsaOptions, ecPublicKey, nobleEcCurves, nobleOkpCurves, randomScalar } from './curves.ts';

const mlDsaSeedSize = 32;

/** A new key pair. Throws UnsuitableKeyError for RSA. */
export function generateKeyPair(alg: CoseAlgorithm, random: Random, mlDsa: MlDsa): KeyPair {
  const parts = generateParts(algorithmSpec(alg), random);
  return toKeyPair(alg, parts, publicKeyOf(parts, mlDsa));
}

function generateParts(spec: AlgorithmSpec, random: Random): PrivateKeyParts {
  switch (spec.kty) {
    case 'EC2':
      return { kty: 'EC2', curve: spec.curve, d: randomScalar(spec.curve, random) };
    case 'OKP':
      return { kty: 'OKP', curve: spec.curve, seed: random.bytes(okpCurves[spec.curve].size) };
    case 'AKP':
      return { kty: 'AKP', set: spec.set, seed: random.bytes(mlDsaSeedSize) };
    case 'RSA':
      throw noRsa();
  }
}

/** Throws UnsuitableKeyError. */
export function importPrivateKey(alg: CoseAlgorithm, privateKey: Uint8Array, mlDsa: MlDsa): KeyPair {
  const parts = decodePkcs8For(alg, privateKey);
  const publicKey = publicKeyOf(parts, mlDsa);
  requireOwnPublicKey(parts, publicKey);
  return toKeyPair(alg, privateOnly(parts), publicKey);
}

function publicKeyOf(parts: PrivateKeyParts, mlDsa: MlDsa): PublicKey {
  switch (parts.kty) {
    case 'EC2':
      return ecPublicKey(parts.curve, parts.d);
    case 'OKP':
      return { kty: 'OKP', curve: parts.curve, x: nobleOkpCurves[parts.curve].getPublicKey(parts.seed) };
    case 'AKP': {
      const { publicKey } = mlDsa.open(parts.set, parts.seed, parts.expandedKey);
      return { kty: 'AKP', set: parts.set, publicKey };
    }
    case 'RSA':
      throw noRsa();
  }
}

/** ECDSA is deterministic (RFC 6979). Throws UnsuitableKeyError. */
export function sign(alg: CoseAlgorithm, privateKey: Uint8Array, data: Uint8Array, mlDsa: MlDsa): Uint8Array {
  const parts = decodePkcs8For(alg, privateKey);
  switch (parts.kty) {
    case 'EC2':
      return nobleEcCurves[parts.curve].sign(data, parts.d, ecdsaOptions);
    case 'OKP':
      return nobleOkpCurves[parts.curve].sign(data, parts.seed);
    case 'AKP':
      return mlDsa.open(parts.set, parts.seed).sign(data);
    case 'RSA':
      throw noRsa();
  }
}

function noRsa(): UnsuitableKeyError {
  return new UnsuitableKeyError('this provider verifies with RSA but has no RSA private keys');
}
