import { CborError } from './error.ts';
import type { CborKey, CborValue } from './value.ts';

/** Deepest nesting of maps and arrays that a message may have (CTAP 2.3 §8). */
export const maxNesting = 4;

// A byte order mark is a character like any other here.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Texts up to this length are put together here: most are short and ASCII, and the decoder takes long to start. */
const shortText = 24;

function fail(message: string, offset: number): never {
  throw new CborError('malformed', `${message} at byte ${offset}`);
}

/** Compares two encoded keys: major type, then length, then bytes (CTAP 2.3 §8). */
function compareKeys(bytes: Uint8Array, a: readonly [number, number], b: readonly [number, number]): number {
  const majors = ((bytes[a[0]] ?? 0) >> 5) - ((bytes[b[0]] ?? 0) >> 5);
  if (majors !== 0) return majors;
  const lengths = a[1] - a[0] - (b[1] - b[0]);
  if (lengths !== 0) return lengths;
  for (let i = 0; i < a[1] - a[0]; i++) {
    const difference = (bytes[a[0] + i] ?? 0) - (bytes[b[0] + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Checks and reads in one pass. Every method leaves `offset` behind what it has read, or throws CborError. */
class Reader {
  offset: number;
  readonly #bytes: Uint8Array;
  /** The first byte read last, in its two parts, and its argument: exact only below 2^53, where every length is. */
  #major = 0;
  #info = 0;
  #argument = 0;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.offset = offset;
  }

  /** The item at `offset`, inside of `depth` containers. */
  item(depth: number): CborValue {
    const start = this.offset;
    this.#head();
    switch (this.#major) {
      case 0:
      case 1:
        return this.#integer();
      case 2:
        return this.#content(start).slice();
      case 3:
        return this.#text(start);
      case 4:
        return this.#array(start, depth);
      case 5:
        return this.#map(start, depth);
      case 7:
        if (this.#info >= 20 && this.#info <= 22) return this.#info === 22 ? null : this.#info === 21;
        return fail('simple value or float outside the CTAP2 subset', start);
      default:
        return fail('tag', start);
    }
  }

  key(): CborKey {
    const start = this.offset;
    const type = (this.#bytes[start] ?? 0) >> 5;
    if (type !== 0 && type !== 1 && type !== 3) {
      // What is no item at all is told as that.
      this.#head();
      fail('map key is neither integer nor text', start);
    }
    return this.item(maxNesting) as CborKey;
  }

  /** The number of members of the map that has to be here. */
  mapSize(): number {
    this.#head();
    return this.#argument;
  }

  #head(): void {
    const bytes = this.#bytes;
    const start = this.offset;
    const first = bytes[start];
    if (first === undefined) fail('item is missing', start);
    this.#major = first >> 5;
    this.#info = first & 0x1f;
    if (this.#info < 24) {
      this.#argument = this.#info;
      this.offset = start + 1;
      return;
    }
    if (this.#info > 27) fail('indefinite or reserved length', start);
    const size = 1 << (this.#info - 24);
    const end = start + 1 + size;
    if (end > bytes.length) fail('argument is cut off', start);
    let argument = 0;
    for (let i = start + 1; i < end; i++) argument = argument * 256 + (bytes[i] ?? 0);
    const smallest = size === 1 ? 24 : 2 ** (4 * size);
    if (this.#major !== 7 && argument < smallest)
      fail('length or integer is not in its shortest form', start);
    this.#argument = argument;
    this.offset = end;
  }

  #integer(): number | bigint {
    const value = this.#major === 0 ? this.#argument : -1 - this.#argument;
    if (Number.isSafeInteger(value)) return value;
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.offset - 8, 8);
    const argument = view.getBigUint64(0);
    return this.#major === 0 ? argument : -1n - argument;
  }

  #content(start: number): Uint8Array {
    const end = this.offset + this.#argument;
    if (end > this.#bytes.length) fail('string is cut off', start);
    const content = this.#bytes.subarray(this.offset, end);
    this.offset = end;
    return content;
  }

  #text(start: number): string {
    const content = this.#content(start);
    if (content.length <= shortText) {
      const short = shortAscii(content);
      if (short !== undefined) return short;
    }
    try {
      return utf8.decode(content);
    } catch {
      return fail('text is not UTF-8', start);
    }
  }

  #array(start: number, depth: number): CborValue {
    if (depth >= maxNesting) fail('nested too deep', start);
    const size = this.#argument;
    const result: CborValue[] = [];
    for (let i = 0; i < size; i++) result.push(this.item(depth + 1));
    return result;
  }

  #map(start: number, depth: number): CborValue {
    if (depth >= maxNesting) fail('nested too deep', start);
    const size = this.#argument;
    const result = new Map<CborKey, CborValue>();
    let previous: readonly [number, number] | undefined;
    for (let i = 0; i < size; i++) {
      const keyStart = this.offset;
      const name = this.key();
      const place = [keyStart, this.offset] as const;
      if (previous && compareKeys(this.#bytes, previous, place) >= 0)
        fail('map keys are out of order or repeated', keyStart);
      previous = place;
      result.set(name, this.item(depth + 1));
    }
    return result;
  }
}

/** The text of ASCII bytes; undefined if there is another byte. */
function shortAscii(bytes: Uint8Array): string | undefined {
  let text = '';
  for (const byte of bytes) {
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/**
 * Reads one item of the CTAP2 canonical subset at `offset` (CTAP 2.3 §8): shortest forms, definite lengths, no tags or
 * floats, keys sorted and unique, valid UTF-8, nesting of at most four. Tells the offset behind it. The value owns its
 * bytes. Throws CborError.
 */
export function readCanonical(
  bytes: Uint8Array,
  offset = 0,
): { readonly value: CborValue; readonly end: number } {
  const reader = new Reader(bytes, offset);
  const value = reader.item(0);
  return { value, end: reader.offset };
}

/** Checks as `readCanonical` does, and returns the offset behind the item. */
export function scanCanonical(bytes: Uint8Array, offset = 0): number {
  return readCanonical(bytes, offset).end;
}

/**
 * The raw bytes of a member's value of a canonical map. Integer keys only: the top level of every CTAP message. Call it
 * on bytes that have been scanned.
 */
export function memberBytes(bytes: Uint8Array, key: number): Uint8Array | undefined {
  const reader = new Reader(bytes, 0);
  const size = reader.mapSize();
  for (let i = 0; i < size; i++) {
    const name = reader.key();
    const start = reader.offset;
    reader.item(1);
    if (name === key) return bytes.subarray(start, reader.offset);
  }
  return undefined;
}
