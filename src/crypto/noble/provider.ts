import { cbc } from '@noble/ciphers/aes.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { coseAlgorithm } from '../../cose/algorithm.ts';
import { algorithmSpec } from '../../cose/algorithm-table.ts';
import type { CoseKey } from '../../cose/key.ts';
import { decodeCoseKey, type PublicKey } from '../../cose/public-key.ts';
import type { CryptoProvider } from '../../ports/crypto.ts';
import type { Random } from '../../ports/random.ts';
import { requireAesCbcInput } from '../aes-input.ts';
import { encodePoint } from '../key-parts.ts';
import { createNobleMlDsa, type MlDsa } from '../ml-dsa.ts';
import { createAgreementKey } from './agreement.ts';
import { ecdsaOptions, eddsaOptions, nobleEcCurves, nobleOkpCurves } from './curves.ts';
import { generateKeyPair, importPrivateKey, sign } from './private-keys.ts';
import { verifyRsa } from './rsa.ts';

/**
 * Cryptography in portable JavaScript, for browsers and as a second opinion on the other provider. All algorithms but
 * RSA, of which it only verifies signatures. With a seeded `random` every result is reproducible.
 */
export function createNobleCrypto(random: Random): CryptoProvider {
  const mlDsa = createNobleMlDsa(
    () => ({ ml_dsa44, ml_dsa65, ml_dsa87 }),
    (length) => random.bytes(length),
  );
  return {
    algorithms: Object.values(coseAlgorithm).filter((alg) => algorithmSpec(alg).kty !== 'RSA'),
    sha256: (...parts) => {
      const hash = sha256.create();
      for (const part of parts) hash.update(part);
      return hash.digest();
    },
    hmacSha256: (key, ...parts) => {
      const mac = hmac.create(sha256, key);
      for (const part of parts) mac.update(part);
      return mac.digest();
    },
    hkdfSha256: (ikm, salt, info, length) => hkdf(sha256, ikm, salt, info, length),
    aesCbcEncrypt: (key, iv, plaintext) => {
      requireAesCbcInput(key, iv, plaintext);
      return cbc(key, iv, { disablePadding: true }).encrypt(plaintext);
    },
    aesCbcDecrypt: (key, iv, ciphertext) => {
      requireAesCbcInput(key, iv, ciphertext);
      return cbc(key, iv, { disablePadding: true }).decrypt(ciphertext);
    },
    equal: constantTimeEqual,
    createAgreementKey: (privateScalar) => createAgreementKey(random, privateScalar),
    generateKeyPair: (alg) => generateKeyPair(alg, random, mlDsa),
    importPrivateKey: (alg, privateKey) => importPrivateKey(alg, privateKey, mlDsa),
    sign: (alg, privateKey, data) => sign(alg, privateKey, data, mlDsa),
    verify: (publicKey, data, signature) => verifySignature(mlDsa, publicKey, data, signature),
  };
}

function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (const [index, octet] of a.entries()) difference |= octet ^ (b[index] ?? 0);
  return difference === 0;
}

function verifySignature(mlDsa: MlDsa, publicKey: CoseKey, data: Uint8Array, signature: Uint8Array): boolean {
  const decoded = decodeCoseKey(publicKey);
  if (decoded === undefined) return false;
  const spec = algorithmSpec(decoded.alg);
  if (decoded.key.kty === 'RSA') {
    return spec.kty === 'RSA' && verifyRsa(spec, decoded.key, data, signature);
  }
  try {
    return verifyWith(mlDsa, decoded.key, data, signature);
  } catch {
    // noble throws at keys that cannot exist and at signatures that are not DER.
    return false;
  }
}

function verifyWith(
  mlDsa: MlDsa,
  key: Exclude<PublicKey, { kty: 'RSA' }>,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  switch (key.kty) {
    case 'EC2':
      return nobleEcCurves[key.curve].verify(signature, data, encodePoint(key), ecdsaOptions);
    case 'OKP':
      return nobleOkpCurves[key.curve].verify(signature, data, key.x, eddsaOptions);
    case 'AKP':
      return mlDsa.verify(key.set, key.publicKey, data, signature);
  }
}
