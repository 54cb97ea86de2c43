import { openKeystoreDirectory } from '../../../src/keystore/lmdb.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { describeKeystore } from './contract.ts';
import { makeTestDirectory } from './fixtures.ts';

describeKeystore('lmdb, through one directory object', async (factory) => {
  const place = makeTestDirectory();
  const options = { directory: place.path, random: createSeededRandom('lmdb'), clock: createFakeClock() };
  const directory = await openKeystoreDirectory(options);
  return {
    keystore: await directory.open('test', { factory }),
    openSecond: () => directory.open('test', { create: false }),
    async close() {
      await directory.close();
      place.remove();
    },
  };
});

describeKeystore('lmdb, opened twice in one process', async (factory) => {
  const place = makeTestDirectory();
  const options = { directory: place.path, clock: createFakeClock() };
  const first = await openKeystoreDirectory({ ...options, random: createSeededRandom('first') });
  const keystore = await first.open('test', { factory });
  const second = await openKeystoreDirectory({ ...options, random: createSeededRandom('second') });
  return {
    keystore,
    openSecond: () => second.open('test', { create: false }),
    async close() {
      await second.close();
      await first.close();
      place.remove();
    },
  };
});
