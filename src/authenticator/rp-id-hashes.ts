import { utf8Bytes } from '../ctap/bytes.ts';
import type { CryptoProvider } from '../ports/crypto.ts';

/** RP IDs kept: a test suite signs in at few sites, and over and over again. */
const capacity = 64;

/** SHA-256 of RP IDs (WebAuthn L3 §6.1), with the last ones kept. What it returns must not be written to. */
export class RpIdHashes {
  readonly #crypto: CryptoProvider;
  readonly #known = new Map<string, Uint8Array>();

  constructor(crypto: CryptoProvider) {
    this.#crypto = crypto;
  }

  /** 32 bytes. */
  of(rpId: string): Uint8Array {
    const known = this.#known.get(rpId);
    if (known) return known;
    if (this.#known.size >= capacity) this.#known.clear();
    const hash = this.#crypto.sha256(utf8Bytes(rpId));
    this.#known.set(rpId, hash);
    return hash;
  }
}
