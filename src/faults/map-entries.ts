import { decodeCborPrefix } from '../cbor/decode.ts';
import { CborError } from '../cbor/error.ts';

const majorMap = 0xa0;
const mostInOneByte = 22;

/**
 * The members of a map of at most 22, key and value together as they are encoded. Empty for anything else: another
 * fault was there before.
 */
export function mapEntries(bytes: Uint8Array): readonly Uint8Array[] {
  const count = (bytes[0] ?? 0) - majorMap;
  if (count < 1 || count > mostInOneByte) return [];
  const entries: Uint8Array[] = [];
  let at = 1;
  try {
    for (let index = 0; index < count; index++) {
      const keyLength = decodeCborPrefix(bytes.subarray(at)).length;
      const { length } = decodeCborPrefix(bytes.subarray(at + keyLength));
      entries.push(bytes.slice(at, at + keyLength + length));
      at += keyLength + length;
    }
  } catch (error) {
    if (error instanceof CborError) return [];
    throw error;
  }
  return at === bytes.length ? entries : [];
}
