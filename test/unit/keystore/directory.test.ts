import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { getuid, platform } from 'node:process';

import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createSeededRandom } from '../../support/seeded-random.ts';
import type { TestDirectory } from './fixtures.ts';
import { makeCredential, makeTestDirectory } from './fixtures.ts';
import { dataOf, openStore, overwrite, rawDatabase } from './store-files.ts';

const isPosix = platform !== 'win32';
const isRoot = getuid?.() === 0;

let place: TestDirectory;
beforeEach(() => {
  place = makeTestDirectory();
});
afterEach(() => place.remove());

const problem = (kind: string): unknown => expect.objectContaining({ name: 'KeystoreError', problem: kind });

/** Makes a store with one key and one credential. */
async function makeStore(passphrase?: string): Promise<void> {
  const store = await openStore(place.path, passphrase === undefined ? {} : { passphrase });
  await (await store.open('main')).add(makeCredential('a'));
  await store.close();
}

async function expectCredential(options: { passphrase?: string } = {}): Promise<void> {
  const store = await openStore(place.path, options);
  try {
    const keystore = await store.open('main', { create: false });
    expect(keystore.findById(makeCredential('a').id)).toEqual(makeCredential('a'));
  } finally {
    await store.close();
  }
}

describe('keys of a store', () => {
  it('keeps several keys apart, under any name', async () => {
    const store = await openStore(place.path);
    const names = ['main', 'Zweit-Schlüssel', '../../etc/passwd', 'a b', '鍵'];
    for (const name of names) await (await store.open(name)).add(makeCredential(name));
    expect(store.names()).toEqual([...names].sort());
    for (const name of names) {
      const found = [...(await store.open(name)).all()];
      expect(found).toEqual([makeCredential(name)]);
    }
    await store.close();
  });

  it.each(['', 'x'.repeat(65), 'two\nlines', '\u001b[31m', 'bidi\u202e'])(
    'refuses the name %j',
    async (name) => {
      const store = await openStore(place.path);
      await expect(store.open(name)).rejects.toMatchObject({ name: 'UsageError' });
      expect(store.names()).toEqual([]);
      await store.close();
    },
  );

  it('says which keys there are instead of the one that is not', async () => {
    const store = await openStore(place.path);
    await store.open('main');
    await expect(store.open('mian', { create: false })).rejects.toMatchObject({
      name: 'UsageError',
      problem: 'no-such-key',
      message: `There is no key "mian" in ${place.path}; it has main.`,
    });
    await store.close();
  });

  it('removes one key with all it has, and leaves the others', async () => {
    const store = await openStore(place.path);
    const [main, other] = [await store.open('main'), await store.open('other')];
    await main.add(makeCredential('a'));
    await other.add(makeCredential('b'));
    expect(await store.remove('main')).toBe(true);
    expect(await store.remove('main')).toBe(false);
    expect(store.names()).toEqual(['other']);
    expect(() => main.state()).toThrow(problem('io'));
    await expect(main.add(makeCredential('c'))).rejects.toThrow(problem('io'));
    expect([...other.all()]).toEqual([makeCredential('b')]);
    await store.close();
    const database = rawDatabase(place.path);
    const prefixes = new Set([...database.getKeys({})].map((key) => key.subarray(1, 9).toString('hex')));
    await database.close();
    const [header, names, keys] = [1, 1, 1];
    expect(prefixes.size).toBe(header + names + keys);
  });

  it('leaves nothing of a credential that was removed', async () => {
    await makeStore();
    const store = await openStore(place.path);
    const keystore = await store.open('main');
    await keystore.remove([makeCredential('a').id]);
    await store.close();
    const database = rawDatabase(place.path);
    const kinds = [...database.getKeys({})]
      .map((key) => key.toString('latin1'))
      .filter((key) => key.startsWith('K'))
      .map((key) => key[9]);
    await database.close();
    expect(kinds.sort()).toEqual(['g', 's', 't']);
  });

  it('makes a removed key anew, empty', async () => {
    await makeStore();
    const store = await openStore(place.path);
    await store.remove('main');
    expect([...(await store.open('main')).all()]).toEqual([]);
    await store.close();
  });

  it('makes nothing when it is only to look', async () => {
    await expect(openStore(place.path, { create: false })).rejects.toMatchObject({ problem: 'no-such-key' });
    expect(existsSync(place.path)).toBe(false);
  });

  it('gives values that grow the file far beyond its first size', async () => {
    const store = await openStore(place.path);
    const keystore = await store.open('main');
    const large = createSeededRandom('large').bytes(300_000);
    const credentials = Array.from({ length: 30 }, (_, index) =>
      makeCredential(`big ${index}`, { largeBlob: { data: large, originalSize: index } }),
    );
    await keystore.addAll(credentials, 'fail');
    const { data } = keystore.findById(credentials[29]!.id)!.largeBlob!;
    expect(Buffer.from(data).equals(large)).toBe(true);
    await store.close();
    const again = await openStore(place.path, { create: false });
    expect((await again.open('main')).countDiscoverable()).toBe(30);
    await again.close();
    truncateSync(join(place.path, 'data.mdb'), 5_000_000);
    await expect(openStore(place.path)).rejects.toThrow(problem('corrupt'));
  });
});

describe('passphrase and key file', () => {
  it('opens with the passphrase it was made with, in any Unicode form, and with no other', async () => {
    await makeStore('pass\u0065\u0301');
    await expectCredential({ passphrase: 'pass\u00e9' });
    await expect(openStore(place.path, { passphrase: 'wrong' })).rejects.toThrow(problem('passphrase'));
    await expect(openStore(place.path)).rejects.toThrow(problem('passphrase'));
    expect(existsSync(join(place.path, 'keystore.key'))).toBe(false);
  });

  it('refuses an empty passphrase before it makes anything', async () => {
    await expect(openStore(place.path, { passphrase: '' })).rejects.toMatchObject({ name: 'UsageError' });
    expect(existsSync(place.path)).toBe(false);
  });

  it('refuses a passphrase for a store that has none', async () => {
    await makeStore();
    await expect(openStore(place.path, { passphrase: 'secret' })).rejects.toThrow(problem('passphrase'));
  });

  it('changes what seals the store without rewriting its records', async () => {
    await makeStore();
    const before = recordsOf(place.path);
    await change(undefined, 'first');
    expect(existsSync(join(place.path, 'keystore.key'))).toBe(false);
    await expectCredential({ passphrase: 'first' });
    await change('first', 'second');
    await expect(openStore(place.path, { passphrase: 'first' })).rejects.toThrow(problem('passphrase'));
    await change('second', undefined);
    await expectCredential();
    expect(recordsOf(place.path)).toEqual(before);
  });

  it('names the key file that is missing, foreign or no key file', async () => {
    await makeStore();
    const path = join(place.path, 'keystore.key');
    const original = readFileSync(path);
    rmSync(path);
    await expect(openStore(place.path)).rejects.toThrow(path);
    await expect(openStore(place.path)).rejects.toThrow(problem('passphrase'));
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, 'nonsense');
    await expect(openStore(place.path)).rejects.toThrow(problem('corrupt'));
    writeFileSync(path, `fauxkey-key-file-1:${Buffer.alloc(32).toString('base64url')}\n`);
    await expect(openStore(place.path)).rejects.toThrow(problem('passphrase'));
    writeFileSync(path, original);
    await expectCredential();
  });

  async function change(from: string | undefined, to: string | undefined): Promise<void> {
    const store = await openStore(place.path, from === undefined ? {} : { passphrase: from });
    await store.setPassphrase(to);
    await store.close();
  }

  function recordsOf(path: string): string[] {
    const database = rawDatabase(path);
    const records = [...database.getRange({})]
      .filter(({ key }) => key[0] === 0x4b)
      .map(({ value }) => Buffer.from(value).toString('hex'));
    void database.close();
    return records;
  }
});

describe('files that are not a sound keystore', () => {
  it.each([
    ['text', Buffer.from('these are my notes\n'.repeat(1000))],
    ['a few bytes', Buffer.from('x')],
    ['zeros', Buffer.alloc(16_384)],
    ['noise', Buffer.from(createSeededRandom('noise').bytes(65_536))],
  ])('refuses %s as data.mdb and leaves it alone', async (_what, content) => {
    mkdirSync(place.path);
    writeFileSync(join(place.path, 'data.mdb'), content);
    await expect(openStore(place.path)).rejects.toThrow(problem('corrupt'));
    expect(dataOf(place.path)).toEqual(content);
  });

  it('refuses an LMDB database of another program', async () => {
    for (const overlappingSync of [false, true]) {
      const path = join(place.path, String(overlappingSync));
      const database = open({ path, noSubdir: false, encoding: 'json', overlappingSync });
      await database.put('greeting', 'hello');
      await database.close();
      await expect(openStore(path)).rejects.toThrow(problem('corrupt'));
      await expect(openStore(path)).rejects.toThrow(/not made by Fauxkey|not a keystore/);
    }
  });

  it('refuses a store of a later format', async () => {
    await makeStore();
    const database = rawDatabase(place.path);
    const header = Buffer.from(database.get(Buffer.from('fauxkey'))!);
    header['fauxkey keystore\n'.length] = 2;
    await database.put(Buffer.from('fauxkey'), header);
    await database.close();
    await expect(openStore(place.path)).rejects.toThrow(problem('version'));
  });

  it('refuses a header that asks for absurd amounts of memory', async () => {
    await makeStore('secret');
    const database = rawDatabase(place.path);
    const header = Buffer.from(database.get(Buffer.from('fauxkey'))!);
    const cost = header.indexOf(Buffer.from('198000', 'hex'));
    expect(cost).toBeGreaterThan(0);
    await database.put(
      Buffer.from('fauxkey'),
      Buffer.concat([header.subarray(0, cost), Buffer.from('1a40000000', 'hex'), header.subarray(cost + 3)]),
    );
    await database.close();
    await expect(openStore(place.path, { passphrase: 'secret' })).rejects.toThrow(problem('passphrase'));
  });

  it('refuses a file that was cut off', async () => {
    await makeStore();
    const { length } = dataOf(place.path);
    for (const left of [length - 4096, 12_288, 8192, 4097, 4096, 100]) {
      truncateSync(join(place.path, 'data.mdb'), left);
      await expect(openStore(place.path), `${left} bytes left`).rejects.toThrow(problem('corrupt'));
    }
  });

  it('answers any damaged page with a KeystoreError or the right content', async () => {
    await makeStore();
    const data = dataOf(place.path);
    const places = [...data.keys()].filter((position) => data[position] !== 0);
    const copy = join(place.path, '..', 'copy.mdb');
    copyFileSync(join(place.path, 'data.mdb'), copy);
    const random = createSeededRandom('damage');
    let refused = 0;
    for (let round = 0; round < 60; round += 1) {
      copyFileSync(copy, join(place.path, 'data.mdb'));
      const dice = Buffer.from(random.bytes(5));
      overwrite(place.path, places[dice.readUInt32LE() % places.length]!, dice.subarray(4));
      await expectCredential().catch((error: unknown) => {
        // A flipped byte may hide a record from its index; then the key or the credential is said not to exist.
        expect((error as Error).name).toMatch(/KeystoreError|UsageError|AssertionError/);
        refused += 1;
      });
    }
    expect(refused).toBeGreaterThan(10);
  });

  it('takes up again after its making was interrupted', async () => {
    mkdirSync(place.path);
    writeFileSync(join(place.path, 'data.mdb'), '');
    await makeStore();
    await expectCredential();
  });
});

describe('the file system', () => {
  it('refuses a path that is a file, or goes through one', async () => {
    writeFileSync(place.path, '');
    await expect(openStore(place.path)).rejects.toThrow(problem('io'));
    await expect(openStore(join(place.path, 'deeper'))).rejects.toThrow(problem('io'));
  });

  it.runIf(isPosix && !isRoot)('names a directory that it may not use', async () => {
    await makeStore();
    chmodSync(place.path, 0o000);
    await expect(openStore(place.path)).rejects.toThrow(problem('io'));
    chmodSync(place.path, 0o700);
  });

  it.runIf(isPosix)('makes a directory and files that only the owner can read', async () => {
    await makeStore();
    expect(modeOf('')).toBe(0o700);
    for (const name of ['data.mdb', 'lock.mdb', 'keystore.key']) expect(modeOf(name), name).toBe(0o600);
  });

  it.runIf(isPosix)('repairs what others can read, and tells', async () => {
    await makeStore();
    chmodSync(place.path, 0o755);
    chmodSync(join(place.path, 'data.mdb'), 0o644);
    chmodSync(join(place.path, 'keystore.key'), 0o640);
    const store = await openStore(place.path);
    expect(store.repairs).toHaveLength(3);
    expect(store.repairs.join('\n')).toContain(join(place.path, 'keystore.key'));
    await store.close();
    expect([modeOf(''), modeOf('data.mdb'), modeOf('keystore.key')]).toEqual([0o700, 0o600, 0o600]);
    const again = await openStore(place.path);
    expect(again.repairs).toEqual([]);
    await again.close();
  });

  it.runIf(isPosix)('leaves the mode of a directory that is used for other things too', async () => {
    mkdirSync(place.path);
    chmodSync(place.path, 0o755);
    writeFileSync(join(place.path, 'essay.txt'), 'words');
    await makeStore();
    expect(modeOf('')).toBe(0o755);
    expect(modeOf('data.mdb')).toBe(0o600);
  });

  function modeOf(name: string): number {
    return statSync(join(place.path, name)).mode & 0o777;
  }
});
