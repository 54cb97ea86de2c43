import { Encoder } from 'cbor-x';
import type { CborKey, CborValue } from './value.ts';

const encoder = new Encoder({
  useRecords: false,
  mapsAsObjects: false,
  tagUint8Array: false,
  variableMapSize: true,
});

/**
 * Encodes in the CTAP2 canonical form (CTAP 2.3 §8): map keys are sorted here, in whatever order they come. Throws
 * RangeError for a number that has no form there.
 */
export function encodeCbor(value: CborValue): Uint8Array {
  return Uint8Array.from(encoder.encode(isPrepared(value) ? value : prepare(value)));
}

/** Whether `prepare` would change nothing: most answers are built in order, of small numbers. */
function isPrepared(value: CborValue): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !isWide(value);
  if (typeof value === 'bigint') return false;
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return true;
  if (value instanceof Map) return isMapPrepared(value as ReadonlyMap<CborKey, CborValue>);
  return (value as readonly CborValue[]).every(isPrepared);
}

function isMapPrepared(map: ReadonlyMap<CborKey, CborValue>): boolean {
  let previous: CborKey | undefined;
  for (const [key, value] of map) {
    if (previous !== undefined && compareKeys(previous, key) >= 0) return false;
    if ((typeof key !== 'string' && !isPrepared(key)) || !isPrepared(value)) return false;
    previous = key;
  }
  return true;
}

function prepare(value: CborValue): unknown {
  if (typeof value === 'number' || typeof value === 'bigint') return prepareInteger(value);
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (value instanceof Map) return prepareMap(value as ReadonlyMap<CborKey, CborValue>);
  return (value as readonly CborValue[]).map(prepare);
}

function prepareMap(map: ReadonlyMap<CborKey, CborValue>): Map<unknown, unknown> {
  const members = [...map].sort(([a], [b]) => compareKeys(a, b));
  return new Map(members.map(([key, value]) => [prepareKey(key), prepare(value)]));
}

function prepareKey(key: CborKey): unknown {
  return typeof key === 'string' ? key : prepareInteger(key);
}

/**
 * cbor-x writes numbers beyond 32 bits as floats, bigints as eight-byte integers, and those of more than 64 bits as
 * tags: each may come to it only where that is right. It takes -2^64 for one of the last, which no message needs.
 */
function prepareInteger(value: number | bigint): number | bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new RangeError('only integers have a form in CTAP2 CBOR');
  if (value >= 2n ** 64n || value <= -(2n ** 64n)) throw new RangeError('the integer has more than 64 bits');
  return isWide(value) ? BigInt(value) : Number(value);
}

/** Whether it needs more than 32 bits of argument. */
function isWide(value: number | bigint): boolean {
  return value > 0xffff_ffff || value < -0x1_0000_0000;
}

/** Order of CTAP2 map keys: unsigned, negative, text; each by length of its encoding, then bytewise. */
function compareKeys(a: CborKey, b: CborKey): number {
  const kinds = keyKind(a) - keyKind(b);
  if (kinds !== 0) return kinds;
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a) - Math.abs(b);
  const [left, right] = [BigInt(a), BigInt(b)];
  const ascending = left < right ? -1 : left > right ? 1 : 0;
  return keyKind(a) === 0 ? ascending : -ascending;
}

function keyKind(key: CborKey): number {
  if (typeof key === 'string') return 2;
  return key < 0 ? 1 : 0;
}

const utf8 = new TextEncoder();
const ascii = /^[\0-\x7f]*$/;

function compareText(a: string, b: string): number {
  if (a.length !== b.length && ascii.test(a) && ascii.test(b)) return a.length - b.length;
  const [left, right] = [utf8.encode(a), utf8.encode(b)];
  if (left.length !== right.length) return left.length - right.length;
  for (let i = 0; i < left.length; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
