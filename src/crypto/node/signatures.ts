import { constants, sign, verify, type KeyObject, type SignKeyObjectInput } from 'node:crypto';
import type { AlgorithmSpec, MlDsaAlgorithm } from '../../cose/algorithm-table.ts';
import { view } from './view.ts';

export type OpensslAlgorithm = Exclude<AlgorithmSpec, MlDsaAlgorithm>;

/** DER for ECDSA, raw otherwise. */
export function signWith(spec: OpensslAlgorithm, key: KeyObject, data: Uint8Array): Uint8Array {
  return view(sign(hashOf(spec), data, withPadding(spec, key)));
}

export function verifyWith(
  spec: OpensslAlgorithm,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(hashOf(spec), data, withPadding(spec, key), signature);
}

function hashOf(spec: OpensslAlgorithm): string | null {
  return spec.kty === 'OKP' ? null : spec.hash;
}

function withPadding(spec: OpensslAlgorithm, key: KeyObject): KeyObject | SignKeyObjectInput {
  if (spec.kty !== 'RSA' || spec.padding === 'pkcs1') return key;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}
