import type { CoseAlgorithm } from '../cose/algorithm.ts';
import type { CoseKey } from '../cose/key.ts';

/** A credential key pair. */
export interface KeyPair {
  /** PKCS#8 DER, unencrypted: the form in which private keys are stored, exported and imported. */
  readonly privateKey: Uint8Array;
  /** COSE_Key in canonical order whose label 3 is the algorithm that was asked for. */
  readonly publicKey: CoseKey;
}

/** An ephemeral P-256 key pair for key agreement (CTAP 2.3 §6.5.6). Coordinates are 32 bytes, big-endian. */
export interface AgreementKey {
  readonly x: Uint8Array;
  readonly y: Uint8Array;
  /**
   * The x coordinate of the shared point, 32 bytes. Throws InvalidPointError if (x, y) is not a point on the curve.
   */
  agree(peer: { readonly x: Uint8Array; readonly y: Uint8Array }): Uint8Array;
}

/** The peer's public key is not on the curve. */
export class InvalidPointError extends Error {
  override readonly name = 'InvalidPointError';
}

/** All cryptography that the core needs. Every method is pure but for generation. */
export interface CryptoProvider {
  /** Algorithms that generate, sign and import work for. */
  readonly algorithms: readonly CoseAlgorithm[];
  sha256(...parts: readonly Uint8Array[]): Uint8Array;
  hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  hkdfSha256(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array;
  /** AES-CBC without padding, key of 16 or 32 bytes, IV of 16, data a multiple of 16 bytes. */
  aesCbcEncrypt(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array;
  aesCbcDecrypt(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  /** Constant time in the contents; false at once when the lengths differ. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /** A fresh P-256 key for the PIN/UV auth protocols; `privateScalar` (32 bytes) fixes it for test vectors. */
  createAgreementKey(privateScalar?: Uint8Array): AgreementKey;
  generateKeyPair(alg: CoseAlgorithm): KeyPair | Promise<KeyPair>;
  /** The key pair of a given PKCS#8 private key. Throws UnsuitableKeyError if it is no key of that algorithm. */
  importPrivateKey(alg: CoseAlgorithm, privateKey: Uint8Array): KeyPair;
  /** Signature in the form that WebAuthn §6.5.5 asks for: DER for ECDSA, raw otherwise. */
  sign(alg: CoseAlgorithm, privateKey: Uint8Array, data: Uint8Array): Uint8Array;
  verify(publicKey: CoseKey, data: Uint8Array, signature: Uint8Array): boolean;
}

/** Bytes that are no PKCS#8 private key of the wanted algorithm. The message says what is wrong. */
export class UnsuitableKeyError extends Error {
  override readonly name = 'UnsuitableKeyError';
}
