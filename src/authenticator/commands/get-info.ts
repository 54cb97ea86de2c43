import { concatBytes, utf8Bytes } from '../../ctap/bytes.ts';
import { encodeGetInfoResponse, type GetInfoResponse } from '../../ctap/messages/get-info.ts';
import type { Environment } from '../environment.ts';
import * as features from '../features.ts';
import { attestationFormats } from '../steps/attestation-kind.ts';
import { supportedConfigCommands } from './config/supported.ts';
import { defaultProtocols } from '../steps/pin-uv-auth.ts';

/** authenticatorGetInfo (CTAP 2.3 §6.4). Answers in every state and never asks. */
export function getInfoCommand(environment: Environment): Uint8Array {
  return encodeGetInfoResponse(getInfo(environment));
}

/** Everything here follows from the profile and the persistent state; nothing is fixed. */
export function getInfo(environment: Environment): GetInfoResponse {
  const { profile } = environment;
  return {
    versions: features.versions(environment),
    ...(profile.extensions.length > 0 && { extensions: profile.extensions }),
    aaguid: profile.aaguid,
    options: optionsOf(environment),
    maxMsgSize: profile.maxMsgSize,
    ...(usesProtocols(environment) && { pinUvAuthProtocols: profile.pin?.protocols ?? defaultProtocols }),
    maxCredentialCountInList: profile.maxCredentialCountInList,
    maxCredentialIdLength: profile.maxCredentialIdLength,
    transports: profile.transports,
    algorithms: profile.algorithms,
    firmwareVersion: profile.firmwareVersion,
    ...(profile.certifications && { certifications: new Map(Object.entries(profile.certifications)) }),
    ...(profile.transportsForReset && { transportsForReset: profile.transportsForReset }),
    remainingDiscoverableCredentials: features.remainingDiscoverable(environment),
    attestationFormats: attestationFormats(profile),
    ...storageMembers(environment),
    ...configMembers(environment),
    ...pinMembers(environment),
    ...uvMembers(environment),
    ...encryptedMembers(environment),
  };
}

function usesProtocols({ profile }: Environment): boolean {
  return (
    profile.pin !== undefined || profile.builtInUv !== undefined || profile.extensions.includes('hmac-secret')
  );
}

function optionsOf(environment: Environment): ReadonlyMap<string, boolean> {
  const { profile } = environment;
  const options: readonly [string, boolean | undefined][] = [
    ['plat', features.isPlatformKey(profile)],
    ['rk', profile.maxDiscoverableCredentials > 0],
    ['clientPin', features.clientPin(environment)],
    ['up', true],
    ['uv', features.builtInUv(environment)],
    ['bioEnroll', features.bioEnroll(environment)],
    ['userVerificationMgmtPreview', features.bioEnroll(environment)],
    ['uvBioEnroll', profile.bioEnrollment && profile.uvBioEnroll ? true : undefined],
    ['pinUvAuthToken', profile.pin || profile.builtInUv ? true : undefined],
    ['noMcGaPermissionsWithClientPin', profile.pin?.noMcGaPermissions ? true : undefined],
    ['largeBlobs', profile.largeBlobArray ? true : undefined],
    ['ep', features.enterpriseAttestation(environment)],
    ['authnrCfg', supportedConfigCommands(profile).length > 0 ? true : undefined],
    ['uvAcfg', profile.authenticatorConfig && profile.uvAcfg ? true : undefined],
    ['setMinPINLength', profile.setMinPinLength ? true : undefined],
    ['credMgmt', profile.credentialManagement ? true : undefined],
    ['credentialMgmtPreview', profile.credentialManagement ? true : undefined],
    ['perCredMgmtRO', profile.perCredMgmtRo ? true : undefined],
    ['makeCredUvNotRqd', features.makeCredUvNotRqd(environment)],
    ['alwaysUv', features.alwaysUv(environment)],
  ];
  return new Map(options.filter((option): option is [string, boolean] => option[1] !== undefined));
}

function storageMembers({ profile }: Environment): Partial<GetInfoResponse> {
  return {
    ...(profile.largeBlobArray && { maxSerializedLargeBlobArray: profile.largeBlobArray.capacity }),
    ...(profile.maxCredBlobLength !== undefined && { maxCredBlobLength: profile.maxCredBlobLength }),
  };
}

/** Members about authenticatorConfig and what it sets (CTAP 2.3 §6.4). */
function configMembers(environment: Environment): Partial<GetInfoResponse> {
  const { profile } = environment;
  const commands = supportedConfigCommands(profile);
  const longTouchForReset = features.longTouchForReset(environment);
  return {
    ...(profile.setMinPinLength && { maxRpIdsForSetMinPinLength: profile.setMinPinLength.maxRpIds }),
    ...(profile.vendorConfigCommands && { vendorPrototypeConfigCommands: profile.vendorConfigCommands }),
    ...(longTouchForReset !== undefined && { longTouchForReset }),
    ...(commands.length > 0 && { authenticatorConfigCommands: commands }),
  };
}

/** The policy beyond length, and where people read about it. */
function policyMembers(environment: Environment): Partial<GetInfoResponse> {
  const pinComplexityPolicy = features.pinComplexityPolicy(environment);
  const url = environment.profile.pinComplexity?.url;
  return {
    ...(pinComplexityPolicy !== undefined && { pinComplexityPolicy }),
    ...(url !== undefined && { pinComplexityPolicyUrl: utf8Bytes(url) }),
  };
}

/** Members that exist exactly when client PIN does (CTAP 2.3 §6.4). */
function pinMembers(environment: Environment): Partial<GetInfoResponse> {
  const { keystore, profile } = environment;
  if (!profile.pin) return {};
  return {
    forcePinChange: keystore.state().forcePinChange,
    minPinLength: features.minPinLength(environment),
    maxPinLength: profile.pin.maxLength,
    ...policyMembers(environment),
  };
}

/** Bits of the FIDO registry's user verification methods; client PIN has no bit of its own. */
const modalityBits = { fingerprint: 0x02, pin: 0x04 } as const;

function uvMembers({ keystore, profile }: Environment): Partial<GetInfoResponse> {
  if (!profile.builtInUv) return {};
  return {
    preferredPlatformUvAttempts: profile.builtInUv.attemptsPerOperation,
    uvModality: modalityBits[profile.builtInUv.modality],
    uvCountSinceLastPinEntry: keystore.state().uvCountSinceLastPinEntry,
  };
}

/** Identifiers that only a holder of the persistent token can read (CTAP 2.3 §6.4). */
function encryptedMembers(environment: Environment): Partial<GetInfoResponse> {
  if (!environment.profile.perCredMgmtRo) return {};
  const { credStoreState, deviceIdentifier } = environment.keystore.state();
  return {
    encIdentifier: sealForTokenHolder(environment, 'encIdentifier', deviceIdentifier),
    encCredStoreState: sealForTokenHolder(environment, 'encCredStoreState', credStoreState),
  };
}

/** A fresh IV and one block of AES-128-CBC under a key derived from the persistent token: 32 bytes. */
function sealForTokenHolder(
  { crypto, keystore, random }: Environment,
  info: string,
  plaintext: Uint8Array,
): Uint8Array {
  const token = keystore.state().persistentPinUvAuthToken;
  const key = crypto.hkdfSha256(token, new Uint8Array(32), utf8Bytes(info), 16);
  const iv = random.bytes(16);
  return concatBytes(iv, crypto.aesCbcEncrypt(key, iv, plaintext));
}
