import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { createRequire } from 'node:module';
import { encodeBitString, encodeOid, encodeSequence } from '../../asn1/der.ts';
import { mlDsaSets, type MlDsaSet } from '../../cose/algorithm-table.ts';
import { mlDsaOids } from '../key-oids.ts';
import { createNobleMlDsa, type LoadMlDsa, type MlDsa } from '../ml-dsa.ts';
import { encodePkcs8 } from '../pkcs8.ts';
import { view } from './view.ts';

/** ML-DSA by OpenSSL 3.5 or later where Node.js was built with it, else by noble. */
export function createMlDsa(): MlDsa {
  // Loaded at the first use: most keys never sign with ML-DSA, and everybody waits for the start.
  const load = (): ReturnType<LoadMlDsa> =>
    createRequire(import.meta.url)('@noble/post-quantum/ml-dsa.js') as ReturnType<LoadMlDsa>;
  const noble = createNobleMlDsa(load, (length) => view(randomBytes(length)));
  return opensslHasMlDsa() ? createOpensslMlDsa(noble) : noble;
}

function opensslHasMlDsa(): boolean {
  try {
    createPrivateKey(privateKeyInput('ML-DSA-44', new Uint8Array(32)));
    return true;
  } catch {
    return false;
  }
}

function createOpensslMlDsa(noble: MlDsa): MlDsa {
  return {
    open: (set, seed, expandedKey) => {
      if (expandedKey !== undefined) noble.open(set, seed, expandedKey);
      const privateKey = createPrivateKey(privateKeyInput(set, seed));
      const spki = view(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }));
      return {
        publicKey: spki.slice(-mlDsaSets[set].publicKeySize),
        sign: (data) => view(sign(null, data, privateKey)),
      };
    },
    verify: (set, publicKey, data, signature) => {
      const spki = encodeSequence(encodeSequence(encodeOid(mlDsaOids[set])), encodeBitString(publicKey));
      const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
      return verify(null, data, key, signature);
    },
  };
}

function privateKeyInput(
  set: MlDsaSet,
  seed: Uint8Array,
): { readonly key: Buffer; readonly format: 'der'; readonly type: 'pkcs8' } {
  return { key: Buffer.from(encodePkcs8({ kty: 'AKP', set, seed })), format: 'der', type: 'pkcs8' };
}
