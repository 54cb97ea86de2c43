import { gcm } from '@noble/ciphers/aes.js';
import { decodeCbor } from '../../cbor/decode.ts';
import { encodeCbor } from '../../cbor/encode.ts';
import { CborError } from '../../cbor/error.ts';
import { cborMap } from '../../cbor/map.ts';
import type { CborValue } from '../../cbor/value.ts';
import { bytes, required, struct, uint } from '../../cbor/table.ts';
import { concatBytes, sameBytes, utf8Bytes } from '../../ctap/bytes.ts';
import type { Platform } from '../pin-protocol.ts';

/** Raw DEFLATE (RFC 1951). `inflate` throws for bytes that are none, or that do not make `size` bytes. */
export interface LargeBlobCompression {
  deflate(data: Uint8Array): Uint8Array | Promise<Uint8Array>;
  inflate(data: Uint8Array, size: number): Uint8Array | Promise<Uint8Array>;
}

const checksumSize = 16;
const nonceSize = 12;
const elementTable = struct({
  ciphertext: required(1, bytes),
  nonce: required(2, bytes),
  origSize: required(3, uint),
});

/** The large-blob array without its checksum; undefined if it is corrupt (CTAP 2.3 §6.10.3). */
export function decodeLargeBlobArray(
  { crypto }: Platform,
  serialized: Uint8Array,
): readonly CborValue[] | undefined {
  const split = serialized.length - checksumSize;
  if (split < 1) return undefined;
  const [content, checksum] = [serialized.subarray(0, split), serialized.subarray(split)];
  if (!sameBytes(crypto.sha256(content).subarray(0, checksumSize), checksum)) return undefined;
  const array = withoutCborError(() => decodeCbor(content));
  return Array.isArray(array) ? (array as readonly CborValue[]) : undefined;
}

export function encodeLargeBlobArray({ crypto }: Platform, elements: readonly CborValue[]): Uint8Array {
  const content = encodeCbor(elements);
  return concatBytes(content, crypto.sha256(content).subarray(0, checksumSize));
}

/** An element of the array for compressed data, under a credential's largeBlobKey (CTAP 2.3 §6.10.4). */
export function sealLargeBlob(
  { random }: Platform,
  largeBlobKey: Uint8Array,
  compressed: Uint8Array,
  originalSize: number,
): CborValue {
  const nonce = random.bytes(nonceSize);
  const cipher = gcm(largeBlobKey, nonce, associatedData(originalSize));
  return cborMap([
    [1, cipher.encrypt(compressed)],
    [2, nonce],
    [3, originalSize],
  ]);
}

/** The compressed data of an element, or undefined if it is not for this key. */
export function openLargeBlob(
  largeBlobKey: Uint8Array,
  element: CborValue,
): { readonly compressed: Uint8Array; readonly originalSize: number } | undefined {
  const fields = withoutCborError(() => elementTable(element, 'element'));
  if (fields?.nonce.length !== nonceSize) return undefined;
  try {
    const cipher = gcm(largeBlobKey, fields.nonce, associatedData(fields.origSize));
    return { compressed: cipher.decrypt(fields.ciphertext), originalSize: fields.origSize };
  } catch {
    // An element of another credential: its tag does not verify under this key.
    return undefined;
  }
}

/** `blob` and the size as 64 bits, little-endian (CTAP 2.3 §6.10.4). */
function associatedData(originalSize: number): Uint8Array {
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(originalSize), true);
  return concatBytes(utf8Bytes('blob'), size);
}

function withoutCborError<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof CborError) return undefined;
    throw error;
  }
}
