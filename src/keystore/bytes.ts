/** Bytes as a string of the same length, one character per byte: a key for maps, never for people. */
export function byteKey(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/**
 * A copy of a value made of plain objects, arrays, maps and byte arrays. Byte arrays become plain Uint8Arrays with a
 * buffer of their own, so that nobody who wipes or reuses a buffer changes what is stored.
 */
export function copyOf<T>(value: T): T {
  return copyValue(value) as T;
}

function copyValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(copyValue);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, copyValue(item)]));
  if (typeof value === 'object' && value !== null) {
    const copy: Record<string, unknown> = { ...value };
    for (const key in copy) copy[key] = copyValue(copy[key]);
    return copy;
  }
  return value;
}
