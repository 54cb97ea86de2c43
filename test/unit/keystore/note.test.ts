import { afterEach, beforeEach, expect, it } from 'vitest';

import type { TestDirectory } from './fixtures.ts';
import { makeTestDirectory } from './fixtures.ts';
import { dataOf, openStore } from './store-files.ts';

let place: TestDirectory;
beforeEach(() => {
  place = makeTestDirectory();
});
afterEach(() => place.remove());

it('keeps a sealed note with each key, which others see and which outlives the process', async () => {
  const store = await openStore(place.path);
  const other = await openStore(place.path);
  for (const name of ['main', 'work']) await store.open(name);
  expect(other.note('main')).toBeUndefined();
  await store.setNote('main', 'a plain note');
  await store.setNote('main', 'another note');
  expect(other.note('main')).toBe('another note');
  expect(other.note('work')).toBeUndefined();
  await store.close();
  await other.close();

  const again = await openStore(place.path);
  expect(again.note('main')).toBe('another note');
  expect(again.names()).toEqual(['main', 'work']);
  await again.close();
  expect(dataOf(place.path).includes('another note')).toBe(false);
});

it('has no note for a key that does not exist', async () => {
  const store = await openStore(place.path);
  expect(store.note('main')).toBeUndefined();
  await expect(store.setNote('main', 'x')).rejects.toMatchObject({ problem: 'no-such-key' });
  await store.close();
});
