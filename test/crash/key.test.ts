import { env, platform } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { createMemoryKeystore } from '../../src/keystore/memory.ts';
import type { Keystore } from '../../src/ports/keystore.ts';
import { createDice } from '../support/dice.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import type { Transpiled } from '../support/transpiled.ts';
import { transpile } from '../support/transpiled.ts';
import type { TestDirectory } from '../unit/keystore/fixtures.ts';
import { makeCredential, makeTestDirectory } from '../unit/keystore/fixtures.ts';
import { openStore } from '../unit/keystore/store-files.ts';
import type { Flight } from './key/world.ts';
import { Driver } from './key/driver.ts';
import { KeyProcess } from './key/process.ts';
import { hex, newWorld, settleWorld, sha256 } from './key/world.ts';

// The nightly form: FAUXKEY_CRASH_ROUNDS=1000. FAUXKEY_CRASH_SEED repeats what a failure told.
const rounds = Number(env['FAUXKEY_CRASH_ROUNDS'] ?? 50);
const seed = env['FAUXKEY_CRASH_SEED'] ?? 'crash';
/** Milliseconds, and steps. */
const longestLife = { time: 150, steps: 8 };

let transpiled: Transpiled;
beforeAll(() => {
  transpiled = transpile('src', 'test/crash/key');
}, 120_000);
afterAll(() => transpiled.remove());

/** It ends with the test at the latest. */
function startKey(directory: string, counter: string): KeyProcess {
  const key = new KeyProcess(transpiled, directory, counter);
  onTestFinished(() => key.kill());
  return key;
}

async function requireSettled(
  place: TestDirectory,
  world: ReturnType<typeof newWorld>,
  flight: Flight,
  told: string,
): Promise<void> {
  const store = await openStore(place.path);
  try {
    const keystore = await store.open('default', { create: false });
    expect(settleWorld(world, flight, keystore), told).toEqual([]);
  } finally {
    await store.close();
  }
}

describe.skipIf(platform === 'win32')('a key that is killed at any instant', () => {
  it(`keeps all that it said, in ${String(rounds)} rounds`, { timeout: 60_000 + rounds * 3000 }, async () => {
    const place = makeTestDirectory();
    onTestFinished(() => place.remove());
    const dice = createDice(seed);
    const world = newWorld();
    const interrupted = new Set<string>();
    let steps = 0;
    let next = startKey(place.path, 'per-credential');
    for (let round = 0; round < rounds; round += 1) {
      const key = next;
      // It loads while this one works.
      next = startKey(place.path, dice(2) === 0 ? 'global' : 'per-credential');
      const client = await key.begin();
      const driver = new Driver(client, world, dice);
      const told = `round ${String(round)} of seed ${seed}, after ${String(steps)} steps`;
      const { blobs, retries } = await driver.look();
      expect(retries, told).toBe(world.retries);
      if (world.blobs !== undefined) expect(blobs, told).toEqual(world.blobs);
      // Half of the deaths come by the clock alone, the others a moment after a certain step, also on a slow machine.
      const lastStep = dice(2) === 0 ? 0 : 1 + dice(longestLife.steps);
      const dies = async (time: number): Promise<void> => wait(dice(time)).then(() => key.kill());
      let death = lastStep === 0 ? dies(longestLife.time) : undefined;
      try {
        for (const known of [...world.credentials.values()].slice(0, 2)) await driver.signIn(known);
        for (let step = 1; ; step += 1) {
          await driver.step();
          steps += 1;
          if (step === lastStep) death = dies(12);
        }
      } catch (error) {
        if (!key.isKilled) throw new Error(told, { cause: error });
      }
      await death;
      await client.close();
      interrupted.add(driver.flight.kind);
      await requireSettled(place, world, driver.flight, `${told}, during ${driver.flight.kind}`);
    }
    const client = await next.begin();
    const driver = new Driver(client, world, dice);
    for (const known of world.credentials.values()) await driver.signIn(known);
    await next.kill();
    await client.close();
    // The deaths came in the midst of different things, or they show little.
    expect(steps).toBeGreaterThan(rounds);
    expect([...interrupted].length).toBeGreaterThan(rounds < 50 ? 0 : 2);
  });
});

describe('the judge of the crash test', () => {
  const wrongs: Readonly<Record<string, (keystore: Keystore) => Promise<unknown>>> = {
    'is lost': (keystore) => keystore.remove([makeCredential('kept').id]),
    'is back': (keystore) => keystore.add(makeCredential('gone')),
    'came from nowhere': (keystore) => keystore.add(makeCredential('new')),
    'PIN tries are left': (keystore) => keystore.updateState({ pinRetries: 6 }),
    'the PIN is': (keystore) =>
      keystore.updateState({ pin: { hash: sha256('1235').subarray(0, 16), codePoints: 4 } }),
    'the blobs are': (keystore) => keystore.updateState({ largeBlobArray: Uint8Array.of(1) }),
  };

  it.each(Object.entries(wrongs))('notices when something %s', async (sentence, spoil) => {
    const keystore = createMemoryKeystore({ random: createSeededRandom('judge') });
    const known = { ...makeCredential('kept'), rpId: 'a.example', userId: 1, signCount: 1 };
    await keystore.add(makeCredential('kept'));
    await keystore.updateState({ pin: { hash: sha256('1234').subarray(0, 16), codePoints: 4 } });
    const world = newWorld();
    world.credentials.set(hex(known.id), known);
    world.gone.add(hex(makeCredential('gone').id));
    world.pin = '1234';
    world.retries = 5;
    await keystore.updateState({ pinRetries: 5 });
    expect(settleWorld(structuredClone(world), { kind: 'sign-in' }, keystore)).toEqual([]);
    await spoil(keystore);
    expect(settleWorld(world, { kind: 'wrong-pin' }, keystore)).toEqual([
      expect.stringContaining(sentence) as string,
    ]);
  });
});
