import { bytes, int, optional, required, struct, text, type Decoded } from '../cbor/table.ts';
import { cborMap } from '../cbor/map.ts';
import type { CborMap } from '../cbor/value.ts';

/** PublicKeyCredentialRpEntity. The obsolete `icon` is ignored (CTAP 2.3 §6.1). */
const rpEntityTable = { id: required('id', text), name: optional('name', text) };
export const rpEntity = struct(rpEntityTable);
export type RpEntity = Decoded<typeof rpEntityTable>;

/** PublicKeyCredentialUserEntity. */
const userEntityTable = {
  id: required('id', bytes),
  name: optional('name', text),
  displayName: optional('displayName', text),
};
export const userEntity = struct(userEntityTable);
export type UserEntity = Decoded<typeof userEntityTable>;

/** PublicKeyCredentialDescriptor. SPEC-SILENT §8: a descriptor without id or type is a type error. */
const descriptorTable = { id: required('id', bytes), type: required('type', text) };
export const credentialDescriptor = struct(descriptorTable, 'unexpected-type');
export type CredentialDescriptor = Decoded<typeof descriptorTable>;

/** PublicKeyCredentialParameters. SPEC-SILENT §8: an element without alg or type is a type error. */
const parametersTable = { alg: required('alg', int), type: required('type', text) };
export const credentialParameters = struct(parametersTable, 'unexpected-type');
export type CredentialParameters = Decoded<typeof parametersTable>;

/** The one credential type there is (WebAuthn L3 §5.8.2). */
export const publicKeyType = 'public-key';

export function encodeDescriptor(id: Uint8Array): CborMap {
  return cborMap([
    ['id', id],
    ['type', publicKeyType],
  ]);
}

export function encodeUser(user: UserEntity): CborMap {
  return cborMap([
    ['id', user.id],
    ['name', user.name],
    ['displayName', user.displayName],
  ]);
}
