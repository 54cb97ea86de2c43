import { sameBytes, utf8Bytes } from '../../../ctap/bytes.ts';
import { CtapError } from '../../../ctap/error.ts';
import type { CredentialManagementResponse } from '../../../ctap/messages/credential-management.ts';
import type { Credential } from '../../../ports/credential.ts';
import type { Environment } from '../../environment.ts';
import { remainingDiscoverable } from '../../features.ts';
import type { ContinuationState } from '../../state/continuation.ts';
import { refuseBoundToken, type Authorization } from './authorize.ts';

/** RPs that enumerateRPsGetNextRP has yet to return, each by one of its credentials. */
export interface PendingRps {
  readonly kind: 'enumerate-rps';
  readonly remaining: readonly Credential[];
}

/** Credentials that enumerateCredentialsGetNextCredential has yet to return. */
export interface PendingCredentials {
  readonly kind: 'enumerate-credentials';
  readonly remaining: readonly Credential[];
}

/** getCredsMetadata (CTAP 2.3 §6.8.2). */
export function getCredsMetadata(
  environment: Environment,
  { rpId }: Authorization,
): CredentialManagementResponse {
  if (rpId !== undefined) refuseBoundToken();
  return {
    existingResidentCredentialsCount: environment.keystore.countDiscoverable(),
    maxPossibleRemainingResidentCredentialsCount: remainingDiscoverable(environment),
  };
}

/** enumerateRPsBegin (CTAP 2.3 §6.8.3). */
export function beginRps(
  environment: Environment,
  channel: number,
  { rpId }: Authorization,
): CredentialManagementResponse {
  if (rpId !== undefined) refuseBoundToken();
  const all = environment.keystore.discoverableRps();
  return { ...nextRp(environment, channel, { kind: 'enumerate-rps', remaining: all }), totalRps: all.length };
}

/** enumerateRPsGetNextRP; NOT_ALLOWED without a begun enumeration. */
export function continueRps(
  environment: Environment,
  channel: number,
  continued: ContinuationState | undefined,
): CredentialManagementResponse {
  if (continued?.kind !== 'enumerate-rps')
    throw new CtapError('NOT_ALLOWED', 'no enumeration of RPs is pending');
  return nextRp(environment, channel, continued);
}

function nextRp(
  environment: Environment,
  channel: number,
  { remaining }: PendingRps,
): CredentialManagementResponse {
  const [credential, ...rest] = remaining;
  if (!credential) throw new CtapError('NO_CREDENTIALS', 'there are no discoverable credentials');
  if (rest.length > 0) environment.continuation.remember(channel, { kind: 'enumerate-rps', remaining: rest });
  const { rpId = '', rpIdHash, rpName } = credential;
  return { rp: { id: rpId, ...(rpName !== undefined && { name: rpName }) }, rpIdHash };
}

/** enumerateCredentialsBegin (CTAP 2.3 §6.8.4). A bound token lists the credentials of its own RP. */
export function beginCredentials(
  environment: Environment,
  channel: number,
  { rpId }: Authorization,
  rpIdHash: Uint8Array,
): CredentialManagementResponse {
  if (rpId !== undefined && !sameBytes(environment.crypto.sha256(utf8Bytes(rpId)), rpIdHash))
    refuseBoundToken();
  const all = environment.keystore.discoverable(rpIdHash);
  return {
    ...nextCredential(environment, channel, { kind: 'enumerate-credentials', remaining: all }),
    totalCredentials: all.length,
  };
}

/** enumerateCredentialsGetNextCredential; NOT_ALLOWED without a begun enumeration. */
export function continueCredentials(
  environment: Environment,
  channel: number,
  continued: ContinuationState | undefined,
): CredentialManagementResponse {
  if (continued?.kind !== 'enumerate-credentials') {
    throw new CtapError('NOT_ALLOWED', 'no enumeration of credentials is pending');
  }
  return nextCredential(environment, channel, continued);
}

function nextCredential(
  environment: Environment,
  channel: number,
  { remaining }: PendingCredentials,
): CredentialManagementResponse {
  const [credential, ...rest] = remaining;
  if (!credential) throw new CtapError('NO_CREDENTIALS', 'this RP has no discoverable credentials');
  if (rest.length > 0) {
    environment.continuation.remember(channel, { kind: 'enumerate-credentials', remaining: rest });
  }
  const { credProtect, id, largeBlobKey, publicKey, thirdPartyPayment, user } = credential;
  return {
    ...(user && { user }),
    credentialId: id,
    publicKey,
    credProtect,
    ...(largeBlobKey && { largeBlobKey }),
    ...(environment.profile.extensions.includes('thirdPartyPayment') && { thirdPartyPayment }),
  };
}
