import { p256 } from '@noble/curves/nist.js';
import { InvalidPointError, UnsuitableKeyError, type AgreementKey } from '../../ports/crypto.ts';
import type { Random } from '../../ports/random.ts';
import { encodePoint } from '../key-parts.ts';
import { ecPublicKey, randomScalar } from './curves.ts';

const coordinateSize = 32;

/** A P-256 key for ECDH. Throws UnsuitableKeyError if `privateScalar` is not a scalar of 32 bytes in range. */
export function createAgreementKey(random: Random, privateScalar?: Uint8Array): AgreementKey {
  if (privateScalar !== undefined && !p256.utils.isValidSecretKey(privateScalar)) {
    throw new UnsuitableKeyError('not a scalar of P-256 in 32 bytes');
  }
  const d = privateScalar?.slice() ?? randomScalar('P-256', random);
  const { x, y } = ecPublicKey('P-256', d);
  return {
    x,
    y,
    agree: (peer) => {
      if (peer.x.length !== coordinateSize || peer.y.length !== coordinateSize) {
        throw new InvalidPointError('a coordinate of P-256 has 32 bytes');
      }
      try {
        return p256.getSharedSecret(d, encodePoint(peer), false).slice(1, 1 + coordinateSize);
      } catch (cause) {
        throw new InvalidPointError('not a point on P-256', { cause });
      }
    },
  };
}
