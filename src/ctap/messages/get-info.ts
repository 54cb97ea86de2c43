import { encodeCbor } from '../../cbor/encode.ts';
import { cborMap } from '../../cbor/map.ts';
import type { CborValue } from '../../cbor/value.ts';
import { publicKeyType } from '../entities.ts';

/** Members of the authenticatorGetInfo response (CTAP 2.3 §6.4); absent ones are not sent. */
export interface GetInfoResponse {
  readonly versions: readonly string[];
  readonly extensions?: readonly string[];
  /** 16 bytes. */
  readonly aaguid: Uint8Array;
  readonly options?: ReadonlyMap<string, boolean>;
  /** Bytes. */
  readonly maxMsgSize?: number;
  readonly pinUvAuthProtocols?: readonly number[];
  readonly maxCredentialCountInList?: number;
  /** Bytes. */
  readonly maxCredentialIdLength?: number;
  readonly transports?: readonly string[];
  /** COSE identifiers, in order of preference. */
  readonly algorithms?: readonly number[];
  /** Bytes. */
  readonly maxSerializedLargeBlobArray?: number;
  readonly forcePinChange?: boolean;
  /** Code points. */
  readonly minPinLength?: number;
  readonly firmwareVersion?: number;
  /** Bytes. */
  readonly maxCredBlobLength?: number;
  readonly maxRpIdsForSetMinPinLength?: number;
  readonly preferredPlatformUvAttempts?: number;
  /** Bits of the FIDO registry's user verification methods. */
  readonly uvModality?: number;
  readonly certifications?: ReadonlyMap<string, number>;
  readonly remainingDiscoverableCredentials?: number;
  readonly vendorPrototypeConfigCommands?: readonly (number | bigint)[];
  readonly attestationFormats?: readonly string[];
  readonly uvCountSinceLastPinEntry?: number;
  readonly longTouchForReset?: boolean;
  /** 32 bytes. */
  readonly encIdentifier?: Uint8Array;
  readonly transportsForReset?: readonly string[];
  readonly pinComplexityPolicy?: boolean;
  /** UTF-8 of a URL. */
  readonly pinComplexityPolicyUrl?: Uint8Array;
  /** Code points. */
  readonly maxPinLength?: number;
  /** 32 bytes. */
  readonly encCredStoreState?: Uint8Array;
  readonly authenticatorConfigCommands?: readonly number[];
}

/** Member keys, in the order of the standard. */
export const getInfoKey: Readonly<Record<keyof GetInfoResponse, number>> = {
  versions: 0x01,
  extensions: 0x02,
  aaguid: 0x03,
  options: 0x04,
  maxMsgSize: 0x05,
  pinUvAuthProtocols: 0x06,
  maxCredentialCountInList: 0x07,
  maxCredentialIdLength: 0x08,
  transports: 0x09,
  algorithms: 0x0a,
  maxSerializedLargeBlobArray: 0x0b,
  forcePinChange: 0x0c,
  minPinLength: 0x0d,
  firmwareVersion: 0x0e,
  maxCredBlobLength: 0x0f,
  maxRpIdsForSetMinPinLength: 0x10,
  preferredPlatformUvAttempts: 0x11,
  uvModality: 0x12,
  certifications: 0x13,
  remainingDiscoverableCredentials: 0x14,
  vendorPrototypeConfigCommands: 0x15,
  attestationFormats: 0x16,
  uvCountSinceLastPinEntry: 0x17,
  longTouchForReset: 0x18,
  encIdentifier: 0x19,
  transportsForReset: 0x1a,
  pinComplexityPolicy: 0x1b,
  pinComplexityPolicyUrl: 0x1c,
  maxPinLength: 0x1d,
  encCredStoreState: 0x1e,
  authenticatorConfigCommands: 0x1f,
};

export function encodeGetInfoResponse(info: GetInfoResponse): Uint8Array {
  const members: Record<string, CborValue | undefined> = {
    ...info,
    algorithms: info.algorithms?.map((alg) =>
      cborMap([['alg', alg] as const, ['type', publicKeyType] as const]),
    ),
  };
  return encodeCbor(cborMap(Object.entries(getInfoKey).map(([name, key]) => [key, members[name]])));
}
