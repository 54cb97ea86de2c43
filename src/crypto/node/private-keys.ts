import { createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import type { CoseAlgorithm } from '../../cose/algorithm.ts';
import { algorithmSpec, type AlgorithmSpec, type RsaAlgorithm } from '../../cose/algorithm-table.ts';
import type { PublicKey } from '../../cose/public-key.ts';
import { UnsuitableKeyError, type KeyPair } from '../../ports/crypto.ts';
import { privateOnly, requireOwnPublicKey, toKeyPair } from '../key-parts.ts';
import { keyTypeOf, requireKeyType, type KeyType } from '../key-type.ts';
import { LruCache } from '../lru-cache.ts';
import type { MlDsa } from '../ml-dsa.ts';
import { decodePkcs8, decodePkcs8For, type PrivateKeyParts } from '../pkcs8.ts';
import { generateEcKey, generateOkpJwk, generateRsaPkcs8 } from './generate.ts';
import {
  publicKeyOf,
  publicKeyOfPoint,
  readPrivateJwk,
  toPrivateKeyObject,
  toPublicKeyObject,
  type OpensslParts,
  type OpensslPublicKey,
} from './key-objects.ts';
import { signWith, verifyWith } from './signatures.ts';
import { view } from './view.ts';

const mlDsaSeedSize = 32;
/** Parsed keys kept. A parse costs OpenSSL more than ten signatures. */
const cacheCapacity = 256;

/** A parsed private key. */
interface SigningKey {
  readonly type: KeyType;
  publicKey(): PublicKey;
  sign(spec: AlgorithmSpec, data: Uint8Array): Uint8Array;
}

interface OpenedKey {
  readonly parts: PrivateKeyParts;
  readonly key: SigningKey;
}

export interface PrivateKeys {
  generate(alg: CoseAlgorithm): KeyPair | Promise<KeyPair>;
  import(alg: CoseAlgorithm, privateKey: Uint8Array): KeyPair;
  sign(alg: CoseAlgorithm, privateKey: Uint8Array, data: Uint8Array): Uint8Array;
}

/** Private keys in OpenSSL, with a cache of parsed ones that is keyed by their PKCS#8 bytes. */
export function createPrivateKeys(mlDsa: MlDsa): PrivateKeys {
  const cache = new LruCache<string, SigningKey>(cacheCapacity);
  const cacheKey = (privateKey: Uint8Array): string =>
    Buffer.from(privateKey.buffer, privateKey.byteOffset, privateKey.byteLength).toString('latin1');

  const keep = (alg: CoseAlgorithm, { parts, key }: OpenedKey): KeyPair => {
    const pair = toKeyPair(alg, parts, key.publicKey());
    cache.set(cacheKey(pair.privateKey), key);
    return pair;
  };
  return {
    generate: (alg) => {
      const spec = algorithmSpec(alg);
      if (spec.kty === 'RSA') return generateRsaKey(mlDsa).then((opened) => keep(alg, opened));
      return keep(alg, generateKey(spec, mlDsa));
    },
    import: (alg, privateKey) => {
      const parts = decodePkcs8For(alg, privateKey);
      const key = openKey(parts.kty === 'AKP' ? parts : privateOnly(parts), mlDsa);
      requireOwnPublicKey(parts, key.publicKey());
      if (parts.kty === 'RSA') requireConsistent(key);
      return keep(alg, { parts, key });
    },
    sign: (alg, privateKey, data) => {
      const name = cacheKey(privateKey);
      let key = cache.get(name);
      if (key === undefined) {
        key = openKey(decodePkcs8(privateKey), mlDsa);
        cache.set(name, key);
      }
      requireKeyType(alg, key.type);
      return key.sign(algorithmSpec(alg), data);
    },
  };
}

function openKey(parts: PrivateKeyParts, mlDsa: MlDsa): SigningKey {
  if (parts.kty !== 'AKP') {
    const object = toPrivateKeyObject(parts);
    return opensslKey(
      parts,
      () => object,
      () => publicKeyOf(object, parts),
    );
  }
  const key = mlDsa.open(parts.set, parts.seed, parts.expandedKey);
  return {
    type: parts.set,
    publicKey: () => ({ kty: 'AKP', set: parts.set, publicKey: key.publicKey }),
    sign: (_spec, data) => key.sign(data),
  };
}

function opensslKey(
  parts: OpensslParts,
  object: () => KeyObject,
  publicKey: () => OpensslPublicKey,
): SigningKey {
  return {
    type: keyTypeOf(parts),
    publicKey,
    sign: (spec, data) => {
      if (spec.kty === 'AKP')
        throw new UnsuitableKeyError('OpenSSL keys of this kind do not sign with ML-DSA');
      return signWith(spec, object(), data);
    },
  };
}

function generateKey(spec: Exclude<AlgorithmSpec, RsaAlgorithm>, mlDsa: MlDsa): OpenedKey {
  switch (spec.kty) {
    case 'EC2': {
      const { object, parts } = generateEcKey(spec.curve);
      const key = opensslKey(
        parts,
        () => object,
        () => publicKeyOfPoint(parts),
      );
      return { parts, key };
    }
    case 'OKP': {
      const jwk = generateOkpJwk(spec.curve);
      const { parts, publicKey } = readPrivateJwk(spec, jwk);
      let object: KeyObject | undefined;
      const load = (): KeyObject => (object ??= createPrivateKey({ key: jwk, format: 'jwk' }));
      return { parts, key: opensslKey(parts, load, () => publicKey) };
    }
    case 'AKP': {
      const parts = { kty: 'AKP', set: spec.set, seed: view(randomBytes(mlDsaSeedSize)) } as const;
      return { parts, key: openKey(parts, mlDsa) };
    }
  }
}

/** In the thread pool: it takes from some tens of milliseconds to seconds. */
async function generateRsaKey(mlDsa: MlDsa): Promise<OpenedKey> {
  const parts = decodePkcs8(await generateRsaPkcs8());
  return { parts, key: openKey(parts, mlDsa) };
}

/** Whether the private numbers of an RSA key belong to its public ones. Throws UnsuitableKeyError. */
function requireConsistent(key: SigningKey): void {
  const spec = { kty: 'RSA', padding: 'pkcs1', hash: 'sha256' } as const;
  const data = new Uint8Array(32);
  const publicKey = key.publicKey();
  if (publicKey.kty === 'AKP') return;
  try {
    if (verifyWith(spec, toPublicKeyObject(publicKey), data, key.sign(spec, data))) return;
  } catch (cause) {
    throw new UnsuitableKeyError('the RSA key does not work', { cause });
  }
  throw new UnsuitableKeyError('the private numbers of the RSA key do not belong to the modulus');
}
