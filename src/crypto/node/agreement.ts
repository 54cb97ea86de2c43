import { createECDH } from 'node:crypto';
import { InvalidPointError, UnsuitableKeyError, type AgreementKey } from '../../ports/crypto.ts';
import { encodePoint } from '../key-parts.ts';
import { view } from './view.ts';

const coordinateSize = 32;

/** A P-256 key for ECDH. Throws UnsuitableKeyError if `privateScalar` is not a scalar of 32 bytes in range. */
export function createAgreementKey(privateScalar?: Uint8Array): AgreementKey {
  const ecdh = createECDH('prime256v1');
  if (privateScalar === undefined) ecdh.generateKeys();
  else setScalar(ecdh, privateScalar);
  const point = view(ecdh.getPublicKey());
  return {
    x: point.subarray(1, 1 + coordinateSize),
    y: point.subarray(1 + coordinateSize),
    agree: (peer) => {
      if (peer.x.length !== coordinateSize || peer.y.length !== coordinateSize) {
        throw new InvalidPointError('a coordinate of P-256 has 32 bytes');
      }
      try {
        return view(ecdh.computeSecret(encodePoint(peer)));
      } catch (cause) {
        throw new InvalidPointError('not a point on P-256', { cause });
      }
    },
  };
}

function setScalar(ecdh: ReturnType<typeof createECDH>, privateScalar: Uint8Array): void {
  if (privateScalar.length !== coordinateSize) throw new UnsuitableKeyError('a scalar of P-256 has 32 bytes');
  try {
    ecdh.setPrivateKey(privateScalar);
  } catch (cause) {
    throw new UnsuitableKeyError('not a scalar of P-256', { cause });
  }
}
