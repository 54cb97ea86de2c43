import { memberBytes } from './canonical.ts';
import { decodeCbor } from './decode.ts';
import { CborError, type CborProblem } from './error.ts';
import type { CborKey, CborMap, CborValue } from './value.ts';

/** Reads one value or throws CborError. `path` names the place for the error. */
export type FieldType<T> = (value: CborValue, path: string) => T;

export interface Field<T, Required extends boolean> {
  readonly key: CborKey;
  readonly type: FieldType<T>;
  readonly required: Required;
}

/** The members of a map by name: the one description from which messages are decoded. */
export type FieldTable = Readonly<Record<string, Field<unknown, boolean>>>;

type RequiredNames<T extends FieldTable> = {
  [K in keyof T]: T[K] extends Field<unknown, true> ? K : never;
}[keyof T];

type TypeOf<F> = F extends Field<infer T, boolean> ? T : never;

/** The object that a table decodes to. */
export type Decoded<T extends FieldTable> = {
  readonly [K in RequiredNames<T>]: TypeOf<T[K]>;
} & {
  readonly [K in Exclude<keyof T, RequiredNames<T>>]?: TypeOf<T[K]>;
};

export function required<T>(key: CborKey, type: FieldType<T>): Field<T, true> {
  return { key, type, required: true };
}

export function optional<T>(key: CborKey, type: FieldType<T>): Field<T, false> {
  return { key, type, required: false };
}

function unexpected(path: string, wanted: string): never {
  throw new CborError('unexpected-type', `${path} is not ${wanted}`);
}

/**
 * An unsigned integer. One beyond 2^53 is of the right type, and as good as any other number that has no meaning: it
 * becomes the nearest number.
 */
export const uint: FieldType<number> = (value, path) => Number(uint64(value, path));

/** An unsigned integer of up to 64 bits. */
export const uint64: FieldType<number | bigint> = (value, path) =>
  (typeof value === 'number' || typeof value === 'bigint') && value >= 0
    ? value
    : unexpected(path, 'an unsigned integer');

/** An integer; beyond 2^53 as `uint`. */
export const int: FieldType<number> = (value, path) =>
  typeof value === 'number' || typeof value === 'bigint' ? Number(value) : unexpected(path, 'an integer');

export const bytes: FieldType<Uint8Array> = (value, path) =>
  value instanceof Uint8Array ? value : unexpected(path, 'a byte string');

export const text: FieldType<string> = (value, path) =>
  typeof value === 'string' ? value : unexpected(path, 'a text string');

export const boolean: FieldType<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : unexpected(path, 'a boolean');

export const anything: FieldType<CborValue> = (value) => value;

export const map: FieldType<CborMap> = (value, path) =>
  value instanceof Map ? (value as CborMap) : unexpected(path, 'a map');

export function arrayOf<T>(element: FieldType<T>): FieldType<readonly T[]> {
  return (value, path) =>
    Array.isArray(value)
      ? (value as readonly CborValue[]).map((item, index) => element(item, `${path}[${index}]`))
      : unexpected(path, 'an array');
}

/** A map from text to values of one type, e.g. options. */
export function textMapOf<T>(element: FieldType<T>): FieldType<ReadonlyMap<string, T>> {
  return (value, path) => {
    const result = new Map<string, T>();
    for (const [key, member] of map(value, path)) {
      if (typeof key !== 'string') unexpected(`${path} key`, 'text');
      result.set(key, element(member, `${path}.${key}`));
    }
    return result;
  };
}

/** A map with known members; unknown ones are ignored. `absent` tells what a missing required member means. */
export function struct<T extends FieldTable>(
  table: T,
  absent: CborProblem = 'missing-member',
): FieldType<Decoded<T>> {
  const fields = Object.entries(table);
  return (value, path) => readMembers(map(value, path), fields, path, absent) as Decoded<T>;
}

function readMembers(
  source: CborMap,
  fields: readonly [string, Field<unknown, boolean>][],
  path: string,
  absent: CborProblem,
): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  let missing: string | undefined;
  for (const [name, field] of fields) {
    const value = source.get(field.key);
    if (value !== undefined) result[name] = field.type(value, `${path}.${name}`);
    else if (field.required) missing ??= name;
  }
  if (missing !== undefined) throw new CborError(absent, `${path}.${missing} is missing`);
  return result;
}

/** A decoded message together with the bytes it came in. */
export interface DecodedMessage<T extends FieldTable> {
  readonly fields: Decoded<T>;
  /** The value of one member exactly as it was received (CTAP 2.3 §6.5.8); empty if it is absent. */
  raw(name: keyof T & string): Uint8Array;
}

/**
 * Decodes the parameters of a command with its field table. Types are checked before absence, both before any value
 * (CTAP 2.3 §8). No bytes at all stand for an empty map.
 */
export function decodeMessage<T extends FieldTable>(table: T, message: Uint8Array): DecodedMessage<T> {
  const value = message.length === 0 ? new Map<CborKey, CborValue>() : decodeCbor(message);
  const fields = struct(table)(value, 'request');
  return {
    fields,
    raw: (name) => {
      const key = table[name]?.key;
      return (typeof key === 'number' ? memberBytes(message, key) : undefined) ?? new Uint8Array();
    },
  };
}
