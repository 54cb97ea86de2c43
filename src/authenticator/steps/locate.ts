import { CtapError } from '../../ctap/error.ts';
import { publicKeyType, type CredentialDescriptor } from '../../ctap/entities.ts';
import { credProtectLevel, type Credential } from '../../ports/credential.ts';
import type { Environment } from '../environment.ts';

/**
 * The credentials that a request may use, the preferred one first (CTAP 2.3 §6.2.2 step 7): those of the allow list, or
 * else the discoverable ones, newest first. SPEC-SILENT §6.2.2: an empty allow list counts as absent.
 */
export function locateCredentials(
  { keystore }: Environment,
  rpIdHash: Uint8Array,
  allowList: readonly CredentialDescriptor[] | undefined,
  userVerified: boolean,
): readonly Credential[] {
  const listed = allowList !== undefined && allowList.length > 0;
  const found = listed
    ? allowList.flatMap(({ id, type }) => (type === publicKeyType ? (keystore.find(rpIdHash, id) ?? []) : []))
    : keystore.discoverable(rpIdHash);
  const usable = found.filter(({ credProtect }) => userVerified || credProtect <= highestLevel(listed));
  if (usable.length === 0) throw new CtapError('NO_CREDENTIALS', 'no credential of this site is usable here');
  return usable;
}

/** The strictest credProtect level that a user who is not verified may still use (CTAP 2.3 §12.1). */
function highestLevel(listed: boolean): number {
  return listed
    ? credProtectLevel.userVerificationOptionalWithCredentialIdList
    : credProtectLevel.userVerificationOptional;
}
