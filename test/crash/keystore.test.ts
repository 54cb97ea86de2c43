import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { env, execPath, platform } from 'node:process';
import { text } from 'node:stream/consumers';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { KeystoreDirectory } from '../../src/keystore/lmdb.ts';
import type { Keystore } from '../../src/ports/keystore.ts';
import type { TestDirectory } from '../unit/keystore/fixtures.ts';
import { makeTestDirectory } from '../unit/keystore/fixtures.ts';
import type { Transpiled } from '../support/transpiled.ts';
import { transpile } from '../support/transpiled.ts';
import { openStore } from '../unit/keystore/store-files.ts';
import type { Contents } from './keystore/steps.ts';
import { contentsOf, emptyContents, follow, stepsOf } from './keystore/steps.ts';

// FAUXKEY_CRASH_ROUNDS is for those who want to be surer.
const rounds = Number(env['FAUXKEY_CRASH_ROUNDS'] ?? 20);
const childPath = 'test/crash/keystore/child.ts';

let transpiled: Transpiled;
let place: TestDirectory;
let store: KeystoreDirectory;
let keystore: Keystore;

beforeAll(() => {
  transpiled = transpile('src/keystore', 'src/ports', 'src/cose', 'test/crash/keystore', 'test/support');
});
afterAll(() => transpiled.remove());
beforeEach(async () => {
  place = makeTestDirectory();
  store = await openStore(place.path);
  keystore = await store.open('main');
});
afterEach(async () => {
  await store.close();
  place.remove();
});

function start(...words: (string | number)[]): ChildProcess {
  const script = transpiled.file(childPath);
  const parameters = [script, place.path, ...words.map(String)];
  return spawn(execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** What a child says until it ends, and how it ended. */
async function run(...words: (string | number)[]): Promise<{ said: string[]; signal: string | null }> {
  const child = start(...words);
  const [said, [, signal]] = await Promise.all([
    text(child.stdout!),
    once(child, 'exit') as Promise<[number | null, string | null]>,
  ]);
  return { said: said.split('\n').filter((line) => line !== ''), signal };
}

describe('kill -9', () => {
  it(
    `loses nothing that was acknowledged, in ${rounds} rounds`,
    async () => {
      let contents: Contents = emptyContents;
      let interrupted = 0;
      for (let round = 0; round < rounds; round += 1) {
        const { generation } = keystore;
        const { said, signal } = await run('crash', round);
        expect(signal).toBe('SIGKILL');
        const steps = stepsOf(round);
        for (const step of steps.slice(0, said.length)) contents = follow(contents, step);
        // A commit that was cut off just before the end shows as soon as anyone takes the lock of the dead writer.
        await keystore.updateState({});
        // The step in flight may have become durable without a word, and is then there as a whole.
        const inFlight = steps[said.length];
        const possible = inFlight === undefined ? [contents] : [contents, follow(contents, inFlight)];
        const found = contentsOf(keystore);
        expect(possible, `round ${round}`).toContainEqual(found);
        if (said.length > 0) expect(keystore.generation).toBeGreaterThan(generation);
        if (inFlight !== undefined) interrupted += 1;
        contents = found;
      }
      expect(interrupted).toBeGreaterThan(rounds / 3);
      const { credStoreState, ...rest } = keystore.state();
      await store.close();
      store = await openStore(place.path);
      keystore = await store.open('main', { create: false });
      expect(contentsOf(keystore)).toEqual(contents);
      expect(keystore.state()).toEqual({ ...rest, credStoreState });
    },
    60_000 + rounds * 3000,
  );

  it(
    'lets no counter repeat that was reserved ahead, and skips little',
    async () => {
      const { credentialOf } = await import('./keystore/steps.ts');
      const credential = credentialOf(0, 0);
      await keystore.add(credential);
      let last = 0;
      let reach = 0;
      let signed = 0;
      for (let round = 0; round < rounds; round += 1) {
        const { said, signal } = await run('sign', round);
        expect(signal).toBe('SIGKILL');
        const told = said.map(Number);
        for (const value of told) {
          expect(value, `round ${round}`).toBeGreaterThan(last);
          last = value;
        }
        signed += told.length;
        // A commit that was cut off just before the end shows as soon as anyone takes the lock of the dead writer.
        await keystore.updateState({});
        const found = [keystore.findById(credential.id)?.signCount ?? 0, keystore.state().signCount];
        for (const counter of found) expect(counter, `round ${round}`).toBeGreaterThanOrEqual(last);
        // One use may have been in flight, and each may have reserved as many values as there were uses.
        const most = Math.max(last, reach) + 1 + told.length + 1;
        reach = Math.max(...found);
        expect(reach, `round ${round}`).toBeLessThanOrEqual(most);
      }
      expect(signed).toBeGreaterThan(rounds);
    },
    60_000 + rounds * 3000,
  );

  it('leaves a lease that the next process takes over', async () => {
    const child = start('hold');
    await once(child.stdout!, 'data');
    expect(store.currentLease('main')).toMatchObject({ pid: child.pid, control: 'a control socket' });
    await expect(store.acquireLease('main')).rejects.toMatchObject({ problem: 'locked' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(store.currentLease('main')).toBeUndefined();
    await store.acquireLease('main');
  });
});

describe('a disk without room', () => {
  // A limit on the size of files stands for the disk: it fails the same writes, and needs no privileges.
  it.runIf(platform !== 'win32')('is told, loses nothing, and ends nobody', () => {
    const limited = 'trap "" XFSZ; ulimit -f 400; exec "$@"';
    const words = [execPath, transpiled.file(childPath), place.path, 'overfill'];
    const { stdout, status } = spawnSync('sh', ['-c', limited, 'sh', ...words], { encoding: 'utf8' });
    const [first, second, stored] = stdout.trim().split('\n');
    // LMDB calls a write that was cut short an I/O error; only a disk that is full can be told from a broken one.
    const problem: unknown = expect.stringMatching(/^(full|io)$/);
    expect([status, first, second]).toEqual([0, problem, problem]);
    expect(Number(stored)).toBeGreaterThan(2);
    expect([...keystore.all()]).toHaveLength(Number(stored));
    expect(keystore.countDiscoverable()).toBe(Number(stored));
  });
});

describe('two processes', () => {
  it('write to one key at the same time, and each sees what the other wrote', async () => {
    const { generation } = keystore;
    const others = [run('fill', 100, 15), run('fill', 200, 15)];
    const { credentialOf } = await import('./keystore/steps.ts');
    for (let id = 300; id < 315; id += 1) await keystore.add(credentialOf(id, 0));
    for (const { said } of await Promise.all(others)) expect(said).toEqual(['done']);
    expect(keystore.generation).toBe(generation + 30);
    expect([...keystore.all()]).toHaveLength(45);
    expect(keystore.countDiscoverable()).toBe(45);
  });

  it('open a store while the other writes to it', async () => {
    const writing = run('fill', 0, 150);
    const over = new AbortController();
    void writing.finally(() => over.abort());
    let opened = 0;
    while (!over.signal.aborted) {
      const second = await openStore(place.path);
      await second.close();
      opened += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await writing).said).toEqual(['done']);
    expect(opened).toBeGreaterThan(10);
  });

  it('see what the other wrote without a turn of the event loop', () => {
    expect(keystore.countDiscoverable()).toBe(0);
    spawnSync(execPath, [transpiled.file(childPath), place.path, 'fill', '0', '2']);
    expect(keystore.countDiscoverable()).toBe(2);
  });

  it('see through a file that the other made grow', async () => {
    await run('fill', 0, 200);
    const sizes = [...keystore.all()].map(({ largeBlob }) => largeBlob?.data.length);
    expect(sizes).toEqual(Array<number>(200).fill(20_000));
  }, 60_000);
});
