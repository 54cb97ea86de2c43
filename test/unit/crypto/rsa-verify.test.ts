import { constants, createPrivateKey, privateEncrypt, publicDecrypt, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import { bigIntToBytes, bytesToBigInt } from '../../../src/crypto/big-integer.ts';
import { decodeCoseKey } from '../../../src/cose/public-key.ts';
import { node, noble, providers } from './providers.ts';

const pair = await node.generateKeyPair(-257);
const privateKey = createPrivateKey({ key: Buffer.from(pair.privateKey), format: 'der', type: 'pkcs8' });
const raw = { key: privateKey, padding: constants.RSA_NO_PADDING };
const data = new TextEncoder().encode('signed');

/** The signature of an encoded message with one octet changed. */
function resign(signature: Uint8Array, offset: number, change: number): Uint8Array {
  const encoded = publicDecrypt(raw, signature);
  encoded[offset < 0 ? encoded.length + offset : offset]! ^= change;
  return Uint8Array.from(privateEncrypt(raw, encoded));
}

it.each([
  ['the leading octet', -257, 1, 2],
  ['padding', -257, 100, 1],
  ['the hash identifier', -257, -40, 1],
  ['the digest', -257, -1, 1],
  ['the trailer', -37, -1, 0x70],
  ['the padding block', -37, 3, 1],
  ['the one before the salt', -37, 256 - 33 - 32 - 1, 1],
  ['the salt', -37, -40, 1],
  ['the hash', -37, -5, 1],
] as const)('a signature with %s bent is refused (%i)', (_name, alg, offset, change) => {
  const { publicKey } = node.importPrivateKey(alg, pair.privateKey);
  const signature = node.sign(alg, pair.privateKey, data);
  expect(noble.verify(publicKey, data, resign(signature, offset, 0))).toBe(true);
  const bent = resign(signature, offset, change);
  for (const [name, crypto] of providers) expect(crypto.verify(publicKey, data, bent), name).toBe(false);
});

it('a PSS signature with a salt of another length is refused', () => {
  const { publicKey } = node.importPrivateKey(-37, pair.privateKey);
  for (const saltLength of [0, 20, 64]) {
    const signature = sign('sha256', data, {
      key: privateKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength,
    });
    for (const [name, crypto] of providers)
      expect(crypto.verify(publicKey, data, signature), name).toBe(false);
  }
});

it('a signature plus the modulus is refused', () => {
  const decoded = decodeCoseKey(pair.publicKey);
  if (decoded?.key.kty !== 'RSA') throw new TypeError('not an RSA key');
  const modulus = bytesToBigInt(decoded.key.n);
  let tried = 0;
  for (let message = 0; tried === 0 && message < 4000; message++) {
    const text = Uint8Array.of(message >> 8, message & 0xff);
    const value = bytesToBigInt(node.sign(-257, pair.privateKey, text)) + modulus;
    if (value >> 2048n !== 0n) continue;
    tried++;
    for (const [name, crypto] of providers) {
      expect(crypto.verify(pair.publicKey, text, bigIntToBytes(value, 256)), name).toBe(false);
    }
  }
  expect(tried).toBe(1);
});
