import { generateKeyPairSync, getCurves } from 'node:crypto';
import { coseAlgorithm, type CoseAlgorithm } from '../../cose/algorithm.ts';
import {
  algorithmSpec,
  type AlgorithmSpec,
  type EcCurve,
  type OkpCurve,
} from '../../cose/algorithm-table.ts';

/** OpenSSL's names of the curves. */
export const opensslCurves: Readonly<Record<EcCurve, string>> = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
  secp256k1: 'secp256k1',
};

/** Algorithms that this build of OpenSSL (or BoringSSL, in Electron) offers; ML-DSA has a substitute and is always in. */
export function availableAlgorithms(): readonly CoseAlgorithm[] {
  const curves = new Set(getCurves());
  const okp = { Ed25519: canGenerate('Ed25519'), Ed448: canGenerate('Ed448') };
  const isAvailable = (spec: AlgorithmSpec): boolean => {
    if (spec.kty === 'EC2') return curves.has(opensslCurves[spec.curve]);
    return spec.kty === 'OKP' ? okp[spec.curve] : true;
  };
  return Object.values(coseAlgorithm).filter((alg) => isAvailable(algorithmSpec(alg)));
}

function canGenerate(curve: OkpCurve): boolean {
  try {
    if (curve === 'Ed25519') generateKeyPairSync('ed25519');
    else generateKeyPairSync('ed448');
    return true;
  } catch {
    return false;
  }
}
