import { describe, expect, it } from 'vitest';
import { coseAlgorithm, type CoseAlgorithm } from '../../../src/cose/algorithm.ts';
import { algorithmSpec } from '../../../src/cose/algorithm-table.ts';
import {
  InvalidPointError,
  UnsuitableKeyError,
  type CryptoProvider,
  type KeyPair,
} from '../../../src/ports/crypto.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { createNobleCrypto } from '../../../src/crypto/noble/provider.ts';
import { node, noble, providers } from './providers.ts';

const data = new TextEncoder().encode('authData and clientDataHash');
const isRsa = (alg: CoseAlgorithm): boolean => algorithmSpec(alg).kty === 'RSA';

/** One RSA key serves all RSA algorithms. */
let rsaKey: Promise<Uint8Array> | undefined;
async function keyFor(alg: CoseAlgorithm): Promise<KeyPair> {
  if (!isRsa(alg)) return node.generateKeyPair(alg);
  rsaKey ??= Promise.resolve(node.generateKeyPair(-257)).then((pair) => pair.privateKey);
  return node.importPrivateKey(alg, await rsaKey);
}

function flipLastBit(bytes: Uint8Array): Uint8Array {
  const bent = bytes.slice();
  bent[bent.length - 1]! ^= 1;
  return bent;
}

const signatureLengths: Partial<Record<CoseAlgorithm, number>> = {
  [-8]: 64,
  [-19]: 64,
  [-53]: 114,
  [-257]: 256,
  [-258]: 256,
  [-259]: 256,
  [-37]: 256,
  [-38]: 256,
  [-39]: 256,
  [-48]: 2420,
  [-49]: 3309,
  [-50]: 4627,
};

describe('declared algorithms', () => {
  it('are all that Fauxkey knows in OpenSSL, and all but RSA in noble', () => {
    const all = Object.values(coseAlgorithm);
    expect(node.algorithms).toEqual(all);
    expect(noble.algorithms).toEqual(all.filter((alg) => !isRsa(alg)));
  });
});

describe.each(Object.entries(coseAlgorithm))('%s', (_name, alg) => {
  it('signatures of OpenSSL verify with noble, and with nothing bent', async () => {
    const { privateKey, publicKey } = await keyFor(alg);
    const signature = node.sign(alg, privateKey, data);
    expect(publicKey.get(3)).toBe(alg);
    for (const [name, crypto] of providers) {
      expect(crypto.verify(publicKey, data, signature), name).toBe(true);
      expect(crypto.verify(publicKey, flipLastBit(data), signature), name).toBe(false);
      expect(crypto.verify(publicKey, data, flipLastBit(signature)), name).toBe(false);
      expect(crypto.verify(publicKey, data, signature.slice(0, -1)), name).toBe(false);
      expect(crypto.verify(publicKey, data, new Uint8Array()), name).toBe(false);
    }
    const length = signatureLengths[alg];
    if (length === undefined) expect(signature[0]).toBe(0x30);
    else expect(signature.length).toBe(length);
  });

  it('a key is the same in both providers', async () => {
    const pair = await keyFor(alg);
    expect(node.importPrivateKey(alg, pair.privateKey)).toEqual(pair);
    if (isRsa(alg)) expect(() => noble.importPrivateKey(alg, pair.privateKey)).toThrow(UnsuitableKeyError);
    else expect(noble.importPrivateKey(alg, pair.privateKey)).toEqual(pair);
  });

  it.skipIf(isRsa(alg))('keys and signatures of noble serve OpenSSL', async () => {
    const pair = await noble.generateKeyPair(alg);
    expect(node.importPrivateKey(alg, pair.privateKey)).toEqual(pair);
    const signature = noble.sign(alg, pair.privateKey, data);
    expect(node.verify(pair.publicKey, data, signature)).toBe(true);
    expect(node.verify(pair.publicKey, flipLastBit(data), signature)).toBe(false);
    expect(noble.verify(pair.publicKey, data, node.sign(alg, pair.privateKey, data))).toBe(true);
  });

  it('refuses the key of another algorithm', async () => {
    const other = algorithmSpec(alg).kty === 'OKP' ? -7 : algorithmSpec(alg).kty === 'EC2' ? -53 : -8;
    const { privateKey } = await node.generateKeyPair(other);
    for (const [name, crypto] of providers) {
      expect(() => crypto.importPrivateKey(alg, privateKey), name).toThrow(UnsuitableKeyError);
      expect(() => crypto.sign(alg, privateKey, data), name).toThrow(UnsuitableKeyError);
    }
  });
});

describe('fully specified algorithms', () => {
  it('take the keys of their older names, and differ in label 3 only', async () => {
    for (const [older, newer] of [
      [-7, -9],
      [-35, -51],
      [-36, -52],
      [-8, -19],
    ] as const) {
      const pair = await node.generateKeyPair(older);
      const { publicKey } = node.importPrivateKey(newer, pair.privateKey);
      expect(new Map(publicKey)).toEqual(new Map(pair.publicKey).set(3, newer));
    }
  });
});

describe.each(providers)('agreement keys, %s', (_name, crypto) => {
  it('agree with those of the other provider', () => {
    const [ours, theirs] = [crypto.createAgreementKey(), node.createAgreementKey()];
    expect(ours.agree(theirs)).toEqual(theirs.agree(ours));
    expect([ours.x.length, ours.y.length, ours.agree(theirs).length]).toEqual([32, 32, 32]);
    expect(crypto.createAgreementKey().x).not.toEqual(ours.x);
  });

  it('refuse points that are not on the curve', () => {
    const key = crypto.createAgreementKey();
    const { x, y } = crypto.createAgreementKey();
    const bad = [
      { x, y: flipLastBit(y) },
      { x: new Uint8Array(32), y: new Uint8Array(32) },
      { x: new Uint8Array(32).fill(0xff), y },
      { x: x.slice(1), y },
      { x, y: Uint8Array.from([0, ...y]) },
    ];
    for (const peer of bad) expect(() => key.agree(peer)).toThrow(InvalidPointError);
  });

  it('refuse scalars out of range', () => {
    for (const scalar of [new Uint8Array(32), new Uint8Array(32).fill(0xff), new Uint8Array(31).fill(1)]) {
      expect(() => crypto.createAgreementKey(scalar)).toThrow(UnsuitableKeyError);
    }
  });
});

describe.each(providers)('%s', (_name, crypto) => {
  it('compares contents and lengths', () => {
    expect(crypto.equal(data, data.slice())).toBe(true);
    expect(crypto.equal(data, flipLastBit(data))).toBe(false);
    expect(crypto.equal(data, data.slice(1))).toBe(false);
    expect(crypto.equal(new Uint8Array(), new Uint8Array())).toBe(true);
  });

  it('encrypts nothing to nothing, and refuses what is not whole blocks', () => {
    const [key, iv] = [new Uint8Array(32), new Uint8Array(16)];
    expect(crypto.aesCbcEncrypt(key, iv, new Uint8Array())).toEqual(new Uint8Array());
    for (const name of ['aesCbcEncrypt', 'aesCbcDecrypt'] as const) {
      const run: CryptoProvider['aesCbcEncrypt'] = (...input) => crypto[name](...input);
      expect(() => run(key, iv, new Uint8Array(15))).toThrow(RangeError);
      expect(() => run(key, iv.slice(1), new Uint8Array(16))).toThrow(RangeError);
      expect(() => run(key.slice(8), iv, new Uint8Array(16))).toThrow(RangeError);
    }
  });

  it('says false to public keys that do not exist', async () => {
    const { privateKey, publicKey } = await node.generateKeyPair(-7);
    const signature = node.sign(-7, privateKey, data);
    const offCurve = new Map(publicKey).set(-3, flipLastBit(publicKey.get(-3) as Uint8Array));
    expect(crypto.verify(offCurve, data, signature)).toBe(false);
    expect(crypto.verify(new Map(publicKey).set(3, -5000), data, signature)).toBe(false);
    expect(crypto.verify(new Map(), data, signature)).toBe(false);
  });

  it('hands out plain byte arrays', async () => {
    const { privateKey } = await crypto.generateKeyPair(-7);
    const outputs = [
      privateKey,
      crypto.sha256(data),
      crypto.hmacSha256(data, data),
      crypto.hkdfSha256(data, data, data, 7),
      crypto.aesCbcEncrypt(new Uint8Array(16), new Uint8Array(16), new Uint8Array(16)),
      crypto.createAgreementKey().x,
      crypto.sign(-7, privateKey, data),
    ];
    for (const output of outputs) expect(Object.getPrototypeOf(output)).toBe(Uint8Array.prototype);
  });
});

describe('noble with a seeded random', () => {
  it('makes the same keys and signatures again', async () => {
    const [one, two] = ['same', 'same'].map((seed) => createNobleCrypto(createSeededRandom(seed)));
    for (const alg of noble.algorithms) {
      const pair = await one!.generateKeyPair(alg);
      expect(await two!.generateKeyPair(alg)).toEqual(pair);
      expect(one!.sign(alg, pair.privateKey, data)).toEqual(two!.sign(alg, pair.privateKey, data));
    }
  });
});
