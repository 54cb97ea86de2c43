import * as nodeCrypto from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { LruCache } from '../../../src/crypto/lru-cache.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';

vi.mock('node:crypto', { spy: true });

it('keeps the entries that were used last', () => {
  const cache = new LruCache<string, number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  expect(cache.get('a')).toBe(1);
  cache.set('c', 3);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
  cache.set('a', 4);
  cache.set('d', 5);
  expect([cache.get('a'), cache.get('c'), cache.get('d')]).toEqual([4, undefined, 5]);
});

it('parses a private key for its first signature only', async () => {
  const { privateKey } = await createNodeCrypto().generateKeyPair(-7);
  const crypto = createNodeCrypto();
  const parse = vi.mocked(nodeCrypto.createPrivateKey);
  parse.mockClear();
  for (let count = 0; count < 3; count++) crypto.sign(-7, privateKey.slice(), Uint8Array.of(count));
  expect(parse).toHaveBeenCalledTimes(1);
});

it('parses no EC key that it generated itself', async () => {
  const crypto = createNodeCrypto();
  const parse = vi.mocked(nodeCrypto.createPrivateKey);
  parse.mockClear();
  const { privateKey } = await crypto.generateKeyPair(-7);
  crypto.sign(-7, privateKey, Uint8Array.of(1));
  expect(parse).not.toHaveBeenCalled();
});

it('exports no key as JWK that it generated, which can block Node.js 20 for ever', async () => {
  const prototype = Object.getPrototypeOf(
    nodeCrypto.generateKeyPairSync('ed25519').privateKey,
  ) as nodeCrypto.KeyObject;
  const exported = vi.spyOn(prototype, 'export');
  const crypto = createNodeCrypto();
  for (const alg of [-7, -8, -35, -36, -47, -53, -48, -257] as const) await crypto.generateKeyPair(alg);
  expect(exported).toHaveBeenCalled();
  expect(exported).not.toHaveBeenCalledWith(expect.objectContaining({ format: 'jwk' }));
  exported.mockRestore();
});
