import type { CborValue } from '../../cbor/value.ts';
import { parseAgreementKey } from '../../cose/agreement-key.ts';
import { concatBytes, utf8Bytes } from '../../ctap/bytes.ts';
import { CtapError } from '../../ctap/error.ts';
import { InvalidPointError, type AgreementKey, type CryptoProvider } from '../../ports/crypto.ts';
import type { Random } from '../../ports/random.ts';

/** Keys that both sides derived from one key agreement; the bytes are the protocol's own affair. */
export interface SharedSecret {
  readonly hmacKey: Uint8Array;
  readonly aesKey: Uint8Array;
}

/** A PIN/UV auth protocol as the authenticator uses it (CTAP 2.3 §6.5.4). */
export interface PinUvAuthProtocol {
  readonly version: 1 | 2;
  /** Bytes by which ciphertext is longer than plaintext. */
  readonly overhead: number;
  deriveSecret(crypto: CryptoProvider, z: Uint8Array): SharedSecret;
  encrypt(crypto: CryptoProvider, random: Random, secret: SharedSecret, plaintext: Uint8Array): Uint8Array;
  /** Undefined if the ciphertext has an impossible length. */
  decrypt(crypto: CryptoProvider, secret: SharedSecret, ciphertext: Uint8Array): Uint8Array | undefined;
  /** Checks `signature` over `message` in constant time; `key` is a token or the HMAC key of a shared secret. */
  verify(crypto: CryptoProvider, key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

const blockSize = 16;
const zeroIv = new Uint8Array(blockSize);

/** CTAP 2.3 §6.5.6. */
const protocolOne: PinUvAuthProtocol = {
  version: 1,
  overhead: 0,
  deriveSecret: (crypto, z) => {
    const key = crypto.sha256(z);
    return { hmacKey: key, aesKey: key };
  },
  encrypt: (crypto, _random, secret, plaintext) => crypto.aesCbcEncrypt(secret.aesKey, zeroIv, plaintext),
  decrypt: (crypto, secret, ciphertext) =>
    ciphertext.length % blockSize === 0 ? crypto.aesCbcDecrypt(secret.aesKey, zeroIv, ciphertext) : undefined,
  verify: (crypto, key, message, signature) =>
    crypto.equal(crypto.hmacSha256(key, message).subarray(0, 16), signature),
};

const hkdfSalt = new Uint8Array(32);

/** CTAP 2.3 §6.5.7. */
const protocolTwo: PinUvAuthProtocol = {
  version: 2,
  overhead: blockSize,
  deriveSecret: (crypto, z) => ({
    hmacKey: crypto.hkdfSha256(z, hkdfSalt, utf8Bytes('CTAP2 HMAC key'), 32),
    aesKey: crypto.hkdfSha256(z, hkdfSalt, utf8Bytes('CTAP2 AES key'), 32),
  }),
  encrypt: (crypto, random, secret, plaintext) => {
    const iv = random.bytes(blockSize);
    return concatBytes(iv, crypto.aesCbcEncrypt(secret.aesKey, iv, plaintext));
  },
  decrypt: (crypto, secret, ciphertext) =>
    ciphertext.length >= blockSize && ciphertext.length % blockSize === 0
      ? crypto.aesCbcDecrypt(secret.aesKey, ciphertext.subarray(0, blockSize), ciphertext.subarray(blockSize))
      : undefined,
  verify: (crypto, key, message, signature) => crypto.equal(crypto.hmacSha256(key, message), signature),
};

export const pinUvAuthProtocols: Readonly<Record<1 | 2, PinUvAuthProtocol>> = {
  1: protocolOne,
  2: protocolTwo,
};

/** decapsulate (CTAP 2.3 §6.5.4): throws INVALID_PARAMETER for a malformed key or a point off the curve. */
export function decapsulate(
  crypto: CryptoProvider,
  protocol: PinUvAuthProtocol,
  own: AgreementKey,
  peer: CborValue,
): SharedSecret {
  const point = parseAgreementKey(peer);
  if (!point) throw new CtapError('INVALID_PARAMETER', 'keyAgreement is no P-256 COSE key');
  const z = agree(own, point);
  const secret = protocol.deriveSecret(crypto, z);
  z.fill(0);
  return secret;
}

function agree(own: AgreementKey, point: Parameters<AgreementKey['agree']>[0]): Uint8Array {
  try {
    return own.agree(point);
  } catch (error) {
    if (!(error instanceof InvalidPointError)) throw error;
    throw new CtapError('INVALID_PARAMETER', 'keyAgreement is not on the curve');
  }
}
