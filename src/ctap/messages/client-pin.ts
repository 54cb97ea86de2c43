import { encodeCbor } from '../../cbor/encode.ts';
import { cborMap } from '../../cbor/map.ts';
import { bytes, map, optional, required, text, uint, type Decoded } from '../../cbor/table.ts';
import type { CoseKey } from '../../cose/key.ts';

/** Subcommands of authenticatorClientPIN (CTAP 2.3 §6.5.5). */
export const clientPinSubCommand = {
  getPinRetries: 0x01,
  getKeyAgreement: 0x02,
  setPin: 0x03,
  changePin: 0x04,
  getPinToken: 0x05,
  getPinUvAuthTokenUsingUvWithPermissions: 0x06,
  getUvRetries: 0x07,
  getPinUvAuthTokenUsingPinWithPermissions: 0x09,
} as const;

/** Parameters of authenticatorClientPIN. What is in the COSE key is checked later: a bad one is INVALID_PARAMETER. */
export const clientPinTable = {
  pinUvAuthProtocol: optional(0x01, uint),
  subCommand: required(0x02, uint),
  keyAgreement: optional(0x03, map),
  pinUvAuthParam: optional(0x04, bytes),
  newPinEnc: optional(0x05, bytes),
  pinHashEnc: optional(0x06, bytes),
  permissions: optional(0x09, uint),
  rpId: optional(0x0a, text),
};
export type ClientPinRequest = Decoded<typeof clientPinTable>;

export interface ClientPinResponse {
  readonly keyAgreement?: CoseKey;
  /** Encrypted under the shared secret. */
  readonly pinUvAuthToken?: Uint8Array;
  readonly pinRetries?: number;
  readonly powerCycleState?: boolean;
  readonly uvRetries?: number;
}

/** Empty for the subcommands that answer with a status alone. */
export function encodeClientPinResponse(response: ClientPinResponse): Uint8Array {
  const members = cborMap([
    [0x01, response.keyAgreement],
    [0x02, response.pinUvAuthToken],
    [0x03, response.pinRetries],
    [0x04, response.powerCycleState],
    [0x05, response.uvRetries],
  ]);
  return members.size === 0 ? new Uint8Array() : encodeCbor(members);
}
