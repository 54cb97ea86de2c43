import type { CoseAlgorithm } from '../cose/algorithm.ts';
import type { HostTransport } from '../ports/message-handler.ts';
import type { GetInfoResponse } from '../ctap/messages/get-info.ts';
import { toHex } from '../ctap/bytes.ts';
import { describeGetInfo } from './metadata-get-info.ts';
import {
  attachmentHints,
  authenticationAlgorithms,
  u2fProtocolVersion,
  unifiedProtocolVersions,
} from './metadata-names.ts';

/** Ways to attest, by their names in the metadata (FIDO Registry of Predefined Values 2.2 §3.6.3). */
export type MetadataAttestationType = 'basic_full' | 'basic_surrogate' | 'none';

/** A way in which the key can verify its user. */
export type MetadataVerification =
  /** PIN typed on the platform (clientPIN). Lengths in code points. */
  | { readonly method: 'client-pin'; readonly minLength: number; readonly maxRetries: number }
  /** PIN typed on the key itself. */
  | { readonly method: 'built-in-pin'; readonly minLength: number; readonly maxRetries: number }
  | { readonly method: 'fingerprint'; readonly maxTemplates: number; readonly maxRetries: number };

export interface MetadataInput {
  /** 16 bytes. */
  readonly aaguid: Uint8Array;
  /** At most 200 characters, in English. */
  readonly description: string;
  /** Firmware version (getInfo 0x0E). */
  readonly authenticatorVersion: number;
  /** getInfo 0x01. Without a FIDO_* among them the statement is one of a U2F key. */
  readonly versions: readonly string[];
  /** getInfo 0x09. */
  readonly transports: readonly HostTransport[];
  readonly algorithms: readonly CoseAlgorithm[];
  readonly attestationTypes: readonly MetadataAttestationType[];
  /** DER of the roots; empty for a key that attests with its credentials only. */
  readonly rootCertificates: readonly Uint8Array[];
  /** Each of them suffices; presence alone is always possible. */
  readonly verifications: readonly MetadataVerification[];
  /** Of a key as it leaves the factory. Left out of the statement of a U2F key. */
  readonly getInfo?: GetInfoResponse;
  /**
   * For a U2F key, which has no AAGUID to be found by: hex of the SHA-1 of each attestation certificate's public key
   * (RFC 5280 §4.2.1.2 method 1).
   */
  readonly attestationCertificateKeyIdentifiers?: readonly string[];
  readonly legalHeader?: string;
}

/** A metadata statement, ready for JSON.stringify. */
export type MetadataStatement = Readonly<Record<string, unknown>>;

const schemaOfMds3 = 3;
const securityStrengthInBits = 128;
const defaultLegalHeader =
  'Describes a software key for tests. It was neither certified nor published by the FIDO Alliance.';

/**
 * The statement by which a relying party can know and trust this key (FIDO Metadata Statement 3.0 §4), with every member
 * that is required for FIDO2 or U2F. Throws RangeError for a description that is empty or too long.
 */
export function createMetadataStatement(input: MetadataInput): MetadataStatement {
  if (input.description.length < 1 || input.description.length > 200) {
    throw new RangeError('a metadata description has 1 to 200 characters');
  }
  return {
    legalHeader: input.legalHeader ?? defaultLegalHeader,
    ...identity(input),
    description: input.description,
    authenticatorVersion: input.authenticatorVersion,
    ...protocol(input.versions),
    schema: schemaOfMds3,
    authenticationAlgorithms: unique(input.algorithms.map((alg) => authenticationAlgorithms[alg])),
    publicKeyAlgAndEncodings: [isU2fOnly(input.versions) ? 'ecc_x962_raw' : 'cose'],
    attestationTypes: unique(input.attestationTypes),
    userVerificationDetails: userVerificationDetails(input.verifications),
    keyProtection: ['software'],
    isKeyRestricted: true,
    isFreshUserVerificationRequired: true,
    matcherProtection: ['software'],
    cryptoStrength: securityStrengthInBits,
    attachmentHint: attachmentHints(input.transports),
    tcDisplay: [],
    attestationRootCertificates: input.rootCertificates.map(toBase64),
    ...(input.getInfo &&
      !isU2fOnly(input.versions) && { authenticatorGetInfo: describeGetInfo(input.getInfo) }),
  };
}

function isU2fOnly(versions: readonly string[]): boolean {
  return !versions.some((version) => version in unifiedProtocolVersions);
}

function identity({
  versions,
  aaguid,
  attestationCertificateKeyIdentifiers,
}: MetadataInput): MetadataStatement {
  return isU2fOnly(versions)
    ? { attestationCertificateKeyIdentifiers: attestationCertificateKeyIdentifiers ?? [] }
    : { aaguid: toUuid(aaguid) };
}

function protocol(versions: readonly string[]): MetadataStatement {
  if (isU2fOnly(versions)) return { protocolFamily: 'u2f', upv: [u2fProtocolVersion] };
  const upv = Object.entries(unifiedProtocolVersions)
    .filter(([version]) => versions.includes(version))
    .map(([, numbers]) => numbers);
  return { protocolFamily: 'fido2', upv };
}

/** Alternatives, each a list of what is needed together: a touch, or a touch and one way to verify. */
function userVerificationDetails(verifications: readonly MetadataVerification[]): MetadataStatement[][] {
  const presence = { userVerificationMethod: 'presence_internal' };
  return [[presence], ...verifications.map((verification) => [presence, describeVerification(verification)])];
}

function describeVerification(verification: MetadataVerification): MetadataStatement {
  switch (verification.method) {
    case 'client-pin':
      return { userVerificationMethod: 'passcode_external', caDesc: pinAccuracy(verification) };
    case 'built-in-pin':
      return { userVerificationMethod: 'passcode_internal', caDesc: pinAccuracy(verification) };
    case 'fingerprint': {
      const { maxTemplates, maxRetries } = verification;
      const baDesc = { maxTemplates, maxRetries, blockSlowdown: 0 };
      return { userVerificationMethod: 'fingerprint_internal', baDesc };
    }
  }
}

/** Any character may be in a PIN; 64 is what the entries of other vendors say for that. No slowdown: it blocks. */
function pinAccuracy(pin: { readonly minLength: number; readonly maxRetries: number }): MetadataStatement {
  return { base: 64, minLength: pin.minLength, maxRetries: pin.maxRetries, blockSlowdown: 0 };
}

function unique(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names)].filter((name) => name !== undefined);
}

/** 8-4-4-4-12 hexadecimal digits. */
export function toUuid(aaguid: Uint8Array): string {
  return toHex(aaguid).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
