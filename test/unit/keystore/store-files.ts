import { openSync, readFileSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';

import type { RootDatabase } from 'lmdb';
import { open } from 'lmdb';

import type { KeystoreDirectory, KeystoreDirectoryOptions } from '../../../src/keystore/lmdb.ts';
import { openKeystoreDirectory } from '../../../src/keystore/lmdb.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';

let opened = 0;

/** Opens a store with a fresh seed, as a new process would. */
export function openStore(
  path: string,
  options: Partial<KeystoreDirectoryOptions> = {},
): Promise<KeystoreDirectory> {
  opened += 1;
  const random = createSeededRandom(`store ${opened}`);
  return openKeystoreDirectory({ directory: path, random, clock: createFakeClock(), ...options });
}

/** All bytes of the database file. */
export function dataOf(path: string): Buffer {
  return readFileSync(join(path, 'data.mdb'));
}

export function overwrite(path: string, position: number, bytes: Uint8Array): void {
  const file = openSync(join(path, 'data.mdb'), 'r+');
  writeSync(file, bytes, 0, bytes.length, position);
  closeSync(file);
}

/** The database without Fauxkey's layer, for a test that tampers with it. */
export function rawDatabase(path: string): RootDatabase<Buffer, Buffer> {
  return open<Buffer, Buffer>({
    path,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
  });
}
