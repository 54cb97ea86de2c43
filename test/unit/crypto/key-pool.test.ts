import { describe, expect, it } from 'vitest';
import type { CoseAlgorithm } from '../../../src/cose/algorithm.ts';
import { slowAlgorithms, withKeyPool } from '../../../src/crypto/key-pool.ts';
import { createRsaChild } from '../../../src/crypto/node/rsa-child.ts';
import type { CryptoProvider, KeyPair } from '../../../src/ports/crypto.ts';
import { node } from './providers.ts';

/** Key pairs whose private key is just a number, made when the test says so. */
function createSlowProvider(): {
  provider: CryptoProvider;
  made: CoseAlgorithm[];
  finish: () => Promise<void>;
  fail: () => Promise<void>;
} {
  const made: CoseAlgorithm[] = [];
  const waiting: { resolve(pair: KeyPair): void; reject(error: Error): void; pair: KeyPair }[] = [];
  const generateKeyPair = (alg: CoseAlgorithm): Promise<KeyPair> => {
    made.push(alg);
    const pair = { privateKey: Uint8Array.of(made.length), publicKey: new Map([[3, alg]]) };
    return new Promise((resolve, reject) => waiting.push({ resolve, reject, pair }));
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return {
    provider: { ...node, generateKeyPair },
    made,
    finish: () => {
      const next = waiting.shift()!;
      next.resolve(next.pair);
      return settle();
    },
    fail: () => {
      waiting.shift()!.reject(new RangeError('out of primes'));
      return settle();
    },
  };
}

describe('the key pool', () => {
  it('does nothing before it is warmed', () => {
    const { provider, made } = createSlowProvider();
    withKeyPool(provider, [-257]);
    expect(made).toEqual([]);
  });

  it('makes two keys of each algorithm, one after the other, fairly', async () => {
    const { provider, made, finish } = createSlowProvider();
    const pool = withKeyPool(provider, [-257, -258]);
    pool.warm();
    pool.warm();
    expect(made).toEqual([-257]);
    for (let key = 0; key < 4; key++) await finish();
    expect(made).toEqual([-257, -258, -257, -258]);
    expect([pool.ready(-257), pool.ready(-258)]).toEqual([2, 2]);
  });

  it('gives each key once, and makes up for it', async () => {
    const { provider, made, finish } = createSlowProvider();
    const pool = withKeyPool(provider, [-257]);
    pool.warm();
    await finish();
    await finish();
    const first = pool.generateKeyPair(-257) as KeyPair;
    const second = pool.generateKeyPair(-257) as KeyPair;
    expect([first.privateKey, second.privateKey]).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
    expect(made.length).toBe(3);
    await finish();
    await finish();
    expect(pool.ready(-257)).toBe(2);
  });

  it('lets nobody wait for the background when it is empty', async () => {
    const { provider, made, finish } = createSlowProvider();
    const pool = withKeyPool(provider, [-257], { generate: () => new Promise(() => undefined) });
    pool.warm();
    const pair = pool.generateKeyPair(-257);
    expect(made).toEqual([-257]);
    await finish();
    expect((await pair).privateKey).toEqual(Uint8Array.of(1));
  });

  it('passes other algorithms through', async () => {
    const { provider, made, finish } = createSlowProvider();
    const pool = withKeyPool(provider, [-257]);
    const pair = pool.generateKeyPair(-7);
    await finish();
    expect((await pair).publicKey.get(3)).toBe(-7);
    expect(made).toEqual([-7]);
    expect(pool.ready(-7)).toBe(0);
  });

  it('stops after the key in progress', async () => {
    const { provider, made, finish } = createSlowProvider();
    const pool = withKeyPool(provider, [-257]);
    pool.warm();
    pool.stop();
    await finish();
    expect(made.length).toBe(1);
    expect(pool.ready(-257)).toBe(1);
  });

  it('falls back on the provider when its own generator fails', async () => {
    const { provider, made, finish } = createSlowProvider();
    const pool = withKeyPool(provider, [-257], {
      generate: () => Promise.reject(new RangeError('no child')),
    });
    pool.warm();
    await Promise.resolve();
    await Promise.resolve();
    await finish();
    expect(made[0]).toBe(-257);
    expect(pool.ready(-257)).toBe(1);
  });

  it('rests after a failure and tries again at the next request', async () => {
    const { provider, made, finish, fail } = createSlowProvider();
    const pool = withKeyPool(provider, [-257]);
    pool.warm();
    await fail();
    expect(made.length).toBe(1);
    const pair = pool.generateKeyPair(-257);
    expect(made.length).toBe(3);
    await finish();
    await finish();
    await pair;
    expect(pool.ready(-257)).toBe(1);
  });

  it('is for RSA', () => {
    expect(slowAlgorithms(node.algorithms)).toEqual([-37, -38, -39, -257, -258, -259]);
  });
});

describe('RSA keys from a child process', () => {
  it('are good keys, and hold no exit while they are made', async () => {
    const before = process.getActiveResourcesInfo();
    const pair = createRsaChild(node, process.execPath)(-257);
    // Only what keeps the event loop alive is listed.
    expect(process.getActiveResourcesInfo().sort()).toEqual(before.sort());
    const { privateKey, publicKey } = await pair;
    expect((publicKey.get(-1) as Uint8Array).length).toBe(256);
    expect(publicKey.get(-2)).toEqual(Uint8Array.of(1, 0, 1));
    const data = new Uint8Array(5);
    expect(node.verify(publicKey, data, node.sign(-257, privateKey, data))).toBe(true);
  });

  it('fail cleanly where no Node.js is', async () => {
    await expect(createRsaChild(node, '/no/such/node')(-257)).rejects.toThrow(/ENOENT/);
  });
});
