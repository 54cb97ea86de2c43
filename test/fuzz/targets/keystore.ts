import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { KeystoreDirectory } from '../../../src/keystore/lmdb.ts';
import { openKeystoreDirectory } from '../../../src/keystore/lmdb.ts';
import type { Dice } from '../../support/dice.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { fullCredential, makeCredential, makeTestDirectory } from '../../unit/keystore/fixtures.ts';
import { pick } from '../bend.ts';
import type { FuzzSession, FuzzTarget } from '../target.ts';
import { expectKind, Finding } from '../target.ts';

const files = ['data.mdb', 'data.mdb', 'data.mdb', 'keystore.key', 'lock.mdb'] as const;
const credentials = 12;

/**
 * Files of a store that somebody damaged. An input names the file in its first byte; then come places and values. The
 * process would end with a signal if LMDB trusted what it must not.
 */
export const keystoreTarget: FuzzTarget = {
  name: 'keystore',
  inputs: 40,
  open: async () => {
    const good = makeTestDirectory();
    const bad = makeTestDirectory();
    const store = await openAt(good.path);
    const key = await store.open('main');
    for (let index = 0; index < credentials; index += 1)
      await key.add(
        index % 4 === 0 ? fullCredential(`c${String(index)}`) : makeCredential(`c${String(index)}`),
      );
    await store.close();
    return {
      make: damage,
      async feed(input) {
        const bytes = Buffer.from(input as Uint8Array);
        rmSync(bad.path, { recursive: true, force: true });
        cpSync(good.path, bad.path, { recursive: true });
        const path = join(
          bad.path,
          pick(() => bytes[0] ?? 0, files),
        );
        writeFileSync(path, damaged(readFileSync(path), bytes.subarray(1)));
        await readAll(bad.path);
      },
      async probe() {
        if ((await readAll(good.path)) !== credentials) throw new Finding('A good store is refused.');
      },
      close() {
        good.remove();
        bad.remove();
      },
    } satisfies FuzzSession;
  },
};

function openAt(directory: string): Promise<KeystoreDirectory> {
  return openKeystoreDirectory({
    directory,
    random: createSeededRandom('keystore'),
    clock: createFakeClock(),
  });
}

/** One to eight changes: a 32-bit place, a value; or a file that is cut. Page headers are hit as often as contents. */
function damage(dice: Dice): Uint8Array {
  const bytes = [dice(files.length)];
  for (let count = 1 + dice(8); count > 0; count -= 1) {
    const place = dice(3) === 0 ? dice(40) * 4096 + dice(24) : dice(200_000);
    bytes.push(place >> 24, (place >> 16) & 255, (place >> 8) & 255, place & 255, dice(256), dice(20));
  }
  return Uint8Array.from(bytes);
}

function damaged(file: Buffer, changes: Buffer): Buffer {
  let result = file;
  for (let at = 0; at + 6 <= changes.length && result.length > 0; at += 6) {
    const place = changes.readUInt32BE(at) % result.length;
    if (changes[at + 5] === 0) result = result.subarray(0, place);
    else result[place] = changes[at + 4] ?? 0;
  }
  return result;
}

/** All that a key would read. Resolves to how many credentials there are; to nothing if the store is refused. */
async function readAll(directory: string): Promise<number | undefined> {
  let store: KeystoreDirectory | undefined;
  try {
    store = await openAt(directory);
    const key = await store.open('main', { create: false });
    key.state();
    key.attestation();
    key.discoverableRps();
    const found = [...key.all()].length;
    await key.updateState({ pinRetries: 3 });
    await key.remove([fullCredential('c0').id]);
    await key.add(fullCredential('c0'));
    return found;
  } catch (error) {
    expectKind(error, 'KeystoreError', 'UsageError');
    return undefined;
  } finally {
    await store?.close();
  }
}
