import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync } from 'node:crypto';

import { KeystoreError } from '../ports/keystore.ts';
import type { Random } from '../ports/random.ts';

const cipherName = 'aes-256-gcm';
/** First byte of everything sealed; the second is the generation of the data key, of which there is one so far. */
const sealVersion = 1;
const keyGeneration = 0;
const headLength = 2;
const nonceLength = 12;
const macLength = 16;
/** Bytes of an index tag: enough that no two values ever meet, short enough for many keys on a page. */
export const tagLength = 16;

/**
 * Seals records with AES-256-GCM: version, key generation, nonce (12 bytes), ciphertext, MAC (16). The place of a
 * record (its database key) is authenticated with it, so that records cannot be swapped.
 */
export class Sealer {
  readonly #sealingKey: KeyObject;
  readonly #indexKey: KeyObject;
  readonly #random: Random;
  readonly #source: string;

  /** `dataKey` is 32 bytes; `source` names the store in messages. */
  constructor(dataKey: Uint8Array, random: Random, source: string) {
    this.#sealingKey = derive(dataKey, 'fauxkey keystore sealing');
    this.#indexKey = derive(dataKey, 'fauxkey keystore index');
    this.#random = random;
    this.#source = source;
  }

  seal(place: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const head = Uint8Array.of(sealVersion, keyGeneration);
    const nonce = this.#random.bytes(nonceLength);
    const cipher = createCipheriv(cipherName, this.#sealingKey, nonce);
    cipher.setAAD(Buffer.concat([head, place]));
    return Buffer.concat([head, nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  /** Throws KeystoreError: `version` if a later Fauxkey sealed it, `corrupt` if it was changed or moved. */
  open(place: Uint8Array, sealed: Uint8Array): Uint8Array {
    if (sealed[0] !== undefined && sealed[0] > sealVersion) throw newerVersion(this.#source);
    try {
      const head = sealed.subarray(0, headLength);
      const decipher = createDecipheriv(
        cipherName,
        this.#sealingKey,
        sealed.subarray(headLength, headLength + nonceLength),
      );
      decipher.setAAD(Buffer.concat([head, place]));
      decipher.setAuthTag(sealed.subarray(-macLength));
      const plaintext = decipher.update(sealed.subarray(headLength + nonceLength, -macLength));
      decipher.final();
      return plaintext;
    } catch (error) {
      throw damaged(this.#source, error);
    }
  }

  /** A keyed hash of 16 bytes that stands for the parts in an index. The length of each part is hashed with it. */
  tag(purpose: string, ...parts: readonly Uint8Array[]): Uint8Array {
    const hmac = createHmac('sha256', this.#indexKey).update(`${purpose}\0`);
    for (const part of parts) hmac.update(Uint8Array.of(part.length >> 8, part.length & 255)).update(part);
    return hmac.digest().subarray(0, tagLength);
  }
}

export function damaged(source: string, cause?: unknown): KeystoreError {
  return new KeystoreError(
    'corrupt',
    `The keystore in ${source} is damaged; put a backup of the directory in its place, or move it away and import an export.`,
    { cause },
  );
}

export function newerVersion(source: string): KeystoreError {
  return new KeystoreError(
    'version',
    `The keystore in ${source} was written by a later version of Fauxkey; update Fauxkey or use another directory.`,
  );
}

function derive(dataKey: Uint8Array, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', dataKey, new Uint8Array(0), purpose, 32)));
}
