import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { initialState } from '../../../src/keystore/device-state.ts';
import type { KeystoreDirectory } from '../../../src/keystore/lmdb.ts';
import type { Keystore } from '../../../src/ports/keystore.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import type { TestDirectory } from './fixtures.ts';
import { makeCredential, makeTestDirectory } from './fixtures.ts';
import { openStore } from './store-files.ts';

let place: TestDirectory;
let clock: FakeClock;
let store: KeystoreDirectory;
let keystore: Keystore;
let other: KeystoreDirectory;
let outside: Keystore;

const credential = makeCredential('busy', { signCount: 0 });
const second = makeCredential('idle', { signCount: 0, user: { id: Uint8Array.of(2) } });

beforeEach(async () => {
  place = makeTestDirectory();
  clock = createFakeClock();
  store = await openStore(place.path, { clock });
  keystore = await store.open('main');
  await keystore.add(credential);
  await keystore.add(second);
  // A process that was there all the time, and one that comes after a crash, see the same.
  other = await openStore(place.path);
  outside = await other.open('main');
});
afterEach(async () => {
  await other.close();
  await store.close();
  place.remove();
});

/** As an authenticator does: one more than the last. Returns what it sends. */
async function sign(from = keystore, id = credential.id): Promise<number> {
  const signCount = (from.findById(id)?.signCount ?? Number.NaN) + 1;
  expect(await from.use(id, { signCount, lastUsedAt: clock.wall() })).toBe(true);
  return signCount;
}

async function signOften(times: number): Promise<number> {
  let last = 0;
  for (let time = 0; time < times; time += 1) last = await sign();
  return last;
}

const seen = (by = outside, id = credential.id): number => by.findById(id)?.signCount ?? Number.NaN;

describe('counters that are used all the time', () => {
  it('count by one for the process that uses them', async () => {
    for (let time = 1; time <= 50; time += 1) {
      expect(await sign()).toBe(time);
      expect(seen(keystore)).toBe(time);
    }
    expect([...keystore.all()].map(({ signCount }) => signCount)).toEqual([0, 50]);
    expect(keystore.discoverable(credential.rpIdHash).map(({ signCount }) => signCount)).toEqual([0, 50]);
  });

  it('are never behind for anyone else, and at most twice ahead', async () => {
    for (let time = 1; time <= 50; time += 1) {
      await sign();
      expect(seen()).toBeGreaterThanOrEqual(time);
      expect(seen()).toBeLessThanOrEqual(2 * time);
    }
  });

  it('are written seldom, and a single use at once and as it is', async () => {
    expect(await sign()).toBe(1);
    expect(seen()).toBe(1);
    const before = outside.generation;
    await signOften(1000);
    expect(outside.generation - before).toBeLessThan(15);
  });

  it('go on from the bound after a crash, in another process', async () => {
    const last = await signOften(100);
    const bound = seen();
    expect(bound).toBeGreaterThan(last);
    expect(await sign(outside)).toBe(bound + 1);
    expect(await sign()).toBe(bound + 2);
  });

  it('stand as they are after an orderly end', async () => {
    const last = await signOften(100);
    await keystore.close();
    expect(seen()).toBe(last);
    expect(outside.findById(credential.id)?.lastUsedAt).toBe(clock.wall());
  });

  it('stand as they are when only the store was closed', async () => {
    const last = await signOften(100);
    await store.close();
    expect(seen()).toBe(last);
  });

  it('stand as they are half a second after the last use, and no timer is left', async () => {
    await signOften(10);
    clock.advance(400);
    const last = await sign();
    clock.advance(400);
    expect(seen()).toBeGreaterThan(last);
    clock.advance(100);
    expect(seen()).toBe(last);
    expect(clock.pending).toBe(0);
    expect(await sign()).toBe(last + 1);
  });

  it('know nothing of a credential that is not there', async () => {
    await signOften(5);
    await outside.remove([credential.id]);
    expect(await keystore.use(credential.id, { signCount: 6, lastUsedAt: 0 })).toBe(false);
    expect(keystore.findById(credential.id)).toBeUndefined();
  });

  it('that are always zero need no bound', async () => {
    const zero = makeCredential('zero', { signCount: null, user: { id: Uint8Array.of(3) } });
    await keystore.add(zero);
    const before = outside.generation;
    for (let time = 1; time <= 20; time += 1) {
      await keystore.use(zero.id, { signCount: null, lastUsedAt: time });
    }
    expect(outside.generation - before).toBe(1);
    expect(keystore.findById(zero.id)).toMatchObject({ signCount: null, lastUsedAt: 20 });
    await keystore.close();
    expect(outside.findById(zero.id)).toMatchObject({ signCount: null, lastUsedAt: 20 });
  });
});

describe('a change from outside while values are reserved', () => {
  it('of the same credential takes the bound for the counter', async () => {
    const last = await signOften(37);
    const changed = await outside.change(credential.id, (now) => ({ ...now, backupState: true }));
    expect(changed?.signCount).toBeGreaterThanOrEqual(last);
    expect(keystore.findById(credential.id)).toMatchObject({
      backupState: true,
      signCount: changed?.signCount,
    });
    expect(await sign()).toBe((changed?.signCount ?? 0) + 1);
  });

  it('of the counter itself is obeyed, also downwards', async () => {
    await signOften(37);
    await outside.change(credential.id, (now) => ({ ...now, signCount: 5 }));
    expect(await sign()).toBe(6);
    expect(seen()).toBe(6);
  });

  it('of another credential leaves the count alone', async () => {
    const last = await signOften(37);
    const { generation } = keystore;
    await outside.remove([second.id]);
    expect(keystore.generation).toBe(generation + 1);
    expect(await sign()).toBe(last + 1);
  });

  it('that imports the credential anew makes it count from there', async () => {
    const last = await signOften(37);
    const copy = { ...credential, signCount: last + 500 };
    await outside.addAll([copy], 'replace');
    expect(await sign()).toBe(last + 501);
  });

  it('that resets the key leaves nothing to save', async () => {
    await signOften(37);
    await outside.reset(initialState(createSeededRandom('reset')));
    expect(await keystore.use(credential.id, { signCount: 38, lastUsedAt: 0 })).toBe(false);
    await keystore.close();
    expect([...outside.all()]).toEqual([]);
  });
});

describe('a transaction that comes to nothing', () => {
  it('leaves counters where they were', async () => {
    const last = await signOften(37);
    const failing = keystore.change(credential.id, () => {
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await sign()).toBe(last + 1);
  });
});

describe('a global counter', () => {
  async function signGlobally(from = keystore): Promise<number> {
    const signCount = from.state().signCount + 1;
    await from.use(credential.id, { signCount, lastUsedAt: 0 }, { signCount });
    return signCount;
  }

  it('counts by one here, and is never behind for others', async () => {
    for (let time = 1; time <= 50; time += 1) {
      expect(await signGlobally()).toBe(time);
      expect(outside.state().signCount).toBeGreaterThanOrEqual(time);
      expect(seen()).toBeGreaterThanOrEqual(time);
    }
    expect(keystore.state().signCount).toBe(50);
  });

  it('goes on over a reset by anyone', async () => {
    for (let time = 1; time <= 37; time += 1) await signGlobally();
    const state = initialState(createSeededRandom('reset'));
    await outside.reset({ ...state, signCount: outside.state().signCount });
    expect(keystore.state().signCount).toBeGreaterThanOrEqual(37);
    await keystore.add(credential);
    expect(await signGlobally()).toBeGreaterThan(37);
  });

  it('stands as it is after an orderly end, and after another write', async () => {
    for (let time = 1; time <= 37; time += 1) await signGlobally();
    await keystore.updateState({ pinRetries: 3 });
    expect(outside.state()).toMatchObject({ signCount: 37, pinRetries: 3 });
    for (let time = 38; time <= 60; time += 1) expect(await signGlobally()).toBe(time);
    await keystore.close();
    expect(outside.state().signCount).toBe(60);
    expect(seen()).toBe(60);
  });

  it('outlives a transaction that comes to nothing', async () => {
    for (let time = 1; time <= 37; time += 1) await signGlobally();
    const failing = keystore.change(credential.id, () => {
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await signGlobally()).toBe(38);
  });
});
