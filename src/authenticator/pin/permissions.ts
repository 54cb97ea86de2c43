import { CtapError } from '../../ctap/error.ts';
import type { Environment } from '../environment.ts';
import { permission } from '../../ctap/permission.ts';

/** How a token is asked for: the way in decides which permissions it can carry. */
export type TokenSource = 'pin' | 'uv';

const knownPermissions = Object.values(permission).reduce((all, bit) => all | bit, 0);
const needsRpId = permission.makeCredential | permission.getAssertion;
const keepsRpId = needsRpId | permission.credentialManagement;

/** Permissions as asked, without the bits that have no meaning (CTAP 2.3 §6.5.5.7). */
export function readPermissions(permissions: number): number {
  if (permissions === 0) throw new CtapError('INVALID_PARAMETER', 'no permission is asked for');
  return permissions & knownPermissions;
}

/** mc and ga are worth nothing without an RP ID (CTAP 2.3 §6.5.5.7.2). */
export function requireRpId(permissions: number, rpId: string | undefined): void {
  if ((permissions & needsRpId) !== 0 && rpId === undefined) {
    throw new CtapError('MISSING_PARAMETER', 'permissions mc and ga need an rpId');
  }
}

/** The RP ID that a token is bound to from the start, if any. */
export function boundRpId(permissions: number, rpId: string | undefined): string | undefined {
  return (permissions & keepsRpId) === 0 ? undefined : rpId;
}

/** UNAUTHORIZED_PERMISSION for a permission that this key does not give in this way (CTAP 2.3 §6.5.5.7). */
export function requireAvailable(environment: Environment, source: TokenSource, permissions: number): void {
  const refused = Object.entries(permission).find(
    ([, bit]) => (permissions & bit) !== 0 && !isAvailable(environment, source, bit, permissions),
  );
  if (refused) throw new CtapError('UNAUTHORIZED_PERMISSION', `permission ${refused[0]} is not available`);
}

function isAvailable({ profile }: Environment, source: TokenSource, bit: number, all: number): boolean {
  switch (bit) {
    case permission.makeCredential:
    case permission.getAssertion:
      return source === 'uv' || profile.pin?.noMcGaPermissions === false;
    case permission.credentialManagement:
      return profile.credentialManagement;
    case permission.persistentCredentialManagementReadOnly:
      return profile.perCredMgmtRo && all === bit;
    case permission.bioEnrollment:
      return profile.bioEnrollment !== undefined && (source === 'pin' || profile.uvBioEnroll);
    case permission.largeBlobWrite:
      return profile.largeBlobArray !== undefined;
    case permission.authenticatorConfig:
      return profile.authenticatorConfig && (source === 'pin' || profile.uvAcfg);
    default:
      return false;
  }
}
