/** Checks what AES-CBC without padding can take. Throws RangeError. */
export function requireAesCbcInput(key: Uint8Array, iv: Uint8Array, data: Uint8Array): void {
  if (key.length !== 16 && key.length !== 32) throw new RangeError('an AES key has 16 or 32 bytes');
  if (iv.length !== 16) throw new RangeError('an AES-CBC IV has 16 bytes');
  if (data.length % 16 !== 0) throw new RangeError('AES-CBC without padding takes whole blocks of 16 bytes');
}
