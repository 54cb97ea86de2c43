import { generateKeyPair, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { CoseAlgorithm } from '../../cose/algorithm.ts';
import {
  algorithmSpec,
  type AlgorithmSpec,
  type EcdsaAlgorithm,
  type EddsaAlgorithm,
  type RsaAlgorithm,
} from '../../cose/algorithm-table.ts';
import type { PublicKey } from '../../cose/public-key.ts';
import { UnsuitableKeyError, type KeyPair } from '../../ports/crypto.ts';
import { encodePoint, privateOnly, requireOwnPublicKey, toKeyPair } from '../key-parts.ts';
import { keyTypeOf, requireKeyType, type KeyType } from '../key-type.ts';
import { LruCache } from '../lru-cache.ts';
import type { MlDsa } from '../ml-dsa.ts';
import { decodePkcs8, decodePkcs8For, type PrivateKeyParts } from '../pkcs8.ts';
import { opensslCurves } from './capabilities.ts';
import {
  numbersOf,
  publicKeyOf,
  toPrivateKeyObject,
  toPublicKeyObject,
  type OpensslParts,
} from './key-objects.ts';
import { signWith, verifyWith } from './signatures.ts';
import { view } from './view.ts';

const modulusLength = 2048;
const publicExponent = 0x10001;
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
  const cacheKey = (privateKey: Uint8Array): string => Buffer.from(privateKey).toString('latin1');

  const keep = (alg: CoseAlgorithm, { parts, key }: OpenedKey): KeyPair => {
    const pair = toKeyPair(alg, parts, key.publicKey());
    cache.set(cacheKey(pair.privateKey), key);
    return pair;
  };
  return {
    generate: (alg) => {
      const spec = algorithmSpec(alg);
      if (spec.kty === 'RSA') return generateRsaKey().then((opened) => keep(alg, opened));
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
  if (parts.kty !== 'AKP') return opensslKey(toPrivateKeyObject(parts), parts);
  const key = mlDsa.open(parts.set, parts.seed, parts.expandedKey);
  return {
    type: parts.set,
    publicKey: () => ({ kty: 'AKP', set: parts.set, publicKey: key.publicKey }),
    sign: (_spec, data) => key.sign(data),
  };
}

function opensslKey(object: KeyObject, parts: OpensslParts): SigningKey {
  return {
    type: keyTypeOf(parts),
    publicKey: () => publicKeyOf(object, parts),
    sign: (spec, data) => {
      if (spec.kty === 'AKP')
        throw new UnsuitableKeyError('OpenSSL keys of this kind do not sign with ML-DSA');
      return signWith(spec, object, data);
    },
  };
}

function generateKey(spec: Exclude<AlgorithmSpec, RsaAlgorithm>, mlDsa: MlDsa): OpenedKey {
  if (spec.kty === 'AKP') {
    const parts = { kty: 'AKP', set: spec.set, seed: view(randomBytes(mlDsaSeedSize)) } as const;
    return { parts, key: openKey(parts, mlDsa) };
  }
  const object = generateObject(spec);
  const { secret, x, y } = numbersOf(object);
  const parts: OpensslParts =
    spec.kty === 'OKP'
      ? { kty: 'OKP', curve: spec.curve, seed: secret }
      : { kty: 'EC2', curve: spec.curve, d: secret, point: encodePoint({ x, y }) };
  return { parts, key: opensslKey(object, parts) };
}

function generateObject(spec: EcdsaAlgorithm | EddsaAlgorithm): KeyObject {
  if (spec.kty === 'EC2') {
    return generateKeyPairSync('ec', { namedCurve: opensslCurves[spec.curve] }).privateKey;
  }
  return (spec.curve === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448'))
    .privateKey;
}

/** In the thread pool: it takes from some tens of milliseconds to seconds. */
async function generateRsaKey(): Promise<OpenedKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength, publicExponent });
  const parts = decodePkcs8(view(privateKey.export({ format: 'der', type: 'pkcs8' })));
  if (parts.kty === 'AKP') throw new UnsuitableKeyError('OpenSSL did not make an RSA key');
  return { parts, key: opensslKey(privateKey, parts) };
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
