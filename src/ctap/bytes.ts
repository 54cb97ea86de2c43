/** Joins byte strings. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const result = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

/** Equality of public values, such as identifiers and hashes; secrets are compared by the crypto port. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): string {
  let result = '';
  for (const byte of bytes) result += hexOfByte[byte] ?? '';
  return result;
}

/** Bytes of a hexadecimal string. Throws RangeError for anything else. */
export function fromHex(hex: string): Uint8Array {
  if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(hex)) throw new RangeError('not a hexadecimal string');
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}

const utf8 = new TextEncoder();

export function utf8Bytes(text: string): Uint8Array {
  return utf8.encode(text);
}

/** Unsigned big-endian integer of 2 or 4 bytes. */
export function bigEndian(value: number, size: 2 | 4): Uint8Array {
  return size === 2
    ? Uint8Array.of(value >>> 8, value)
    : Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** Unsigned little-endian integer of 4 bytes. */
export function littleEndian32(value: number): Uint8Array {
  return bigEndian(value, 4).reverse();
}
