import { afterEach, beforeEach, expect, it } from 'vitest';

import type { Database } from '../../../src/keystore/database.ts';
import { endOf, keySpace } from '../../../src/keystore/layout.ts';
import { tagLength } from '../../../src/keystore/sealing.ts';
import { openTestDatabase } from './fixtures.ts';

let opened: ReturnType<typeof openTestDatabase>;
let database: Database;
beforeEach(() => {
  opened = openTestDatabase();
  ({ database } = opened);
});
afterEach(() => opened.close());

it.each([
  [
    [1, 2],
    [1, 3],
  ],
  [
    [1, 0xfe],
    [1, 0xff],
  ],
  [[1, 0xff], [2]],
  [[1, 0xff, 0xff], [2]],
  [
    [0x4b, 0xff, 7, 0xff],
    [0x4b, 0xff, 8],
  ],
])('the end of the keys that begin with %j is %j', (prefix, end) => {
  expect([...endOf(Uint8Array.from(prefix))]).toEqual(end);
});

it('lists the credentials of a site whatever its tag ends with, and no others', () => {
  const space = keySpace(new Uint8Array(8).fill(0xff));
  const tags = Array.from({ length: 256 }, (_, last) => new Uint8Array(tagLength).fill(last));
  database.writeNow(() => {
    for (const tag of tags) for (const sequence of [1, 2]) database.put(space.inSite(tag, sequence), tag);
  });
  for (const tag of tags) {
    const start = space.site(tag);
    for (const newestFirst of [true, false]) {
      const found = database.keys({ start, end: endOf(start), newestFirst });
      const expected = [2, 1].map((sequence) => new Uint8Array(space.inSite(tag, sequence)));
      expect(found).toEqual(newestFirst ? expected : expected.reverse());
    }
  }
});
