import type { FieldTable } from '../cbor/table.ts';
import type { CborKey } from '../cbor/value.ts';

/** How a CBOR value is shown. A value that does not fit its shape is shown as it is. */
export type Shape =
  /** A map whose members have names. */
  | { readonly kind: 'map'; readonly members: ReadonlyMap<CborKey, Member> }
  | { readonly kind: 'list'; readonly element: Shape }
  /** A number that has a name. */
  | { readonly kind: 'name'; readonly names: ReadonlyMap<number, string> }
  /** A number whose bits have names. */
  | { readonly kind: 'bits'; readonly names: Readonly<Record<string, number>> }
  | { readonly kind: 'authData' | 'coseKey' | 'uuid' }
  /** Bytes and text in it are not shown, however deep. */
  | { readonly kind: 'secret' };

export interface Member {
  readonly name: string;
  readonly shape?: Shape;
}

export const secret: Shape = { kind: 'secret' };

export function named(names: Readonly<Record<string, number>>): Shape {
  return { kind: 'name', names: new Map(Object.entries(names).map(([name, value]) => [value, name])) };
}

/** Members in the order of their keys, from 1. */
export function numbered(names: readonly string[], shapes: Readonly<Record<string, Shape>> = {}): Shape {
  return mapShape(
    names.map((name, index) => [index + 1, name]),
    shapes,
  );
}

/** The names that a field table gives to members. */
export function fromTable(table: FieldTable, shapes: Readonly<Record<string, Shape>> = {}): Shape {
  return mapShape(
    Object.entries(table).map(([name, { key }]) => [key, name]),
    shapes,
  );
}

/** Members whose keys are their names. */
export function textual(shapes: Readonly<Record<string, Shape>>): Shape {
  return mapShape(
    Object.keys(shapes).map((name) => [name, name]),
    shapes,
  );
}

export function mapShape(
  names: readonly (readonly [CborKey, string])[],
  shapes: Readonly<Record<string, Shape>>,
): Shape {
  const members = names.map(([key, name]): [CborKey, Member] => {
    const shape = shapes[name];
    return [key, { name, ...(shape && { shape }) }];
  });
  return { kind: 'map', members: new Map(members) };
}
