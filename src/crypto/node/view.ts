/** A plain Uint8Array over the memory of a Buffer, whose methods and equality would surprise the core. */
export function view(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
