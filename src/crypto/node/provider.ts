import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hash,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import { algorithmSpec } from '../../cose/algorithm-table.ts';
import type { CoseKey } from '../../cose/key.ts';
import { decodeCoseKey } from '../../cose/public-key.ts';
import type { CryptoProvider } from '../../ports/crypto.ts';
import { requireAesCbcInput } from '../aes-input.ts';
import type { MlDsa } from '../ml-dsa.ts';
import { createAgreementKey } from './agreement.ts';
import { availableAlgorithms } from './capabilities.ts';
import { toPublicKeyObject } from './key-objects.ts';
import { createMlDsa } from './ml-dsa.ts';
import { createPrivateKeys } from './private-keys.ts';
import { verifyWith } from './signatures.ts';
import { view } from './view.ts';

/**
 * Cryptography by OpenSSL. All algorithms of this build of Node.js, and ML-DSA by noble where OpenSSL is older than
 * 3.5. Generation of RSA keys gives a promise, all other keys come at once. `verify` is false for a malformed key too.
 */
export function createNodeCrypto(): CryptoProvider {
  const mlDsa = createMlDsa();
  const keys = createPrivateKeys(mlDsa);
  return {
    algorithms: availableAlgorithms(),
    sha256: (...parts) => {
      const [only, ...others] = parts;
      // In one call, which costs a fraction of an object for it.
      if (only !== undefined && others.length === 0) return view(hash('sha256', only, 'buffer'));
      const sum = createHash('sha256');
      for (const part of parts) sum.update(part);
      return view(sum.digest());
    },
    hmacSha256: (key, ...parts) => {
      const hmac = createHmac('sha256', key);
      for (const part of parts) hmac.update(part);
      return view(hmac.digest());
    },
    hkdfSha256: (ikm, salt, info, length) => new Uint8Array(hkdfSync('sha256', ikm, salt, info, length)),
    aesCbcEncrypt: (key, iv, plaintext) => {
      requireAesCbcInput(key, iv, plaintext);
      return finish(createCipheriv(aesName(key), key, iv), plaintext);
    },
    aesCbcDecrypt: (key, iv, ciphertext) => {
      requireAesCbcInput(key, iv, ciphertext);
      return finish(createDecipheriv(aesName(key), key, iv), ciphertext);
    },
    equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
    createAgreementKey,
    generateKeyPair: (alg) => keys.generate(alg),
    importPrivateKey: (alg, privateKey) => keys.import(alg, privateKey),
    sign: (alg, privateKey, data) => keys.sign(alg, privateKey, data),
    verify: (publicKey, data, signature) => verifySignature(mlDsa, publicKey, data, signature),
  };
}

function aesName(key: Uint8Array): 'aes-128-cbc' | 'aes-256-cbc' {
  return key.length === 16 ? 'aes-128-cbc' : 'aes-256-cbc';
}

interface BlockCipher {
  setAutoPadding(autoPadding: boolean): unknown;
  update(data: Uint8Array): Buffer;
  final(): Buffer;
}

function finish(cipher: BlockCipher, data: Uint8Array): Uint8Array {
  cipher.setAutoPadding(false);
  const start = cipher.update(data);
  const end = cipher.final();
  return view(end.length === 0 ? start : Buffer.concat([start, end]));
}

function verifySignature(mlDsa: MlDsa, publicKey: CoseKey, data: Uint8Array, signature: Uint8Array): boolean {
  const decoded = decodeCoseKey(publicKey);
  if (decoded === undefined) return false;
  const { alg, key } = decoded;
  const spec = algorithmSpec(alg);
  try {
    if (key.kty === 'AKP') return mlDsa.verify(key.set, key.publicKey, data, signature);
    return spec.kty !== 'AKP' && verifyWith(spec, toPublicKeyObject(key), data, signature);
  } catch {
    // OpenSSL throws at keys that cannot exist, such as points off the curve.
    return false;
  }
}
