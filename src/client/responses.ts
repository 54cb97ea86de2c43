import { decodeCbor } from '../cbor/decode.ts';
import { CborError } from '../cbor/error.ts';
import {
  arrayOf,
  boolean,
  bytes,
  map,
  optional,
  required,
  struct,
  text,
  textMapOf,
  uint,
  uint64,
  type Decoded,
  type FieldTable,
  type FieldType,
} from '../cbor/table.ts';
import type { CoseKey } from '../cose/key.ts';
import { decodeAuthData, type AuthData } from '../ctap/auth-data.ts';
import { credentialDescriptor, credentialParameters, rpEntity, userEntity } from '../ctap/entities.ts';
import type { ClientPinResponse } from '../ctap/messages/client-pin.ts';
import type { CredentialManagementResponse } from '../ctap/messages/credential-management.ts';
import type { GetAssertionResponse } from '../ctap/messages/get-assertion.ts';
import { getInfoKey, type GetInfoResponse } from '../ctap/messages/get-info.ts';
import type { MakeCredentialResponse } from '../ctap/messages/make-credential.ts';
import { KeyResponseError } from './errors.ts';

/**
 * Decodes the map in a response with a field table. Unknown members are ignored. Throws KeyResponseError if it is no
 * canonical CBOR, or a member has the wrong type or is missing.
 */
export function decodeResponse<T extends FieldTable>(table: T, response: Uint8Array): Decoded<T> {
  return blameKey(() => struct(table)(decodeCbor(response), 'response'));
}

function blameKey<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
    throw new KeyResponseError(`the key sent an answer that does not decode: ${error.message}`, {
      cause: error,
    });
  }
}

const onlyTrue: FieldType<true> = (value, path) => {
  if (value === true) return true;
  throw new CborError('unexpected-type', `${path} is not true`);
};

/** A COSE_Key, not yet judged (RFC 9052 §7): a map of integer labels. */
const coseKey: FieldType<CoseKey> = (value, path) => {
  const members = map(value, path);
  if ([...members.keys()].every((label) => typeof label === 'number')) return members as CoseKey;
  throw new CborError('unexpected-type', `${path} has labels that are no integers`);
};

const makeCredentialTable = {
  fmt: required(0x01, text),
  authData: required(0x02, bytes),
  attStmt: required(0x03, map),
  epAtt: optional(0x04, onlyTrue),
  largeBlobKey: optional(0x05, bytes),
  unsignedExtensionOutputs: optional(0x06, map),
};

/** A response of makeCredential with its authenticator data also taken apart. */
export interface Registration extends MakeCredentialResponse {
  readonly parsed: AuthData;
}

export function decodeRegistration(response: Uint8Array): Registration {
  const fields = decodeResponse(makeCredentialTable, response);
  return { ...fields, parsed: blameKey(() => decodeAuthData(fields.authData)) };
}

const getAssertionTable = {
  credential: required(0x01, credentialDescriptor),
  authData: required(0x02, bytes),
  signature: required(0x03, bytes),
  user: optional(0x04, userEntity),
  numberOfCredentials: optional(0x05, uint),
  userSelected: optional(0x06, onlyTrue),
  largeBlobKey: optional(0x07, bytes),
  unsignedExtensionOutputs: optional(0x08, map),
};

/** A response of getAssertion or getNextAssertion with its authenticator data also taken apart. */
export interface Assertion extends GetAssertionResponse {
  readonly parsed: AuthData;
}

export function decodeAssertion(response: Uint8Array): Assertion {
  const { credential, ...fields } = decodeResponse(getAssertionTable, response);
  return { ...fields, credentialId: credential.id, parsed: blameKey(() => decodeAuthData(fields.authData)) };
}

const key = getInfoKey;
const getInfoTable = {
  versions: required(key.versions, arrayOf(text)),
  extensions: optional(key.extensions, arrayOf(text)),
  aaguid: required(key.aaguid, bytes),
  options: optional(key.options, textMapOf(boolean)),
  maxMsgSize: optional(key.maxMsgSize, uint),
  pinUvAuthProtocols: optional(key.pinUvAuthProtocols, arrayOf(uint)),
  maxCredentialCountInList: optional(key.maxCredentialCountInList, uint),
  maxCredentialIdLength: optional(key.maxCredentialIdLength, uint),
  transports: optional(key.transports, arrayOf(text)),
  algorithms: optional(key.algorithms, arrayOf(credentialParameters)),
  maxSerializedLargeBlobArray: optional(key.maxSerializedLargeBlobArray, uint),
  forcePinChange: optional(key.forcePinChange, boolean),
  minPinLength: optional(key.minPinLength, uint),
  firmwareVersion: optional(key.firmwareVersion, uint),
  maxCredBlobLength: optional(key.maxCredBlobLength, uint),
  maxRpIdsForSetMinPinLength: optional(key.maxRpIdsForSetMinPinLength, uint),
  preferredPlatformUvAttempts: optional(key.preferredPlatformUvAttempts, uint),
  uvModality: optional(key.uvModality, uint),
  certifications: optional(key.certifications, textMapOf(uint)),
  remainingDiscoverableCredentials: optional(key.remainingDiscoverableCredentials, uint),
  vendorPrototypeConfigCommands: optional(key.vendorPrototypeConfigCommands, arrayOf(uint64)),
  attestationFormats: optional(key.attestationFormats, arrayOf(text)),
  uvCountSinceLastPinEntry: optional(key.uvCountSinceLastPinEntry, uint),
  longTouchForReset: optional(key.longTouchForReset, boolean),
  encIdentifier: optional(key.encIdentifier, bytes),
  transportsForReset: optional(key.transportsForReset, arrayOf(text)),
  pinComplexityPolicy: optional(key.pinComplexityPolicy, boolean),
  pinComplexityPolicyUrl: optional(key.pinComplexityPolicyUrl, bytes),
  maxPinLength: optional(key.maxPinLength, uint),
  encCredStoreState: optional(key.encCredStoreState, bytes),
  authenticatorConfigCommands: optional(key.authenticatorConfigCommands, arrayOf(uint)),
};

export function decodeGetInfo(response: Uint8Array): GetInfoResponse {
  const { algorithms, ...fields } = decodeResponse(getInfoTable, response);
  return algorithms === undefined ? fields : { ...fields, algorithms: algorithms.map(({ alg }) => alg) };
}

const clientPinTable = {
  keyAgreement: optional(0x01, coseKey),
  pinUvAuthToken: optional(0x02, bytes),
  pinRetries: optional(0x03, uint),
  powerCycleState: optional(0x04, boolean),
  uvRetries: optional(0x05, uint),
};

/** A response without any bytes is one without members. */
export function decodeClientPin(response: Uint8Array): ClientPinResponse {
  return response.length === 0 ? {} : decodeResponse(clientPinTable, response);
}

const credentialManagementTable = {
  existingResidentCredentialsCount: optional(0x01, uint),
  maxPossibleRemainingResidentCredentialsCount: optional(0x02, uint),
  rp: optional(0x03, rpEntity),
  rpIdHash: optional(0x04, bytes),
  totalRps: optional(0x05, uint),
  user: optional(0x06, userEntity),
  credential: optional(0x07, credentialDescriptor),
  publicKey: optional(0x08, coseKey),
  totalCredentials: optional(0x09, uint),
  credProtect: optional(0x0a, uint),
  largeBlobKey: optional(0x0b, bytes),
  thirdPartyPayment: optional(0x0c, boolean),
};

/** A response without any bytes is one without members. */
export function decodeCredentialManagement(response: Uint8Array): CredentialManagementResponse {
  if (response.length === 0) return {};
  const { credential, ...fields } = decodeResponse(credentialManagementTable, response);
  return credential === undefined ? fields : { ...fields, credentialId: credential.id };
}

const largeBlobsTable = { config: required(0x01, bytes) };

/** The fragment in a response of authenticatorLargeBlobs get. */
export function decodeLargeBlobFragment(response: Uint8Array): Uint8Array {
  return decodeResponse(largeBlobsTable, response).config;
}

/** The largeBlob extension's output among the unsigned ones (CTAP 2.3 §12.4). */
const largeBlobOutputTable = {
  supported: optional('supported', boolean),
  blob: optional('blob', bytes),
  originalSize: optional('originalSize', uint),
  written: optional('written', boolean),
};
export type LargeBlobOutput = Decoded<typeof largeBlobOutputTable>;

export function readLargeBlobOutput(
  response: MakeCredentialResponse | GetAssertionResponse,
): LargeBlobOutput | undefined {
  const output = response.unsignedExtensionOutputs?.get('largeBlob');
  return output === undefined ? undefined : blameKey(() => struct(largeBlobOutputTable)(output, 'largeBlob'));
}

/** One fingerprint template (CTAP 2.3 §6.7). */
const templateInfoTable = { templateId: required(0x01, bytes), friendlyName: optional(0x02, text) };
export type TemplateInfo = Decoded<typeof templateInfoTable>;

const bioEnrollmentTable = {
  modality: optional(0x01, uint),
  fingerprintKind: optional(0x02, uint),
  maxCaptureSamplesRequiredForEnroll: optional(0x03, uint),
  templateId: optional(0x04, bytes),
  lastEnrollSampleStatus: optional(0x05, uint),
  remainingSamples: optional(0x06, uint),
  templateInfos: optional(0x07, arrayOf(struct(templateInfoTable))),
  maxTemplateFriendlyName: optional(0x08, uint),
};
export type BioEnrollmentResponse = Decoded<typeof bioEnrollmentTable>;

/** A response without any bytes is one without members. */
export function decodeBioEnrollment(response: Uint8Array): BioEnrollmentResponse {
  return response.length === 0 ? {} : decodeResponse(bioEnrollmentTable, response);
}

/** The member that an answer must have, or KeyResponseError. */
export function requireMember<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new KeyResponseError(`the key's answer has no ${name}`);
  return value;
}
