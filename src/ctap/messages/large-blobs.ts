import { encodeCbor } from '../../cbor/encode.ts';
import { cborMap } from '../../cbor/map.ts';
import { bytes, optional, uint, type Decoded } from '../../cbor/table.ts';

/** Parameters of authenticatorLargeBlobs (CTAP 2.3 §6.10). An absent offset is INVALID_PARAMETER there, so it is checked later. */
export const largeBlobsTable = {
  get: optional(0x01, uint),
  set: optional(0x02, bytes),
  offset: optional(0x03, uint),
  length: optional(0x04, uint),
  pinUvAuthParam: optional(0x05, bytes),
  pinUvAuthProtocol: optional(0x06, uint),
};
export type LargeBlobsRequest = Decoded<typeof largeBlobsTable>;

/** Response to `get`: a fragment of the serialized array, empty at its end. */
export function encodeLargeBlobsResponse(config: Uint8Array): Uint8Array {
  return encodeCbor(cborMap([[0x01, config]]));
}
