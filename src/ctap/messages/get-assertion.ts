import { encodeCbor } from '../../cbor/encode.ts';
import { cborMap } from '../../cbor/map.ts';
import {
  anything,
  arrayOf,
  boolean,
  bytes,
  optional,
  required,
  text,
  textMapOf,
  uint,
  type Decoded,
} from '../../cbor/table.ts';
import type { CborMap } from '../../cbor/value.ts';
import { credentialDescriptor, encodeDescriptor, encodeUser, type UserEntity } from '../entities.ts';

/** Parameters of authenticatorGetAssertion (CTAP 2.3 §6.2). */
export const getAssertionTable = {
  rpId: required(0x01, text),
  clientDataHash: required(0x02, bytes),
  allowList: optional(0x03, arrayOf(credentialDescriptor)),
  extensions: optional(0x04, textMapOf(anything)),
  options: optional(0x05, textMapOf(boolean)),
  pinUvAuthParam: optional(0x06, bytes),
  pinUvAuthProtocol: optional(0x07, uint),
};
export type GetAssertionRequest = Decoded<typeof getAssertionTable>;

/** Response of authenticatorGetAssertion and authenticatorGetNextAssertion. */
export interface GetAssertionResponse {
  readonly credentialId: Uint8Array;
  readonly authData: Uint8Array;
  readonly signature: Uint8Array;
  readonly user?: UserEntity;
  /** Only in the first of several responses. */
  readonly numberOfCredentials?: number;
  /** Only ever true: the user chose among accounts on the key itself. */
  readonly userSelected?: true;
  /** 32 bytes. */
  readonly largeBlobKey?: Uint8Array;
  readonly unsignedExtensionOutputs?: CborMap;
}

export function encodeGetAssertionResponse(response: GetAssertionResponse): Uint8Array {
  return encodeCbor(
    cborMap([
      [0x01, encodeDescriptor(response.credentialId)],
      [0x02, response.authData],
      [0x03, response.signature],
      [0x04, response.user && encodeUser(response.user)],
      [0x05, response.numberOfCredentials],
      [0x06, response.userSelected],
      [0x07, response.largeBlobKey],
      [0x08, response.unsignedExtensionOutputs],
    ]),
  );
}
