/** Signatures with algorithms that SimpleWebAuthn does not know, or not on this Node.js, judged by OpenSSL and noble. */
import { createHash, verify } from 'node:crypto';
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';
import type { RegistrationResponseJSON } from '@simplewebauthn/server';
import { decodeAttestationObject } from '@simplewebauthn/server/helpers';

const HASHES: Readonly<Record<number, string | null>> = { [-7]: 'sha256', [-9]: 'sha256', [-19]: null };
const ML_DSA_65 = -49;
const ML_DSA_65_KEY_BYTES = 1952;

/** Whether the new key signed its own packed attestation. The browser has turned it into a SubjectPublicKeyInfo. */
export function verifySelfAttestation({ response }: RegistrationResponseJSON): boolean {
  const { publicKey = '', publicKeyAlgorithm: algorithm = 0 } = response;
  const object = decodeAttestationObject(
    new Uint8Array(Buffer.from(response.attestationObject, 'base64url')),
  );
  const statement = object.get('attStmt');
  const signature = statement.get('sig') ?? new Uint8Array();
  if (statement.get('alg') !== algorithm || statement.get('x5c') !== undefined) return false;
  const clientDataHash = createHash('sha256')
    .update(Buffer.from(response.clientDataJSON, 'base64url'))
    .digest();
  const message = Buffer.concat([object.get('authData'), clientDataHash]);
  const spki = Buffer.from(publicKey, 'base64url');
  if (algorithm === ML_DSA_65)
    return ml_dsa65.verify(signature, message, spki.subarray(-ML_DSA_65_KEY_BYTES));
  const hash = HASHES[algorithm];
  if (hash === undefined) throw new Error(`no second opinion on algorithm ${algorithm}`);
  return verify(hash, message, { key: spki, format: 'der', type: 'spki' }, signature);
}
