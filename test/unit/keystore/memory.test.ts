import { createMemoryKeystore } from '../../../src/keystore/memory.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { describeKeystore } from './contract.ts';

describeKeystore('memory', (factory) => {
  const keystore = createMemoryKeystore({ random: createSeededRandom('memory'), factory });
  return Promise.resolve({
    keystore,
    openSecond: () => Promise.resolve(keystore.openHandle()),
    close: () => Promise.resolve(),
  });
});
