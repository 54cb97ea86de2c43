import {
  SettingsService,
  verifyRegistrationResponse,
  type RegistrationResponseJSON,
  type VerifiedRegistrationResponse,
} from '@simplewebauthn/server';
import { Encoder } from 'cbor-x';
import type { CoseAlgorithm } from '../../../src/cose/algorithm.ts';
import { createAttester, type AttesterOptions } from '../../../src/attestation/attester.ts';
import { encodePem } from '../../../src/attestation/pem.ts';
import type { AttestationKind, AttestationRequest } from '../../../src/ports/attester.ts';
import type { KeyPair } from '../../../src/ports/crypto.ts';
import type { AttestationMaterial } from '../../../src/ports/keystore.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { fromHex } from '../../support/hex.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';

export const crypto = createNodeCrypto();
export const aaguid = fromHex('000102030405060708090a0b0c0d0e0f');

const cbor = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false });
const challenge = Buffer.from('challenge').toString('base64url');
const origin = 'https://example.com';
const rpId = 'example.com';

/** Certificates in memory, and how often they were written. */
export interface TestStore {
  attestation(): AttestationMaterial | undefined;
  setAttestation(material: AttestationMaterial): Promise<void>;
  readonly writes: AttestationMaterial[];
}

export function createTestStore(): TestStore {
  const writes: AttestationMaterial[] = [];
  return {
    writes,
    attestation: () => writes.at(-1),
    setAttestation: (material) => {
      writes.push(material);
      return Promise.resolve();
    },
  };
}

/** Certificates start in 2020, so that they are valid on any day on which the tests run. */
export function createOptions(store: TestStore, change: Partial<AttesterOptions> = {}): AttesterOptions {
  const clock = createFakeClock(0, Date.UTC(2020, 5, 15, 12));
  return { store, crypto, clock, random: createSeededRandom('attestation'), aaguid, ...change };
}

function authDataOf(
  kind: AttestationKind,
  credentialId: Uint8Array,
  pair: KeyPair,
  model: Uint8Array,
): Uint8Array {
  return Uint8Array.from([
    ...crypto.sha256(Buffer.from(rpId)),
    0x45,
    ...[0, 0, 0, 1],
    ...(kind === 'fido-u2f' ? new Uint8Array(16) : model),
    ...[0, credentialId.length],
    ...credentialId,
    ...cbor.encode(new Map(pair.publicKey)),
  ]);
}

export interface Registration {
  readonly request: AttestationRequest;
  readonly response: RegistrationResponseJSON;
  readonly fmt: string;
  readonly attStmt: ReadonlyMap<unknown, unknown>;
}

/** Makes a credential and has it attested as makeCredential would. */
export async function register(
  options: AttesterOptions,
  kind: AttestationKind,
  algorithm: CoseAlgorithm = -7,
): Promise<Registration> {
  const pair = await crypto.generateKeyPair(algorithm);
  const credentialId = new Uint8Array(32).fill(7);
  const clientData = Buffer.from(JSON.stringify({ type: 'webauthn.create', challenge, origin }));
  const authData = authDataOf(kind, credentialId, pair, options.aaguid);
  const request: AttestationRequest = {
    kind,
    authData,
    clientDataHash: crypto.sha256(clientData),
    rpIdHash: crypto.sha256(Buffer.from(rpId)),
    credentialId,
    algorithm,
    publicKey: pair.publicKey,
    signWithCredential: (data) => crypto.sign(algorithm, pair.privateKey, data),
  };
  const { fmt, attStmt } = await createAttester(options).attest(request);
  const attestationObject = cbor.encode(
    new Map<string, unknown>([
      ['fmt', fmt],
      ['attStmt', attStmt],
      ['authData', authData],
    ]),
  );
  const id = Buffer.from(credentialId).toString('base64url');
  const response: RegistrationResponseJSON = {
    id,
    rawId: id,
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      clientDataJSON: clientData.toString('base64url'),
      attestationObject: attestationObject.toString('base64url'),
    },
  };
  return { request, response, fmt, attStmt };
}

/** Somebody else's verifier, which trusts `roots` (DER) and nothing else. */
export function verify(
  registration: Registration,
  roots: readonly Uint8Array[] = [],
): Promise<VerifiedRegistrationResponse> {
  const certificates = roots.map((root) => encodePem('CERTIFICATE', root));
  SettingsService.setRootCertificates({ identifier: 'packed', certificates });
  SettingsService.setRootCertificates({ identifier: 'fido-u2f', certificates });
  return verifyRegistrationResponse({
    response: registration.response,
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    supportedAlgorithmIDs: [registration.request.algorithm],
  });
}
