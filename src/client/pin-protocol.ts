import type { CborValue } from '../cbor/value.ts';
import { agreementKeyToCose, parseAgreementKey } from '../cose/agreement-key.ts';
import type { CoseKey } from '../cose/key.ts';
import { concatBytes, utf8Bytes } from '../ctap/bytes.ts';
import type { CryptoProvider } from '../ports/crypto.ts';
import type { Random } from '../ports/random.ts';
import { KeyResponseError } from './errors.ts';

export type PinProtocolVersion = 1 | 2;

/** What a platform needs of the world for the PIN/UV auth protocols. */
export interface Platform {
  readonly crypto: CryptoProvider;
  readonly random: Random;
}

/** The result of a key agreement (CTAP 2.3 §6.5.4 encapsulate). */
export interface SharedSecret {
  readonly version: PinProtocolVersion;
  /** The platform's public key, to be sent to the key. */
  readonly keyAgreement: CoseKey;
  /** The plaintext is a multiple of 16 bytes. Protocol two adds 16 bytes. */
  encrypt(plaintext: Uint8Array): Uint8Array;
  /** Throws KeyResponseError if the length is impossible. */
  decrypt(ciphertext: Uint8Array): Uint8Array;
  /** 16 bytes in protocol one, 32 in protocol two. */
  authenticate(message: Uint8Array): Uint8Array;
}

/** A token from the key: the proof that the user was verified, for some permissions. */
export interface PinUvAuthToken {
  readonly version: PinProtocolVersion;
  readonly bytes: Uint8Array;
  /** The pinUvAuthParam for a message: 16 bytes in protocol one, 32 in protocol two (CTAP 2.3 §6.5.8). */
  authenticate(message: Uint8Array): Uint8Array;
}

const blockSize = 16;
const protocolOneSignatureSize = 16;
const zeroIv = new Uint8Array(blockSize);
const zeroSalt = new Uint8Array(32);

/**
 * Agrees on a secret with the key's public key, as it came from getKeyAgreement. `privateScalar` (32 bytes) fixes the
 * platform's own key, for test vectors. Throws KeyResponseError unless it is a P-256 COSE key of the standard's form,
 * and InvalidPointError if it is no point of the curve.
 */
export function encapsulate(
  platform: Platform,
  version: PinProtocolVersion,
  peer: CborValue,
  privateScalar?: Uint8Array,
): SharedSecret {
  const point = parseAgreementKey(peer);
  if (point === undefined) throw new KeyResponseError('the key-agreement key is not one of the standard');
  const { crypto, random } = platform;
  const own = crypto.createAgreementKey(privateScalar);
  const { hmacKey, aesKey } = deriveKeys(crypto, version, own.agree(point));
  return {
    version,
    keyAgreement: agreementKeyToCose(own),
    encrypt: (plaintext) => {
      if (version === 1) return crypto.aesCbcEncrypt(aesKey, zeroIv, plaintext);
      const iv = random.bytes(blockSize);
      return concatBytes(iv, crypto.aesCbcEncrypt(aesKey, iv, plaintext));
    },
    decrypt: (ciphertext) => decrypt(crypto, version, aesKey, ciphertext),
    authenticate: (message) => sign(crypto, version, hmacKey, message),
  };
}

/** Wraps the bytes of a token; 16 or 32 bytes in protocol one, 32 in protocol two. */
export function createPinUvAuthToken(
  crypto: CryptoProvider,
  version: PinProtocolVersion,
  bytes: Uint8Array,
): PinUvAuthToken {
  return { version, bytes, authenticate: (message) => sign(crypto, version, bytes, message) };
}

/** CTAP 2.3 §6.5.6 and §6.5.7: `z` is the x coordinate of the shared point. */
function deriveKeys(
  crypto: CryptoProvider,
  version: PinProtocolVersion,
  z: Uint8Array,
): { readonly hmacKey: Uint8Array; readonly aesKey: Uint8Array } {
  if (version === 1) {
    const key = crypto.sha256(z);
    return { hmacKey: key, aesKey: key };
  }
  return {
    hmacKey: crypto.hkdfSha256(z, zeroSalt, utf8Bytes('CTAP2 HMAC key'), 32),
    aesKey: crypto.hkdfSha256(z, zeroSalt, utf8Bytes('CTAP2 AES key'), 32),
  };
}

function decrypt(
  crypto: CryptoProvider,
  version: PinProtocolVersion,
  key: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  const ivSize = version === 1 ? 0 : blockSize;
  if (ciphertext.length < ivSize || ciphertext.length % blockSize !== 0) {
    throw new KeyResponseError('the key sent a ciphertext of an impossible length');
  }
  const iv = version === 1 ? zeroIv : ciphertext.subarray(0, ivSize);
  return crypto.aesCbcDecrypt(key, iv, ciphertext.subarray(ivSize));
}

function sign(
  crypto: CryptoProvider,
  version: PinProtocolVersion,
  key: Uint8Array,
  message: Uint8Array,
): Uint8Array {
  const signature = crypto.hmacSha256(key, message);
  return version === 1 ? signature.slice(0, protocolOneSignatureSize) : signature;
}
