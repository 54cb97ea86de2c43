import { deflateRawSync } from 'node:zlib';
import type { z } from 'zod';
import { encodeCbor } from '../cbor/encode.ts';
import { algorithmName, coseAlgorithm } from '../cose/algorithm.ts';
import type { Credential, CredentialLargeBlob } from '../ports/credential.ts';
import { UsageError } from '../ports/errors.ts';
import type { CredentialNote, CredentialPatch, NewCredential } from './handle.ts';
import type {
  credential as credentialSchema,
  credentialChange,
  credentialNote,
  newCredential,
} from './schemas/credential.ts';

type CredentialView = z.output<typeof credentialSchema>;

/** A credential as it goes out; its secrets only when they are asked for. */
export function credentialView(credential: Credential, withSecrets: boolean): CredentialView {
  const { lastUsedAt, rpId, rpName, user, credBlob, largeBlob } = credential;
  const name = algorithmName(credential.algorithm);
  if (name === undefined) throw new UsageError(`The algorithm ${credential.algorithm} has no name.`);
  return {
    credentialId: credential.id,
    protocol: credential.protocol,
    ...(rpId !== undefined && { rpId }),
    rpIdHash: credential.rpIdHash,
    ...(rpName !== undefined && { rpName }),
    ...userMembers(user),
    isResidentCredential: credential.discoverable,
    signCount: credential.signCount,
    publicKey: encodeCbor(credential.publicKey),
    algorithm: name,
    credProtect: credential.credProtect,
    createdAt: new Date(credential.createdAt).toISOString(),
    ...(lastUsedAt !== undefined && { lastUsedAt: new Date(lastUsedAt).toISOString() }),
    backupEligibility: credential.backupEligible,
    backupState: credential.backupState,
    thirdPartyPayment: credential.thirdPartyPayment,
    ...(credBlob && { credBlob }),
    ...(largeBlob && { largeBlob }),
    ...(withSecrets && secretMembers(credential)),
  };
}

function secretMembers(credential: Credential): Partial<CredentialView> {
  const { credRandomWithUv, credRandomWithoutUv, largeBlobKey, privateKey } = credential;
  return {
    privateKey,
    ...(largeBlobKey && { largeBlobKey }),
    hmacSecret: { withUv: credRandomWithUv, withoutUv: credRandomWithoutUv },
  };
}

type UserMembers = Pick<CredentialView, 'userHandle' | 'userName' | 'userDisplayName'>;

function userMembers(user: Credential['user']): UserMembers {
  if (!user) return {};
  return {
    userHandle: user.id,
    ...(user.name !== undefined && { userName: user.name }),
    ...(user.displayName !== undefined && { userDisplayName: user.displayName }),
  };
}

export function noteView({ id, rpId, signCount, user }: CredentialNote): z.output<typeof credentialNote> {
  return { credentialId: id, ...(rpId !== undefined && { rpId }), ...userMembers(user), signCount };
}

/** What somebody wants to put in, in the words of the handle. */
export function readNewCredential(given: z.output<typeof newCredential>): NewCredential {
  const { algorithm, backupEligibility, credentialId, isResidentCredential, largeBlob, ...rest } = given;
  const { userDisplayName, userHandle, userName, ...plain } = rest;
  if (userHandle === undefined && (userName !== undefined || userDisplayName !== undefined))
    throw new UsageError('userName and userDisplayName need a userHandle.');
  return {
    ...plain,
    ...(credentialId && { id: credentialId }),
    ...(userHandle && {
      user: {
        id: userHandle,
        ...(userName !== undefined && { name: userName }),
        ...(userDisplayName !== undefined && { displayName: userDisplayName }),
      },
    }),
    discoverable: isResidentCredential ?? userHandle !== undefined,
    ...(algorithm && { algorithm: coseAlgorithm[algorithm] }),
    ...(largeBlob && { largeBlob: storedBlob(largeBlob) }),
    ...(backupEligibility !== undefined && { backupEligible: backupEligibility }),
  };
}

export function readCredentialChange(given: z.output<typeof credentialChange>): CredentialPatch {
  const { backupEligibility, largeBlob, userDisplayName, ...same } = given;
  return {
    ...same,
    ...(backupEligibility !== undefined && { backupEligible: backupEligibility }),
    ...(userDisplayName !== undefined && { displayName: userDisplayName }),
    ...(largeBlob !== undefined && { largeBlob: largeBlob && storedBlob(largeBlob) }),
  };
}

/** Sites see a blob as it is; a key keeps it as the platform compresses it (raw DEFLATE, RFC 1951). */
function storedBlob(blob: Uint8Array | CredentialLargeBlob): CredentialLargeBlob {
  return blob instanceof Uint8Array
    ? { data: new Uint8Array(deflateRawSync(blob)), originalSize: blob.length }
    : blob;
}
