import { readCanonical } from './canonical.ts';
import { CborError } from './error.ts';
import type { CborValue } from './value.ts';

/**
 * Decodes exactly one item of the CTAP2 canonical subset (CTAP 2.3 §8). All bytes have to be consumed. The result owns
 * its bytes. Throws CborError `malformed`.
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  const { value, end } = readCanonical(bytes);
  if (end !== bytes.length) throw new CborError('malformed', `${bytes.length - end} bytes follow the item`);
  return value;
}

/** Decodes the item at the start of `bytes` and tells its length: for authenticator data, where items follow each other. */
export function decodeCborPrefix(bytes: Uint8Array): { readonly value: CborValue; readonly length: number } {
  const { value, end } = readCanonical(bytes);
  return { value, length: end };
}
