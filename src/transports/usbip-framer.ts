/**
 * Cuts a byte stream into messages, whatever pieces it comes in. Keeps no more than the message that is not whole yet:
 * `sizeOf` refuses one that would be too long before its bytes are kept.
 */
export class UsbipFramer {
  #kept: Uint8Array = new Uint8Array();

  /**
   * Takes a piece; hands out messages one after the other while `sizeOf` (which may change between two of them) knows how
   * long the next one is. Throws what `sizeOf` throws.
   */
  *push(
    piece: Uint8Array,
    sizeOf: (bytes: Uint8Array) => number | undefined,
  ): Generator<Uint8Array, void, void> {
    let bytes = piece;
    if (this.#kept.length > 0) {
      bytes = new Uint8Array(this.#kept.length + piece.length);
      bytes.set(this.#kept);
      bytes.set(piece, this.#kept.length);
    }
    this.#kept = new Uint8Array();
    for (;;) {
      const size = sizeOf(bytes);
      if (size === undefined || bytes.length < size) break;
      const message = bytes.subarray(0, size);
      bytes = bytes.subarray(size);
      yield message;
    }
    this.#kept = bytes.slice();
  }
}
