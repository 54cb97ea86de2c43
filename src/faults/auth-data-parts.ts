import { decodeCborPrefix } from '../cbor/decode.ts';
import { CborError } from '../cbor/error.ts';
import { authDataFlag } from '../ctap/auth-data.ts';
import { bigEndian, concatBytes } from '../ctap/bytes.ts';

/** Authenticator data cut into its parts (WebAuthn L3 §6.1), none of them looked into. */
export interface AuthDataParts {
  /** RP ID hash, flags, counter: 37 bytes. */
  readonly head: Uint8Array;
  /** AAGUID, length and credential id, without the public key; empty if there is none. */
  readonly aaguid: Uint8Array;
  readonly credentialId: Uint8Array;
  readonly publicKey: Uint8Array;
  /** CBOR; empty if there are none. */
  readonly extensions: Uint8Array;
}

const headSize = 37;
const none = new Uint8Array();

/** Undefined for bytes that do not fit their own flags: another fault was there before. */
export function splitAuthData(bytes: Uint8Array): AuthDataParts | undefined {
  if (bytes.length < headSize) return undefined;
  const head = bytes.slice(0, headSize);
  const rest = bytes.subarray(headSize);
  if ((flagsOf(bytes) & authDataFlag.AT) === 0) {
    return { head, aaguid: none, credentialId: none, publicKey: none, extensions: rest };
  }
  const idLength = (rest[16] ?? 0) * 256 + (rest[17] ?? 0);
  const keyStart = 18 + idLength;
  const keyLength = lengthOfItem(rest.subarray(keyStart));
  if (keyLength === undefined) return undefined;
  return {
    head,
    aaguid: rest.slice(0, 16),
    credentialId: rest.slice(18, keyStart),
    publicKey: rest.slice(keyStart, keyStart + keyLength),
    extensions: rest.slice(keyStart + keyLength),
  };
}

function lengthOfItem(bytes: Uint8Array): number | undefined {
  try {
    return decodeCborPrefix(bytes).length;
  } catch (error) {
    if (error instanceof CborError) return undefined;
    throw error;
  }
}

export function flagsOf(authData: Uint8Array): number {
  return authData[32] ?? 0;
}

export function counterOf(authData: Uint8Array): number {
  return new DataView(authData.buffer, authData.byteOffset).getUint32(33);
}

/** Puts parts together again; the flags AT and ED are the caller's affair. */
export function joinAuthData(parts: AuthDataParts): Uint8Array {
  const { aaguid, credentialId, extensions, head, publicKey } = parts;
  const attested =
    aaguid.length === 0
      ? none
      : concatBytes(aaguid, bigEndian(credentialId.length, 2), credentialId, publicKey);
  return concatBytes(head, attested, extensions);
}

/** A copy with some bytes replaced. */
export function patch(bytes: Uint8Array, at: number, replacement: Uint8Array): Uint8Array {
  const result = bytes.slice();
  result.set(replacement, at);
  return result;
}

export function withFlags(authData: Uint8Array, flags: number): Uint8Array {
  return patch(authData, 32, Uint8Array.of(flags));
}
