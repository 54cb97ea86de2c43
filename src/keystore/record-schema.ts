import { Encoder } from 'cbor-x';

/** A record whose bytes are authentic but not of the shape that this version writes. */
export class RecordShapeError extends Error {
  override readonly name = 'RecordShapeError';
}

/** A type of value as it stands in a record. `read` throws RecordShapeError. */
export interface Kind<T> {
  read(value: unknown): T;
  write(value: T): unknown;
}

interface Field<T> {
  readonly label: number;
  readonly kind: Kind<T>;
  readonly optional: boolean;
}

/** The members of T with their labels. A label is never used for anything else again, in any version. */
export type Fields<T> = { readonly [K in keyof T]-?: Field<Exclude<T[K], undefined>> };

export type RecordMap = ReadonlyMap<unknown, unknown>;

export function field<T>(label: number, kind: Kind<T>): Field<T> {
  return { label, kind, optional: false };
}

export function optional<T>(label: number, kind: Kind<T>): Field<T> {
  return { label, kind, optional: true };
}

const cbor = new Encoder({
  useRecords: false,
  mapsAsObjects: false,
  tagUint8Array: false,
});

/** CBOR with definite lengths; maps keep the order of their members. */
export function encodeCbor(value: unknown): Uint8Array {
  return new Uint8Array(cbor.encode(value));
}

/** Throws RecordShapeError for anything that is not one CBOR item. */
export function decodeCbor(bytes: Uint8Array): unknown {
  try {
    return cbor.decode(bytes);
  } catch (error) {
    throw new RecordShapeError('not CBOR', { cause: error });
  }
}

/** A map with the given members; members that it does not know are passed over when reading. */
export function record<T extends object>(
  fields: Fields<T>,
): Kind<T> & { readonly labels: ReadonlySet<number> } {
  const members = Object.entries<Field<unknown>>(fields as unknown as Record<string, Field<unknown>>);
  return {
    labels: new Set(members.map(([, member]) => member.label)),
    read(value) {
      const map = requireMap(value);
      const result: Record<string, unknown> = {};
      for (const [name, member] of members) {
        const item = map.get(member.label);
        if (item !== undefined) result[name] = member.kind.read(item);
        else if (!member.optional) throw new RecordShapeError(`${name} is missing`);
      }
      return result as T;
    },
    write(value) {
      const map = new Map<number, unknown>();
      const source = value as Record<string, unknown>;
      for (const [name, member] of members) {
        const item = source[name];
        if (item !== undefined) map.set(member.label, member.kind.write(item));
      }
      return map;
    },
  };
}

export const bytes: Kind<Uint8Array> = {
  read(value) {
    if (!(value instanceof Uint8Array)) throw new RecordShapeError('expected bytes');
    return new Uint8Array(value);
  },
  write: (value) => value,
};

export const text = primitive<string>('text', (value) => typeof value === 'string');
export const flag = primitive<boolean>('a boolean', (value) => typeof value === 'boolean');
export const integer = primitive<number>('an integer', (value) => Number.isSafeInteger(value));
export const milliseconds = primitive<number>('a time', (value) => Number.isFinite(value));

export function oneOf<T extends string | number>(...values: readonly T[]): Kind<T> {
  return primitive<T>(`one of ${values.join(', ')}`, (value) => values.includes(value as T));
}

export function listOf<T>(kind: Kind<T>): Kind<readonly T[]> {
  return {
    read(value) {
      if (!Array.isArray(value)) throw new RecordShapeError('expected a list');
      return value.map((item) => kind.read(item));
    },
    write: (value) => value.map((item) => kind.write(item)),
  };
}

export function orNull<T>(kind: Kind<T>): Kind<T | null> {
  return {
    read: (value) => (value === null ? null : kind.read(value)),
    write: (value) => (value === null ? null : kind.write(value)),
  };
}

/** Also tells the members of a map that `labels` does not name, as written by a later version. */
export function unknownMembers(map: RecordMap, labels: ReadonlySet<number>): [unknown, unknown][] {
  return [...map].filter(([label]) => typeof label !== 'number' || !labels.has(label));
}

export function requireMap(value: unknown): RecordMap {
  if (!(value instanceof Map)) throw new RecordShapeError('expected a map');
  return value;
}

function primitive<T>(what: string, accepts: (value: unknown) => boolean): Kind<T> {
  return {
    read(value) {
      if (!accepts(value)) throw new RecordShapeError(`expected ${what}`);
      return value as T;
    },
    write: (value) => value,
  };
}
