import type { CoseAlgorithm } from '../../cose/algorithm.ts';
import { encodeAuthData } from '../../ctap/auth-data.ts';
import { sameBytes } from '../../ctap/bytes.ts';
import { CtapError } from '../../ctap/error.ts';
import type { MakeCredentialRequest, MakeCredentialResponse } from '../../ctap/messages/make-credential.ts';
import type { AttestationKind } from '../../ports/attester.ts';
import { credProtectLevel, type Credential } from '../../ports/credential.ts';
import { firstCounter, type CounterStep } from '../counter.ts';
import type { Environment } from '../environment.ts';
import type { CombinedOutput, PreparedExtensions } from '../extensions/registry.ts';
import { remainingDiscoverable } from '../features.ts';
import { chooseAttestation } from './attestation-kind.ts';
import { renewCredStoreState } from './cred-store-state.ts';

/** A makeCredential request that passed every check. */
export interface Creation {
  readonly request: MakeCredentialRequest;
  readonly rpIdHash: Uint8Array;
  readonly algorithm: CoseAlgorithm;
  readonly discoverable: boolean;
  readonly userVerified: boolean;
  /** An enterprise attestation was asked for and granted. */
  readonly enterprise: boolean;
  readonly extensions: PreparedExtensions;
}

/** CTAP 2.3 §6.1.2 steps 16 to 18: key pair, storage, attestation. Stored before the response leaves. */
export async function createCredential(
  environment: Environment,
  creation: Creation,
): Promise<MakeCredentialResponse> {
  const { clientDataHash, rp } = creation.request;
  requireRoom(environment, creation);
  const counter = firstCounter(environment);
  const credential = await buildCredential(environment, creation, counter);
  const outputs = creation.extensions.outputs(credential);
  const kind = attestationKind(environment, creation);
  const authData = buildAuthData(environment, creation, credential, counter.signCount, outputs, kind);
  const { fmt, attStmt } = await environment.attester.attest({
    kind,
    authData,
    clientDataHash,
    rpIdHash: creation.rpIdHash,
    credentialId: credential.id,
    algorithm: credential.algorithm,
    publicKey: credential.publicKey,
    signWithCredential: (data) => environment.crypto.sign(credential.algorithm, credential.privateKey, data),
  });
  if (!isTouchProbe(rp.id)) {
    const renewed = creation.discoverable ? renewCredStoreState(environment) : {};
    await environment.keystore.add(credential, { ...counter.state, ...renewed });
  }
  return {
    fmt,
    authData,
    attStmt,
    ...(creation.enterprise && { epAtt: true as const }),
    ...(outputs.largeBlobKey && { largeBlobKey: outputs.largeBlobKey }),
    ...(outputs.unsigned && { unsignedExtensionOutputs: outputs.unsigned }),
  };
}

function attestationKind(
  { profile }: Environment,
  { algorithm, enterprise, request }: Creation,
): AttestationKind {
  return enterprise
    ? 'enterprise'
    : chooseAttestation(profile, algorithm, request.attestationFormatsPreference);
}

/** RP IDs under which browsers ask only for a touch; no site can have them, so nothing is kept. */
const touchProbeRpIds = ['make.me.blink', '.dummy'];

function isTouchProbe(rpId: string): boolean {
  return touchProbeRpIds.includes(rpId);
}

/** CTAP 2.3 §6.1.2 step 17: a credential that replaces one of the same account needs no room. */
function requireRoom(environment: Environment, { discoverable, request, rpIdHash }: Creation): void {
  if (!discoverable || remainingDiscoverable(environment) > 0) return;
  const replaces = environment.keystore
    .discoverable(rpIdHash)
    .some((existing) => existing.user && sameBytes(existing.user.id, request.user.id));
  if (!replaces) throw new CtapError('KEY_STORE_FULL', 'no room for another discoverable credential');
}

async function buildCredential(
  { clock, crypto, profile, random }: Environment,
  { algorithm, discoverable, extensions, request, rpIdHash }: Creation,
  counter: CounterStep,
): Promise<Credential> {
  const { privateKey, publicKey } = await crypto.generateKeyPair(algorithm);
  const { rp, user } = request;
  return {
    id: random.bytes(profile.credentialIdLength),
    rpIdHash,
    rpId: rp.id,
    ...(rp.name !== undefined && { rpName: rp.name }),
    user,
    discoverable,
    protocol: 'ctap2',
    algorithm,
    privateKey,
    publicKey,
    signCount: counter.stored,
    credProtect: credProtectLevel.userVerificationOptional,
    credRandomWithUv: random.bytes(32),
    credRandomWithoutUv: random.bytes(32),
    thirdPartyPayment: false,
    backupEligible: profile.backupEligible,
    backupState: profile.backupState,
    createdAt: clock.wall(),
    ...extensions.credential,
  };
}

const aaguidLength = 16;

/** SPEC-SILENT §6.1.2: WebAuthn verifiers want an all-zero AAGUID with the format fido-u2f. */
function buildAuthData(
  { profile }: Environment,
  { userVerified }: Creation,
  credential: Credential,
  signCount: number,
  outputs: CombinedOutput,
  kind: AttestationKind,
): Uint8Array {
  return encodeAuthData({
    rpIdHash: credential.rpIdHash,
    userPresent: true,
    userVerified,
    backupEligible: credential.backupEligible,
    backupState: credential.backupState,
    signCount,
    attested: {
      aaguid: kind === 'fido-u2f' ? new Uint8Array(aaguidLength) : profile.aaguid,
      credentialId: credential.id,
      publicKey: credential.publicKey,
    },
    extensions: outputs.signed,
  });
}
