/** Number of code points of UTF-8 text: the bytes that do not continue a character (CTAP 2.3 §6.5.1). */
export function countCodePoints(utf8: Uint8Array): number {
  return utf8.reduce((count, byte) => count + ((byte & 0xc0) === 0x80 ? 0 : 1), 0);
}

/** Bytes of a PIN in transit (CTAP 2.3 §6.5.5.5). */
export const paddedPinLength = 64;
/** Longest PIN in bytes: one zero byte of padding has to remain. */
export const maxPinBytes = 63;

const decoder = new TextDecoder('utf-8', { fatal: true });

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** The PIN without its padding of zero bytes. */
export function unpadPin(padded: Uint8Array): Uint8Array {
  let end = padded.length;
  while (end > 0 && padded[end - 1] === 0) end -= 1;
  return padded.subarray(0, end);
}
