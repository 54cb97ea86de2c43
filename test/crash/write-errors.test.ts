import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { createKey } from '../../src/app/create-key.ts';
import { systemClock, systemRandom } from '../../src/app/system.ts';
import { CtapClient, publicKeyParameters } from '../../src/client/ctap-client.ts';
import { openHidChannel } from '../../src/client/hid-channel.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { createMemoryKeystore } from '../../src/keystore/memory.ts';
import type { Keystore } from '../../src/ports/keystore.ts';
import { KeystoreError } from '../../src/ports/keystore.ts';
import { createDice } from '../support/dice.ts';
import type { Dice } from '../support/dice.ts';
import { outcome } from '../support/protocol.ts';
import type { Transpiled } from '../support/transpiled.ts';
import { transpile } from '../support/transpiled.ts';
import { makeTestDirectory } from '../unit/keystore/fixtures.ts';
import { openStore } from '../unit/keystore/store-files.ts';
import { Driver } from './key/driver.ts';
import { KeyProcess } from './key/process.ts';
import { newWorld, settleWorld } from './key/world.ts';

const writes = new Set([
  'updateState',
  'setAttestation',
  'add',
  'addAll',
  'update',
  'change',
  'use',
  'remove',
  'reset',
]);

/** A store whose writes fail at times: with nothing written, or after all was, as a disk that fails at the last moment. */
function failing(keystore: Keystore, dice: Dice): { store: Keystore; failures(): number } {
  let failures = 0;
  const store = new Proxy(keystore, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method = (value as (...words: unknown[]) => unknown).bind(target);
      if (!writes.has(String(name))) return method;
      return async (...words: unknown[]): Promise<unknown> => {
        const fate = dice(8);
        if (fate > 1) return method(...words);
        if (fate === 1) await method(...words);
        failures += 1;
        throw new KeystoreError(dice(2) === 0 ? 'full' : 'io', 'The disk fails.');
      };
    },
  });
  return { store, failures: () => failures };
}

describe('a key whose writes fail', () => {
  it.each(['one', 'two', 'three'])('says nothing that is not so (seed %s)', async (seed) => {
    const dice = createDice(seed);
    const memory = createMemoryKeystore({ random: systemRandom });
    const disk = failing(memory, dice);
    const defects: unknown[] = [];
    const key = createKey({
      keystore: disk.store,
      onEvent: (event) => {
        if (event.type === 'defect' && !(event.error instanceof KeystoreError)) defects.push(event.error);
      },
    });
    const world = newWorld();
    let refused = 0;
    const connect = async (): Promise<Driver> => {
      const channel = await openHidChannel({ pipe: key.connect(), random: systemRandom, clock: systemClock });
      return new Driver(
        new CtapClient(channel, { crypto: createNodeCrypto(), random: systemRandom }),
        world,
        dice,
      );
    };
    let driver = await connect();
    for (let step = 0; step < 250; step += 1) {
      try {
        await driver.step();
      } catch (error) {
        const told = `step ${String(step)}, during ${driver.flight.kind}: ${String(error)}`;
        // A signature that does not verify, or a counter that went back, is an Error of the driver.
        expect(String(error), told).toMatch(/KEY_STORE_FULL|OTHER/);
        refused += 1;
        expect(settleWorld(world, driver.flight, memory), told).toEqual([]);
        await key.powerCycle();
        driver = await connect();
      }
    }
    expect(defects).toEqual([]);
    expect(refused).toBe(disk.failures());
    expect(refused).toBeGreaterThan(20);
    expect(settleWorld(world, { kind: 'nothing' }, memory)).toEqual([]);
  });
});

/** Small file systems are for root on Linux; elsewhere `ulimit -f` stands for them in keystore.test.ts. */
function mountSmall(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a disk that is full', () => {
  let transpiled: Transpiled;
  beforeAll(() => {
    transpiled = transpile('src', 'test/crash/key');
  }, 120_000);
  afterAll(() => transpiled.remove());

  it(
    'is told to the client, loses nothing, and can be mended while the key runs',
    { timeout: 60_000 },
    async (context) => {
      const place = makeTestDirectory();
      onTestFinished(() => place.remove());
      mkdirSync(place.path, { recursive: true });
      if (!mountSmall(place.path)) context.skip('a tmpfs cannot be mounted here');
      onTestFinished(() => {
        execFileSync('umount', ['-l', place.path]);
      });
      const filler = join(place.path, 'filler');
      const key = new KeyProcess(transpiled, place.path, 'per-credential');
      onTestFinished(() => key.kill());
      const client = await key.begin();
      writeFileSync(filler, Buffer.alloc(2_200_000));
      const world = newWorld();
      const driver = new Driver(client, world, createDice('full disk'));
      let refusal = '';
      const register = (id: number): Promise<unknown> =>
        client.makeCredential({
          clientDataHash: new Uint8Array(32),
          rp: { id: `site-${String(id)}.example`, name: 'x'.repeat(60) },
          user: { id: Uint8Array.of(id >> 8, id & 255), name: 'y'.repeat(60), displayName: 'z'.repeat(60) },
          pubKeyCredParams: publicKeyParameters(-7),
          options: { rk: true },
        });
      let stored = 0;
      while (refusal === '' && stored < 990) {
        const status = await outcome(register(stored));
        if (status === 'OK') stored += 1;
        else refusal = status;
      }
      expect(refusal).toBe('KEY_STORE_FULL');
      expect(stored).toBeGreaterThan(10);
      // It goes on with what needs no room, and says no to what does.
      await expect(client.getInfo()).resolves.toBeDefined();
      expect(['OK', 'KEY_STORE_FULL', 'OTHER']).toContain(await outcome(register(0)));
      rmSync(filler);
      expect(await outcome(register(stored))).toBe('OK');
      const { retries } = await driver.look();
      expect(retries).toBe(8);
      await client.close();
      await key.kill();
      const store = await openStore(place.path);
      const keystore = await store.open('default', { create: false });
      expect(keystore.countDiscoverable()).toBe(stored + 1);
      expect([...keystore.all()]).toHaveLength(stored + 1);
      await store.close();
    },
  );
});
