import type { CborKey, CborMap, CborValue } from './value.ts';

/** Major types (RFC 8949 §3.1), as the upper three bits of an item's first byte. */
const major = { unsigned: 0x00, negative: 0x20, bytes: 0x40, text: 0x60, array: 0x80, map: 0xa0 } as const;
const simple = { false: 0xf4, true: 0xf5, null: 0xf6 } as const;

const utf8 = new TextEncoder();
/** A character takes at most three bytes of UTF-8 for each of its code units. */
const longestUnit = 3;
const headRoom = 9;

/** Bytes in the making. One buffer serves all calls: it grows to the longest message and never leaves this file. */
let buffer = new Uint8Array(1024);
let length = 0;

/**
 * Encodes in the CTAP2 canonical form (CTAP 2.3 §8): map keys are sorted here, in whatever order they come. Throws
 * RangeError for a number that has no form there.
 */
export function encodeCbor(value: CborValue): Uint8Array {
  length = 0;
  write(value);
  return buffer.slice(0, length);
}

function reserve(count: number): void {
  if (length + count <= buffer.length) return;
  const larger = new Uint8Array(2 * (length + count));
  larger.set(buffer);
  buffer = larger;
}

function write(value: CborValue): void {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      writeInteger(value);
      return;
    case 'string':
      writeText(value);
      return;
    case 'boolean':
      writeByte(value ? simple.true : simple.false);
      return;
    default:
      if (value === null) writeByte(simple.null);
      else if (value instanceof Uint8Array) writeBytes(value);
      else if (value instanceof Map) writeMap(value as CborMap);
      else writeArray(value as readonly CborValue[]);
  }
}

function writeByte(byte: number): void {
  reserve(1);
  buffer[length++] = byte;
}

/** The first byte with its argument in the shortest form; below 2^53. */
function writeHead(type: number, argument: number): void {
  reserve(headRoom);
  if (argument < 24) buffer[length++] = type | argument;
  else if (argument < 0x100) writeArgument(type | 24, argument, 1);
  else if (argument < 0x1_0000) writeArgument(type | 25, argument, 2);
  else if (argument < 0x1_0000_0000) writeArgument(type | 26, argument, 4);
  else {
    writeArgument(type | 27, Math.floor(argument / 0x1_0000_0000), 4);
    writeArgument(undefined, argument % 0x1_0000_0000, 4);
  }
}

function writeArgument(first: number | undefined, argument: number, size: 1 | 2 | 4): void {
  if (first !== undefined) buffer[length++] = first;
  for (let shift = 8 * (size - 1); shift >= 0; shift -= 8) buffer[length++] = argument >>> shift;
}

function writeInteger(value: number | bigint): void {
  if (typeof value === 'bigint') {
    writeBigInteger(value);
    return;
  }
  if (!Number.isSafeInteger(value)) throw new RangeError('only integers have a form in CTAP2 CBOR');
  if (value >= 0) writeHead(major.unsigned, value);
  else writeHead(major.negative, -1 - value);
}

function writeBigInteger(value: bigint): void {
  const type = value < 0n ? major.negative : major.unsigned;
  const argument = value < 0n ? -1n - value : value;
  if (argument >= 2n ** 64n) throw new RangeError('the integer has more than 64 bits');
  if (argument < 2n ** 53n) {
    writeHead(type, Number(argument));
    return;
  }
  reserve(headRoom);
  writeArgument(type | 27, Number(argument >> 32n), 4);
  writeArgument(undefined, Number(argument & 0xffff_ffffn), 4);
}

function writeBytes(value: Uint8Array): void {
  writeHead(major.bytes, value.length);
  reserve(value.length);
  buffer.set(value, length);
  length += value.length;
}

function writeText(value: string): void {
  reserve(headRoom + longestUnit * value.length);
  if (isAscii(value)) {
    writeHead(major.text, value.length);
    for (let i = 0; i < value.length; i++) buffer[length++] = value.charCodeAt(i);
    return;
  }
  const bytes = utf8.encode(value);
  writeHead(major.text, bytes.length);
  buffer.set(bytes, length);
  length += bytes.length;
}

function writeArray(value: readonly CborValue[]): void {
  writeHead(major.array, value.length);
  for (const element of value) write(element);
}

function writeMap(map: CborMap): void {
  writeHead(major.map, map.size);
  if (isSorted(map)) {
    for (const [key, value] of map) {
      write(key);
      write(value);
    }
    return;
  }
  for (const [key, value] of [...map].sort(([a], [b]) => compareKeys(a, b))) {
    write(key);
    write(value);
  }
}

/** Messages are written down in order, so that most maps need no sorting. */
function isSorted(map: CborMap): boolean {
  let previous: CborKey | undefined;
  for (const key of map.keys()) {
    if (previous !== undefined && compareKeys(previous, key) > 0) return false;
    previous = key;
  }
  return true;
}

/** Order of CTAP2 map keys: unsigned, negative, text; each by length of its encoding, then bytewise. */
function compareKeys(a: CborKey, b: CborKey): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  const kinds = keyKind(a) - keyKind(b);
  if (kinds !== 0) return kinds;
  const ascending = a < b ? -1 : a > b ? 1 : 0;
  return keyKind(a) === 0 ? ascending : -ascending;
}

function keyKind(key: CborKey): number {
  if (typeof key === 'string') return 2;
  return key < 0 ? 1 : 0;
}

/** By length in UTF-8, then bytewise. */
function compareText(a: string, b: string): number {
  if (isAscii(a) && isAscii(b)) return a.length - b.length || (a < b ? -1 : Number(a > b));
  const [left, right] = [utf8.encode(a), utf8.encode(b)];
  if (left.length !== right.length) return left.length - right.length;
  for (let i = 0; i < left.length; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Then code units are bytes, and JavaScript's order of strings is the one that is wanted. */
function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}
