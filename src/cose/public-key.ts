import type { CborMap, CborValue } from '../cbor/value.ts';
import { isCoseAlgorithm, type CoseAlgorithm } from './algorithm.ts';
import {
  algorithmSpec,
  ecCurves,
  mlDsaSets,
  okpCurves,
  type AlgorithmSpec,
  type EcCurve,
  type MlDsaSet,
  type OkpCurve,
} from './algorithm-table.ts';
import { coseLabel, type CoseKey } from './key.ts';

/** A public key without its algorithm. All numbers are big-endian. */
export type PublicKey =
  /** Affine coordinates, padded to the size of the field. */
  | { readonly kty: 'EC2'; readonly curve: EcCurve; readonly x: Uint8Array; readonly y: Uint8Array }
  /** The encoded point of RFC 8032. */
  | { readonly kty: 'OKP'; readonly curve: OkpCurve; readonly x: Uint8Array }
  /** Modulus and public exponent without leading zeros. */
  | { readonly kty: 'RSA'; readonly n: Uint8Array; readonly e: Uint8Array }
  /** The encoded public key of FIPS 204. */
  | { readonly kty: 'AKP'; readonly set: MlDsaSet; readonly publicKey: Uint8Array };

const kty = { OKP: 1, EC2: 2, RSA: 3, AKP: 7 } as const;

/**
 * The COSE_Key of a public key, in canonical order, with `alg` as label 3 (RFC 9053 §7, RFC 8230 §4, RFC 9964 §3).
 * Throws RangeError if the key is not one of that algorithm or a part has the wrong length.
 */
export function encodeCoseKey(alg: CoseAlgorithm, key: PublicKey): CoseKey {
  if (!fits(algorithmSpec(alg), key)) throw new RangeError(`not a public key of COSE algorithm ${alg}`);
  const common: [number, CborValue][] = [
    [coseLabel.kty, kty[key.kty]],
    [coseLabel.alg, alg],
  ];
  return new Map([...common, ...parameters(key)]);
}

function parameters(key: PublicKey): [number, CborValue][] {
  switch (key.kty) {
    case 'EC2':
      return [
        [coseLabel.crv, ecCurves[key.curve].crv],
        [coseLabel.x, key.x],
        [coseLabel.y, key.y],
      ];
    case 'OKP':
      return [
        [coseLabel.crv, okpCurves[key.curve].crv],
        [coseLabel.x, key.x],
      ];
    case 'RSA':
      return [
        [coseLabel.rsaModulus, key.n],
        [coseLabel.rsaExponent, key.e],
      ];
    case 'AKP':
      return [[coseLabel.akpPublicKey, key.publicKey]];
  }
}

function fits(spec: AlgorithmSpec, key: PublicKey): boolean {
  switch (key.kty) {
    case 'EC2':
      return (
        spec.kty === 'EC2' &&
        spec.curve === key.curve &&
        key.x.length === ecCurves[key.curve].size &&
        key.y.length === ecCurves[key.curve].size
      );
    case 'OKP':
      return spec.kty === 'OKP' && spec.curve === key.curve && key.x.length === okpCurves[key.curve].size;
    case 'RSA':
      return spec.kty === 'RSA' && isUnsignedInteger(key.n) && isUnsignedInteger(key.e);
    case 'AKP':
      return (
        spec.kty === 'AKP' &&
        spec.set === key.set &&
        key.publicKey.length === mlDsaSets[key.set].publicKeySize
      );
  }
}

function isUnsignedInteger(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes[0] !== 0;
}

/**
 * Reads a COSE_Key of any algorithm that Fauxkey knows. Strict: exactly the labels of its type with the right sizes;
 * anything else gives undefined. Whether a point lies on its curve is not checked here.
 */
export function decodeCoseKey(
  value: CborValue | CoseKey,
): { readonly alg: CoseAlgorithm; readonly key: PublicKey } | undefined {
  if (!isMap(value)) return undefined;
  const alg = value.get(coseLabel.alg);
  if (typeof alg !== 'number' || !isCoseAlgorithm(alg)) return undefined;
  const spec = algorithmSpec(alg);
  if (value.get(coseLabel.kty) !== kty[spec.kty]) return undefined;
  const key = readKey(spec, value);
  if (key === undefined || !fits(spec, key)) return undefined;
  const labels = 2 + parameters(key).length;
  return value.size === labels ? { alg, key } : undefined;
}

function readKey(spec: AlgorithmSpec, map: CborMap): PublicKey | undefined {
  switch (spec.kty) {
    case 'EC2': {
      const x = map.get(coseLabel.x);
      const y = map.get(coseLabel.y);
      if (map.get(coseLabel.crv) !== ecCurves[spec.curve].crv || !isBytes(x) || !isBytes(y)) return undefined;
      return { kty: 'EC2', curve: spec.curve, x, y };
    }
    case 'OKP': {
      const x = map.get(coseLabel.x);
      if (map.get(coseLabel.crv) !== okpCurves[spec.curve].crv || !isBytes(x)) return undefined;
      return { kty: 'OKP', curve: spec.curve, x };
    }
    case 'RSA': {
      const n = map.get(coseLabel.rsaModulus);
      const e = map.get(coseLabel.rsaExponent);
      return isBytes(n) && isBytes(e) ? { kty: 'RSA', n, e } : undefined;
    }
    case 'AKP': {
      const publicKey = map.get(coseLabel.akpPublicKey);
      return isBytes(publicKey) ? { kty: 'AKP', set: spec.set, publicKey } : undefined;
    }
  }
}

/**
 * The uncompressed point 04 ‖ x ‖ y of an EC2 key, as U2F and fido-u2f attestation use it (65 bytes for P-256), or
 * undefined for a key of another type.
 */
export function uncompressedPoint(coseKey: CoseKey): Uint8Array | undefined {
  const decoded = decodeCoseKey(coseKey);
  if (decoded?.key.kty !== 'EC2') return undefined;
  return Uint8Array.from([0x04, ...decoded.key.x, ...decoded.key.y]);
}

function isMap(value: CborValue | CoseKey): value is CborMap {
  return value instanceof Map;
}

function isBytes(value: CborValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array;
}
