import type { CryptoProvider } from '../../../src/ports/crypto.ts';
import { createNobleCrypto } from '../../../src/crypto/noble/provider.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';

export const node = createNodeCrypto();
export const noble = createNobleCrypto(createSeededRandom('crypto'));
export const providers: readonly (readonly [string, CryptoProvider])[] = [
  ['node', node],
  ['noble', noble],
];
