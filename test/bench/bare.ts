import type { KeyObject } from 'node:crypto';
import { constants, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';

import type { CoseAlgorithm } from '../../src/cose/algorithm.ts';
import { algorithmSpec } from '../../src/cose/algorithm-table.ts';
import type { AlgorithmSpec } from '../../src/cose/algorithm-table.ts';
import { opensslCurves } from '../../src/crypto/node/capabilities.ts';

/** What a signature covers: authenticator data of 37 bytes and the hash of the client data. */
const signed = randomBytes(69);

/** The library alone: no stored form, no parsing, a key that is ready to sign. */
export interface BareAlgorithm {
  generate(): unknown;
  /** A function that signs with one key. */
  signer(): () => unknown;
  generateAndSign(): unknown;
}

const mlDsa = { 'ML-DSA-44': ml_dsa44, 'ML-DSA-65': ml_dsa65, 'ML-DSA-87': ml_dsa87 };

export function bareAlgorithm(alg: CoseAlgorithm): BareAlgorithm {
  const spec = algorithmSpec(alg);
  if (spec.kty === 'AKP') {
    const { keygen, sign: signWith } = mlDsa[spec.set];
    const use = (secretKey: Uint8Array) => signWith(signed, secretKey, { extraEntropy: randomBytes(32) });
    return bare(() => keygen(randomBytes(32)).secretKey, use);
  }
  return bare(
    () => generate(spec),
    (key) => signWithOpenssl(spec, key),
  );
}

function bare<PrivateKey>(make: () => PrivateKey, use: (key: PrivateKey) => unknown): BareAlgorithm {
  return {
    generate: make,
    signer: () => {
      const key = make();
      return () => use(key);
    },
    generateAndSign: () => use(make()),
  };
}

type OpensslSpec = Exclude<AlgorithmSpec, { readonly kty: 'AKP' }>;

function generate(spec: OpensslSpec): KeyObject {
  switch (spec.kty) {
    case 'EC2':
      return generateKeyPairSync('ec', { namedCurve: opensslCurves[spec.curve] }).privateKey;
    case 'OKP':
      return spec.curve === 'Ed25519'
        ? generateKeyPairSync('ed25519').privateKey
        : generateKeyPairSync('ed448').privateKey;
    case 'RSA':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  }
}

function signWithOpenssl(spec: OpensslSpec, key: KeyObject): unknown {
  if (spec.kty === 'OKP') return sign(null, signed, key);
  if (spec.kty === 'EC2' || spec.padding === 'pkcs1') return sign(spec.hash, signed, key);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return sign(spec.hash, signed, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
}
