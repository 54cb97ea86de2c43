import { createNobleCrypto } from '../../src/crypto/noble/provider.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import type { CryptoProvider, KeyPair } from '../../src/ports/crypto.ts';
import { createSeededRandom } from '../support/seeded-random.ts';

/** Keys of each kind that one run makes; then it begins again. */
const keysOfAKind = 4;

/** The fast cryptography with keys that follow from a seed. Only signatures differ from run to run. */
export function reproducibleCrypto(seed: string): CryptoProvider {
  const random = createSeededRandom(`crypto ${seed}`);
  const [node, noble] = [createNodeCrypto(), createNobleCrypto(random)];
  const made = new Map<number, KeyPair[]>();
  let count = 0;
  return {
    ...node,
    createAgreementKey: (scalar) => node.createAgreementKey(scalar ?? random.bytes(32)),
    generateKeyPair(alg) {
      const keys = made.get(alg) ?? [];
      made.set(alg, keys);
      if (keys.length < keysOfAKind) keys.push(noble.generateKeyPair(alg) as KeyPair);
      count += 1;
      return keys[count % keys.length] as KeyPair;
    },
  };
}
