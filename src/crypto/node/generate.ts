import { generateKeyPair, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { EcCurve, OkpCurve } from '../../cose/algorithm-table.ts';
import { decodeEcPrivateKey, type EcKeyParts } from '../pkcs8.ts';
import { opensslCurves } from './capabilities.ts';
import { view } from './view.ts';

/*
 * No generated KeyObject is ever exported as JWK, here or elsewhere: Node.js 20 can block for ever in it. The export
 * holds the lock of the key, a garbage collection in the middle of it frees the job that generated the key, and the
 * job's destructor waits for the same lock. Exports as DER take no lock, and keys that come out of the generator as JWK
 * never were objects.
 */

const modulusLength = 2048;
const publicExponent = 0x10001;

/** A new EC key: the object, ready to sign, and its parts. Of the encodings that are safe, SEC 1 is the fastest. */
export function generateEcKey(curve: EcCurve): { readonly object: KeyObject; readonly parts: EcKeyParts } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: opensslCurves[curve] });
  const sec1 = privateKey.export({ format: 'der', type: 'sec1' });
  return { object: privateKey, parts: decodeEcPrivateKey(curve, view(sec1)) };
}

/** The type definitions know no JWK here; Node.js has written it since 16.4. */
type GenerateJwk = (
  type: string,
  options: {
    readonly publicKeyEncoding: { readonly format: 'jwk' };
    readonly privateKeyEncoding: { readonly format: 'jwk' };
  },
) => { readonly privateKey: JsonWebKey };

/** A new private key for EdDSA as JWK, because its DER has no public key and costs ten times as much to read. */
export function generateOkpJwk(curve: OkpCurve): JsonWebKey {
  const generate = generateKeyPairSync as unknown as GenerateJwk;
  const encoding = { format: 'jwk' } as const;
  return generate(curve.toLowerCase(), { publicKeyEncoding: encoding, privateKeyEncoding: encoding })
    .privateKey;
}

/** A new RSA key of 2048 bits as PKCS#8 DER, made in the thread pool. */
export function generateRsaPkcs8(): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    generateKeyPair(
      'rsa',
      {
        modulusLength,
        publicExponent,
        publicKeyEncoding: { format: 'der', type: 'spki' },
        privateKeyEncoding: { format: 'der', type: 'pkcs8' },
      },
      (error, _publicKey, privateKey) => {
        if (error) reject(error);
        else resolve(view(privateKey));
      },
    );
  });
}
