import type { DSA } from '@noble/post-quantum/ml-dsa.js';
import { mlDsaSets, type MlDsaSet } from '../cose/algorithm-table.ts';
import { UnsuitableKeyError } from '../ports/crypto.ts';
import { sameBytes } from './same-bytes.ts';

/** An ML-DSA private key, ready to sign. */
export interface MlDsaKey {
  readonly publicKey: Uint8Array;
  sign(data: Uint8Array): Uint8Array;
}

/** Pure ML-DSA with an empty context (FIPS 204 algorithms 1 to 3). */
export interface MlDsa {
  /** `seed` has 32 bytes. Throws UnsuitableKeyError if `expandedKey` is given and is not the seed's. */
  open(set: MlDsaSet, seed: Uint8Array, expandedKey?: Uint8Array): MlDsaKey;
  verify(set: MlDsaSet, publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean;
}

/** The module that does the work; a function so that it can be loaded when the first ML-DSA key comes up. */
export type LoadMlDsa = () => { readonly ml_dsa44: DSA; readonly ml_dsa65: DSA; readonly ml_dsa87: DSA };

/** ML-DSA by noble; signatures are hedged with `randomBytes`. */
export function createNobleMlDsa(load: LoadMlDsa, randomBytes: (length: number) => Uint8Array): MlDsa {
  const signer = (set: MlDsaSet): DSA => {
    const { ml_dsa44, ml_dsa65, ml_dsa87 } = load();
    return { 'ML-DSA-44': ml_dsa44, 'ML-DSA-65': ml_dsa65, 'ML-DSA-87': ml_dsa87 }[set];
  };
  return {
    open: (set, seed, expandedKey) => {
      const { secretKey, publicKey } = signer(set).keygen(seed);
      if (expandedKey !== undefined && !sameBytes(expandedKey, secretKey)) {
        throw new UnsuitableKeyError('the expanded ML-DSA key does not belong to the seed');
      }
      return {
        publicKey,
        sign: (data) => signer(set).sign(data, secretKey, { extraEntropy: randomBytes(32) }),
      };
    },
    verify: (set, publicKey, data, signature) =>
      signature.length === mlDsaSets[set].signatureSize && signer(set).verify(signature, data, publicKey),
  };
}
