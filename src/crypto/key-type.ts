import type { CoseAlgorithm } from '../cose/algorithm.ts';
import { algorithmSpec, type EcCurve, type MlDsaSet, type OkpCurve } from '../cose/algorithm-table.ts';
import { UnsuitableKeyError } from '../ports/crypto.ts';

/** What a key must be to serve an algorithm: its curve or parameter set; RSA keys serve all RSA algorithms. */
export type KeyType = EcCurve | OkpCurve | MlDsaSet | 'RSA';

type Typed =
  | { readonly kty: 'EC2'; readonly curve: EcCurve }
  | { readonly kty: 'OKP'; readonly curve: OkpCurve }
  | { readonly kty: 'AKP'; readonly set: MlDsaSet }
  | { readonly kty: 'RSA' };

/** The type of an algorithm, a public key, or the parts of a private key. */
export function keyTypeOf(key: Typed): KeyType {
  switch (key.kty) {
    case 'EC2':
    case 'OKP':
      return key.curve;
    case 'AKP':
      return key.set;
    case 'RSA':
      return 'RSA';
  }
}

/** Throws UnsuitableKeyError if a key of type `found` cannot serve `alg`. */
export function requireKeyType(alg: CoseAlgorithm, found: KeyType): void {
  const wanted = keyTypeOf(algorithmSpec(alg));
  if (found !== wanted) throw new UnsuitableKeyError(`the key is ${found}, the algorithm needs ${wanted}`);
}
