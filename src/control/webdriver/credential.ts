import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Credential } from '../../ports/credential.ts';
import type { NewCredential } from '../handle.ts';
import { WebDriverError } from './error.ts';
import type { CredentialParameters } from './parameters.ts';

/** The largest blob that is taken or shown, in bytes before compression. */
const maxBlobSize = 1 << 20;

const toBase64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** A credential as Add Credential describes it. Throws `invalid argument`. */
export function toNewCredential(parameters: CredentialParameters): NewCredential {
  const { credentialId, isResidentCredential, largeBlob, privateKey, rpId, signCount, userHandle } =
    parameters;
  const { backupEligibility, backupState, userDisplayName, userName } = parameters;
  if (isResidentCredential && !userHandle)
    throw new WebDriverError('invalid argument', 'userHandle: a resident credential needs one.');
  const user = userHandle?.length
    ? {
        id: userHandle,
        ...(userName !== undefined && { name: userName }),
        ...(userDisplayName !== undefined && { displayName: userDisplayName }),
      }
    : undefined;
  return {
    id: credentialId,
    rpId,
    discoverable: isResidentCredential,
    privateKey,
    signCount,
    ...(user && { user }),
    ...(largeBlob && { largeBlob: compressBlob(largeBlob) }),
    ...(backupEligibility !== undefined && { backupEligible: backupEligibility }),
    ...(backupState !== undefined && { backupState }),
  };
}

/** The Credential Parameters of a credential on the key, with its private key (WebAuthn L3 §11.5). */
export function toCredentialParameters(credential: Credential): Readonly<Record<string, unknown>> {
  const { largeBlob, user } = credential;
  return {
    credentialId: toBase64url(credential.id),
    isResidentCredential: credential.discoverable,
    // A credential made over U2F is bound to a hash only.
    rpId: credential.rpId ?? '',
    privateKey: toBase64url(credential.privateKey),
    signCount: credential.signCount,
    backupEligibility: credential.backupEligible,
    backupState: credential.backupState,
    ...(user && { userHandle: toBase64url(user.id) }),
    ...(user?.name !== undefined && { userName: user.name }),
    ...(user?.displayName !== undefined && { userDisplayName: user.displayName }),
    ...(largeBlob && { largeBlob: toBase64url(openBlob(largeBlob.data)) }),
  };
}

/** The form in which platforms hand blobs to a key: raw DEFLATE and the size before it (CTAP 2.3 §12.4). */
function compressBlob(blob: Uint8Array): NonNullable<NewCredential['largeBlob']> {
  if (blob.length > maxBlobSize)
    throw new WebDriverError('invalid argument', `largeBlob: at most ${maxBlobSize} bytes.`);
  return { data: deflateRawSync(blob), originalSize: blob.length };
}

/** What a client stored may be anything; a blob that is no compressed data is shown as it is. */
function openBlob(data: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(data, { maxOutputLength: maxBlobSize, finishFlush: constants.Z_FINISH });
  } catch {
    return data;
  }
}
