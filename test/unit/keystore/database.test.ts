import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Database } from '../../../src/keystore/database.ts';
import { field, integer, optional, record, text } from '../../../src/keystore/record-schema.ts';
import { SealedRecords } from '../../../src/keystore/sealed-records.ts';
import { Sealer } from '../../../src/keystore/sealing.ts';
import { KeystoreError } from '../../../src/ports/keystore.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { openTestDatabase } from './fixtures.ts';

let opened: ReturnType<typeof openTestDatabase>;
let database: Database;
beforeEach(() => {
  opened = openTestDatabase();
  ({ database } = opened);
});
afterEach(() => opened.close());

const key = (name: string): Uint8Array => new Uint8Array(Buffer.from(name));
const put = (...names: string[]): void =>
  database.writeNow(() => {
    for (const name of names) database.put(key(name), key(name.toUpperCase()));
  });
const keys = (...parameters: Parameters<Database['keys']>): string[] =>
  database.keys(...parameters).map((found) => Buffer.from(found).toString());

describe('Database', () => {
  it('keeps nothing of a transaction that threw', () => {
    put('a');
    const failing = (): never => {
      database.put(key('b'), key('B'));
      database.delete(key('a'));
      throw new KeystoreError('io', 'midway');
    };
    expect(() => database.writeNow(failing)).toThrow('midway');
    expect(database.get(key('a'))).toEqual(Buffer.from('A'));
    expect(database.get(key('b'))).toBeUndefined();
    put('c');
    expect(database.get(key('b'))).toBeUndefined();
  });

  it('lists a range in both directions, its start included and its end not', () => {
    put('a', 'b', 'ba', 'bb', 'c', 'd');
    const range = { start: key('b'), end: key('c') };
    expect(keys(range)).toEqual(['b', 'ba', 'bb']);
    expect(keys({ ...range, newestFirst: true })).toEqual(['bb', 'ba', 'b']);
    expect(keys({ ...range, newestFirst: true, limit: 1 })).toEqual(['bb']);
    expect(keys({ ...range, limit: 2 })).toEqual(['b', 'ba']);
    expect(keys({ start: key('x'), end: key('y'), newestFirst: true })).toEqual([]);
    expect(keys({ start: key('c'), end: key('cc'), newestFirst: true })).toEqual(['c']);
  });

  it('sees its own writes inside of a transaction, in ranges too', () => {
    put('a', 'b');
    database.writeNow(() => {
      database.delete(key('a'));
      database.put(key('c'), key('C'));
      expect(database.get(key('a'))).toBeUndefined();
      expect(keys({ start: key('a'), end: key('z') })).toEqual(['b', 'c']);
    });
  });

  it('says when it is closed', async () => {
    await database.close();
    await database.close();
    expect(() => database.refresh()).toThrow(KeystoreError);
    await expect(database.write(() => 1)).rejects.toThrow(KeystoreError);
  });
});

describe('records written by a later version', () => {
  interface Old {
    readonly name: string;
    readonly age?: number;
  }
  interface New extends Old {
    readonly colour: string;
  }
  const old = { name: field(1, text), age: optional(2, integer) };
  const oldKind = record<Old>(old);
  const newKind = record<New>({ ...old, colour: field(3, text) });

  it('keep the members that this version does not know', () => {
    const records = new SealedRecords(
      database,
      new Sealer(new Uint8Array(32), createSeededRandom('x'), opened.path),
    );
    const write = (value: Old): boolean => database.writeNow(() => records.write(key('r'), oldKind, value));
    database.writeNow(() => records.write(key('r'), newKind, { name: 'a', age: 1, colour: 'red' }));
    expect(records.read(key('r'), oldKind)).toEqual({ name: 'a', age: 1 });
    expect(write({ name: 'b' })).toBe(true);
    expect(records.read(key('r'), newKind)).toEqual({ name: 'b', colour: 'red' });
    expect(write({ name: 'b' })).toBe(false);
  });

  it('are damaged when a member is missing or of another type', () => {
    const records = new SealedRecords(
      database,
      new Sealer(new Uint8Array(32), createSeededRandom('x'), opened.path),
    );
    database.writeNow(() => records.write(key('r'), oldKind, { name: 'a' }));
    expect(() => records.read(key('r'), newKind)).toThrow(expect.objectContaining({ problem: 'corrupt' }));
    const otherKind = record<{ name: number }>({ name: field(1, integer) });
    expect(() => records.read(key('r'), otherKind)).toThrow(expect.objectContaining({ problem: 'corrupt' }));
    expect(() => records.require(key('none'), oldKind)).toThrow(
      expect.objectContaining({ problem: 'corrupt' }),
    );
  });
});
