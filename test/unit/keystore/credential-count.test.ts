import { afterEach, beforeEach, expect, it } from 'vitest';

import { CredentialTable } from '../../../src/keystore/credential-table.ts';
import type { Database } from '../../../src/keystore/database.ts';
import { keySpace } from '../../../src/keystore/layout.ts';
import { tally } from '../../../src/keystore/records.ts';
import { SealedRecords } from '../../../src/keystore/sealed-records.ts';
import { Sealer } from '../../../src/keystore/sealing.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { makeCredential, openTestDatabase } from './fixtures.ts';

const random = createSeededRandom('count');
const space = keySpace(random.bytes(8));
const [first, second, third] = ['first', 'second', 'third'].map((name) => makeCredential(name));

let opened: ReturnType<typeof openTestDatabase>;
let database: Database;
let records: SealedRecords;
let table: CredentialTable;
beforeEach(() => {
  opened = openTestDatabase();
  ({ database } = opened);
  records = new SealedRecords(database, new Sealer(random.bytes(32), random, opened.path));
  table = new CredentialTable(records, space);
  database.writeNow(() => records.write(space.tally, tally, { nextSequence: 1, discoverable: 0 }));
});
afterEach(() => opened.close());

it('counts in a store that was written before credentials were counted, and keeps the total from then on', () => {
  if (!first || !second || !third) throw new Error('unreachable');
  database.writeNow(() => {
    table.add(first);
    table.add(second);
    // What an earlier version left: the same without a total.
    records.write(space.tally, tally, { nextSequence: 3, discoverable: 2 });
  });
  expect(table.count()).toBe(2);
  expect(records.require(space.tally, tally).credentials).toBeUndefined();
  database.writeNow(() => table.remove(first.id));
  expect(records.require(space.tally, tally)).toEqual({ nextSequence: 3, discoverable: 1, credentials: 1 });
  database.writeNow(() => table.add(third));
  expect(records.require(space.tally, tally)).toEqual({ nextSequence: 4, discoverable: 2, credentials: 2 });
  expect(table.count()).toBe(2);
});
