import type { CborMap, CborValue } from '../cbor/value.ts';
import { coseAlgorithm } from '../cose/algorithm.ts';
import { uncompressedPoint } from '../cose/public-key.ts';
import { concatBytes } from '../ctap/bytes.ts';
import type { AttestationRequest, AttestationStatement, Attester } from '../ports/attester.ts';
import type { CertifiedKey } from '../ports/keystore.ts';
import { createMaterialSource, type MaterialOptions } from './material.ts';

/** The keystore, cryptography, time, randomness and AAGUID (16 bytes) of the key that attests. */
export type AttesterOptions = MaterialOptions;

const es256 = coseAlgorithm.ES256;

/**
 * Makes attestation statements (WebAuthn L3 §8.2, §8.6, §8.7). The test authority and its certificates come from the keystore, or are
 * made on first use; `none` and `packed-self` never touch them. Rejects with KeystoreError if they cannot be stored,
 * with UsageError if a new certificate is needed and the user gave a root without its private key.
 */
export function createAttester(options: AttesterOptions): Attester {
  const { crypto } = options;
  const material = createMaterialSource(options);
  const signWith = ({ privateKey }: CertifiedKey, data: Uint8Array): Uint8Array =>
    crypto.sign(es256, privateKey, data);

  const packed = (request: AttestationRequest, key: CertifiedKey): AttestationStatement =>
    statement('packed', [
      ['alg', es256],
      ['sig', signWith(key, concatBytes(request.authData, request.clientDataHash))],
      ['x5c', [key.certificate]],
    ]);
  return {
    attest: async (request) => {
      switch (request.kind) {
        case 'none':
          return statement('none', []);
        case 'packed-self':
          return packedSelf(request);
        case 'packed':
          return packed(request, (await material.batch()).batch);
        case 'enterprise':
          return packed(request, (await material.enterprise()).enterprise);
        case 'fido-u2f': {
          const signed = u2fSignedData(request);
          const { batch } = await material.batch();
          return statement('fido-u2f', [
            ['sig', signWith(batch, signed)],
            ['x5c', [batch.certificate]],
          ]);
        }
      }
    },
    signU2f: async (data) => {
      const { batch } = await material.batch();
      return { certificate: batch.certificate, signature: signWith(batch, data) };
    },
  };
}

/** Surrogate attestation, signed by the credential itself (WebAuthn L3 §8.2). */
function packedSelf(request: AttestationRequest): AttestationStatement {
  return statement('packed', [
    ['alg', request.algorithm],
    ['sig', request.signWithCredential(concatBytes(request.authData, request.clientDataHash))],
  ]);
}

/** The signed data of WebAuthn L3 §8.6. Throws RangeError for a credential that is not ES256. */
function u2fSignedData(request: AttestationRequest): Uint8Array {
  const point = uncompressedPoint(request.publicKey);
  if (request.algorithm !== es256 || point === undefined) {
    throw new RangeError('fido-u2f attestation is for ES256 credentials only');
  }
  return concatBytes(Uint8Array.of(0), request.rpIdHash, request.clientDataHash, request.credentialId, point);
}

/** `members` in the order of canonical CBOR. */
function statement(fmt: string, members: readonly [string, CborValue][]): AttestationStatement {
  const attStmt: CborMap = new Map(members);
  return { fmt, attStmt };
}
