import { Decoder } from 'cbor-x';
import { scanCanonical } from './canonical.ts';
import { CborError } from './error.ts';
import type { CborKey, CborValue } from './value.ts';

const decoder = new Decoder({ mapsAsObjects: false, useRecords: false });

/**
 * Decodes exactly one item of the CTAP2 canonical subset (CTAP 2.3 §8). All bytes have to be consumed. The result owns
 * its bytes. Throws CborError `malformed`.
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  const end = scanCanonical(bytes);
  if (end !== bytes.length) throw new CborError('malformed', `${bytes.length - end} bytes follow the item`);
  return normalize(decoder.decode(Uint8Array.from(bytes)) as CborValue);
}

/** Decodes the item at the start of `bytes` and tells its length: for authenticator data, where items follow each other. */
export function decodeCborPrefix(bytes: Uint8Array): { readonly value: CborValue; readonly length: number } {
  const end = scanCanonical(bytes);
  return { value: decodeCbor(bytes.subarray(0, end)), length: end };
}

/** cbor-x gives Buffers, and bigints for every eight-byte integer; the core wants plain arrays and safe numbers. */
function normalize(value: CborValue): CborValue {
  if (value instanceof Uint8Array) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (typeof value === 'bigint') return shrink(value);
  if (Array.isArray(value)) return value.map((element: CborValue) => normalize(element));
  if (value instanceof Map) return normalizeMap(value as Map<CborKey, CborValue>);
  return value;
}

function normalizeMap(map: Map<CborKey, CborValue>): CborValue {
  const result = new Map<CborKey, CborValue>();
  for (const [key, value] of map) {
    result.set(typeof key === 'bigint' ? shrink(key) : key, normalize(value));
  }
  return result;
}

function shrink(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
