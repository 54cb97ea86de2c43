import { encodeCbor } from '../../cbor/encode.ts';
import { cborMap } from '../../cbor/map.ts';
import { bytes, optional, required, struct, uint, type Decoded } from '../../cbor/table.ts';
import type { CoseKey } from '../../cose/key.ts';
import {
  credentialDescriptor,
  encodeDescriptor,
  encodeUser,
  userEntity,
  type UserEntity,
} from '../entities.ts';

/** Subcommands of authenticatorCredentialManagement (CTAP 2.3 §6.8). */
export const credentialManagementSubCommand = {
  getCredsMetadata: 0x01,
  enumerateRpsBegin: 0x02,
  enumerateRpsGetNextRp: 0x03,
  enumerateCredentialsBegin: 0x04,
  enumerateCredentialsGetNextCredential: 0x05,
  deleteCredential: 0x06,
  updateUserInformation: 0x07,
} as const;

const paramsTable = {
  rpIdHash: optional(0x01, bytes),
  credentialId: optional(0x02, credentialDescriptor),
  user: optional(0x03, userEntity),
};

export const credentialManagementTable = {
  subCommand: required(0x01, uint),
  subCommandParams: optional(0x02, struct(paramsTable)),
  pinUvAuthProtocol: optional(0x03, uint),
  pinUvAuthParam: optional(0x04, bytes),
};
export type CredentialManagementRequest = Decoded<typeof credentialManagementTable>;

export interface CredentialManagementResponse {
  readonly existingResidentCredentialsCount?: number;
  readonly maxPossibleRemainingResidentCredentialsCount?: number;
  readonly rp?: { readonly id: string; readonly name?: string };
  /** 32 bytes. */
  readonly rpIdHash?: Uint8Array;
  readonly totalRps?: number;
  readonly user?: UserEntity;
  readonly credentialId?: Uint8Array;
  readonly publicKey?: CoseKey;
  readonly totalCredentials?: number;
  readonly credProtect?: number;
  readonly largeBlobKey?: Uint8Array;
  readonly thirdPartyPayment?: boolean;
}

/** Empty for the subcommands that answer with a status alone. */
export function encodeCredentialManagementResponse(response: CredentialManagementResponse): Uint8Array {
  const { rp, user, credentialId } = response;
  const members = cborMap([
    [0x01, response.existingResidentCredentialsCount],
    [0x02, response.maxPossibleRemainingResidentCredentialsCount],
    [0x03, rp && cborMap([['id', rp.id] as const, ['name', rp.name] as const])],
    [0x04, response.rpIdHash],
    [0x05, response.totalRps],
    [0x06, user && encodeUser(user)],
    [0x07, credentialId && encodeDescriptor(credentialId)],
    [0x08, response.publicKey],
    [0x09, response.totalCredentials],
    [0x0a, response.credProtect],
    [0x0b, response.largeBlobKey],
    [0x0c, response.thirdPartyPayment],
  ]);
  return members.size === 0 ? new Uint8Array() : encodeCbor(members);
}
