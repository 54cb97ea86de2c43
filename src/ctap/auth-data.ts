import { decodeCborPrefix } from '../cbor/decode.ts';
import { encodeCbor } from '../cbor/encode.ts';
import { CborError } from '../cbor/error.ts';
import type { CborMap } from '../cbor/value.ts';
import type { CoseKey } from '../cose/key.ts';
import { bigEndian, concatBytes } from './bytes.ts';

/** Flag bits of authenticator data (WebAuthn L3 §6.1). */
export const authDataFlag = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10, AT: 0x40, ED: 0x80 } as const;

export interface AttestedCredentialData {
  /** 16 bytes. */
  readonly aaguid: Uint8Array;
  /** 1 to 1023 bytes. */
  readonly credentialId: Uint8Array;
  readonly publicKey: CoseKey;
}

/** Authenticator data; the AT and ED flags follow from what is present and are not part of `flags`. */
export interface AuthData {
  /** 32 bytes. */
  readonly rpIdHash: Uint8Array;
  readonly userPresent: boolean;
  readonly userVerified: boolean;
  readonly backupEligible: boolean;
  readonly backupState: boolean;
  /** 0 to 2^32 − 1. */
  readonly signCount: number;
  readonly attested?: AttestedCredentialData;
  /** Authenticator extension outputs; an empty map is left out. */
  readonly extensions?: CborMap;
}

/** Bytes of authenticator data (WebAuthn L3 §6.1): 37 bytes, then attested credential data, then extensions. */
export function encodeAuthData(data: AuthData): Uint8Array {
  const extensions = data.extensions && data.extensions.size > 0 ? data.extensions : undefined;
  return concatBytes(
    data.rpIdHash,
    Uint8Array.of(flagsOf(data, extensions !== undefined)),
    bigEndian(data.signCount, 4),
    data.attested ? encodeAttested(data.attested) : new Uint8Array(),
    extensions ? encodeCbor(extensions) : new Uint8Array(),
  );
}

function flagsOf(data: AuthData, hasExtensions: boolean): number {
  return (
    (data.userPresent ? authDataFlag.UP : 0) |
    (data.userVerified ? authDataFlag.UV : 0) |
    (data.backupEligible ? authDataFlag.BE : 0) |
    (data.backupState ? authDataFlag.BS : 0) |
    (data.attested ? authDataFlag.AT : 0) |
    (hasExtensions ? authDataFlag.ED : 0)
  );
}

function encodeAttested(attested: AttestedCredentialData): Uint8Array {
  return concatBytes(
    attested.aaguid,
    bigEndian(attested.credentialId.length, 2),
    attested.credentialId,
    encodeCbor(attested.publicKey),
  );
}

/** Reads authenticator data. Throws CborError `malformed` if lengths, flags and content do not agree. */
export function decodeAuthData(bytes: Uint8Array): AuthData {
  if (bytes.length < 37) throw new CborError('malformed', 'authenticator data is shorter than 37 bytes');
  const flags = bytes[32] ?? 0;
  let rest = bytes.subarray(37);
  let attested: AttestedCredentialData | undefined;
  let extensions: CborMap | undefined;
  if (flags & authDataFlag.AT) {
    const decoded = decodeAttested(rest);
    attested = decoded.attested;
    rest = rest.subarray(decoded.length);
  }
  if (flags & authDataFlag.ED) {
    const { value, length } = decodeCborPrefix(rest);
    if (!(value instanceof Map)) throw new CborError('malformed', 'extension outputs are not a map');
    extensions = value as CborMap;
    rest = rest.subarray(length);
  }
  if (rest.length > 0) throw new CborError('malformed', 'bytes follow the authenticator data');
  return {
    rpIdHash: bytes.slice(0, 32),
    userPresent: (flags & authDataFlag.UP) !== 0,
    userVerified: (flags & authDataFlag.UV) !== 0,
    backupEligible: (flags & authDataFlag.BE) !== 0,
    backupState: (flags & authDataFlag.BS) !== 0,
    signCount: new DataView(bytes.buffer, bytes.byteOffset).getUint32(33),
    ...(attested && { attested }),
    ...(extensions && { extensions }),
  };
}

function decodeAttested(bytes: Uint8Array): { attested: AttestedCredentialData; length: number } {
  if (bytes.length < 18) throw new CborError('malformed', 'attested credential data is cut off');
  const idLength = new DataView(bytes.buffer, bytes.byteOffset).getUint16(16);
  const keyOffset = 18 + idLength;
  const { value, length } = decodeCborPrefix(bytes.subarray(keyOffset));
  if (!(value instanceof Map)) throw new CborError('malformed', 'credential public key is not a map');
  return {
    attested: {
      aaguid: bytes.slice(0, 16),
      credentialId: bytes.slice(18, keyOffset),
      publicKey: value as CoseKey,
    },
    length: keyOffset + length,
  };
}
