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
import { credentialDescriptor, credentialParameters, rpEntity, userEntity } from '../entities.ts';

/** Parameters of authenticatorMakeCredential (CTAP 2.3 §6.1). */
export const makeCredentialTable = {
  clientDataHash: required(0x01, bytes),
  rp: required(0x02, rpEntity),
  user: required(0x03, userEntity),
  pubKeyCredParams: required(0x04, arrayOf(credentialParameters)),
  excludeList: optional(0x05, arrayOf(credentialDescriptor)),
  extensions: optional(0x06, textMapOf(anything)),
  options: optional(0x07, textMapOf(boolean)),
  pinUvAuthParam: optional(0x08, bytes),
  pinUvAuthProtocol: optional(0x09, uint),
  enterpriseAttestation: optional(0x0a, uint),
  attestationFormatsPreference: optional(0x0b, arrayOf(text)),
};
export type MakeCredentialRequest = Decoded<typeof makeCredentialTable>;

export interface MakeCredentialResponse {
  readonly fmt: string;
  readonly authData: Uint8Array;
  readonly attStmt: CborMap;
  /** Only ever true: present when the attestation is an enterprise attestation. */
  readonly epAtt?: true;
  /** 32 bytes. */
  readonly largeBlobKey?: Uint8Array;
  readonly unsignedExtensionOutputs?: CborMap;
}

export function encodeMakeCredentialResponse(response: MakeCredentialResponse): Uint8Array {
  return encodeCbor(
    cborMap([
      [0x01, response.fmt],
      [0x02, response.authData],
      [0x03, response.attStmt],
      [0x04, response.epAtt],
      [0x05, response.largeBlobKey],
      [0x06, response.unsignedExtensionOutputs],
    ]),
  );
}
