import { CborError } from './error.ts';

/** Deepest nesting of maps and arrays that a message may have (CTAP 2.3 §8). */
export const maxNesting = 4;

interface Head {
  readonly major: number;
  /** Low five bits of the first byte. */
  readonly info: number;
  /** Argument; exact only below 2^53, which is enough: no length comes near it. */
  readonly argument: number;
  readonly next: number;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function fail(message: string, offset: number): never {
  throw new CborError('malformed', `${message} at byte ${offset}`);
}

/** Bytes of argument that follow the first byte, by its low bits 24 to 27. */
const argumentSizes: Readonly<Record<number, number>> = { 24: 1, 25: 2, 26: 4, 27: 8 };
/** The smallest argument that may need that many bytes. */
const smallestFor: Readonly<Record<number, number>> = { 1: 24, 2: 0x100, 4: 0x1_0000, 8: 0x1_0000_0000 };

function readHead(bytes: Uint8Array, offset: number): Head {
  const first = bytes[offset];
  if (first === undefined) fail('item is missing', offset);
  const major = first >> 5;
  const info = first & 0x1f;
  if (info < 24) return { major, info, argument: info, next: offset + 1 };
  const size = argumentSizes[info];
  if (size === undefined) fail('indefinite or reserved length', offset);
  const next = offset + 1 + size;
  if (next > bytes.length) fail('argument is cut off', offset);
  let argument = 0;
  for (let i = offset + 1; i < next; i++) argument = argument * 256 + (bytes[i] ?? 0);
  if (major !== 7 && argument < (smallestFor[size] ?? 0))
    fail('length or integer is not in its shortest form', offset);
  return { major, info, argument, next };
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

class Scanner {
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Checks the item at `offset` inside `depth` containers and returns the offset behind it. */
  item(offset: number, depth: number): number {
    const head = readHead(this.#bytes, offset);
    switch (head.major) {
      case 0:
      case 1:
        return head.next;
      case 2:
        return this.#content(head, offset);
      case 3:
        return this.#text(head, offset);
      case 4:
        return this.#array(head, offset, depth);
      case 5:
        return this.#map(head, offset, depth);
      case 7:
        if (head.info >= 20 && head.info <= 22) return head.next;
        return fail('simple value or float outside the CTAP2 subset', offset);
      default:
        return fail('tag', offset);
    }
  }

  #content(head: Head, offset: number): number {
    const end = head.next + head.argument;
    if (end > this.#bytes.length) fail('string is cut off', offset);
    return end;
  }

  #text(head: Head, offset: number): number {
    const end = this.#content(head, offset);
    try {
      utf8.decode(this.#bytes.subarray(head.next, end));
    } catch {
      fail('text is not UTF-8', offset);
    }
    return end;
  }

  #array(head: Head, offset: number, depth: number): number {
    if (depth >= maxNesting) fail('nested too deep', offset);
    let at = head.next;
    for (let i = 0; i < head.argument; i++) at = this.item(at, depth + 1);
    return at;
  }

  #map(head: Head, offset: number, depth: number): number {
    if (depth >= maxNesting) fail('nested too deep', offset);
    let at = head.next;
    let previous: readonly [number, number] | undefined;
    for (let i = 0; i < head.argument; i++) {
      const keyEnd = this.#key(at);
      const key = [at, keyEnd] as const;
      if (previous && compareKeys(this.#bytes, previous, key) >= 0)
        fail('map keys are out of order or repeated', at);
      previous = key;
      at = this.item(keyEnd, depth + 1);
    }
    return at;
  }

  #key(offset: number): number {
    const { major } = readHead(this.#bytes, offset);
    if (major !== 0 && major !== 1 && major !== 3) fail('map key is neither integer nor text', offset);
    return this.item(offset, maxNesting);
  }
}

/**
 * Checks that one item of the CTAP2 canonical subset starts at `offset` (CTAP 2.3 §8): shortest forms, definite
 * lengths, no tags or floats, keys sorted and unique, valid UTF-8, nesting of at most four. Returns the offset behind
 * the item. Throws CborError.
 */
export function scanCanonical(bytes: Uint8Array, offset = 0): number {
  return new Scanner(bytes).item(offset, 0);
}

/**
 * The raw bytes of each member's value of a canonical map, by key as decoded. Integer keys only: the top level of
 * every CTAP message. Call it on bytes that have been scanned.
 */
export function memberBytes(bytes: Uint8Array, key: number): Uint8Array | undefined {
  const head = readHead(bytes, 0);
  const scanner = new Scanner(bytes);
  let at = head.next;
  for (let i = 0; i < head.argument; i++) {
    const keyHead = readHead(bytes, at);
    const valueStart = scanner.item(at, maxNesting);
    const valueEnd = scanner.item(valueStart, 1);
    if (keyHead.major === 0 && keyHead.argument === key) return bytes.subarray(valueStart, valueEnd);
    at = valueEnd;
  }
  return undefined;
}
