import { algorithmName } from '../cose/algorithm.ts';
import type { Credential } from '../ports/credential.ts';
import type { DeviceState } from '../ports/keystore.ts';
import type { ExportedCredential, ExportedState } from './export-document.ts';
import { present } from './present.ts';
import { encodeCbor } from './record-schema.ts';

export function exportCredential(credential: Credential, withSecrets: boolean): ExportedCredential {
  const { rpId, user, largeBlob, lastUsedAt } = credential;
  const exported = present({
    credentialId: toBase64Url(credential.id),
    protocol: credential.protocol,
    rpId,
    rpIdHash: rpId === undefined ? toBase64Url(credential.rpIdHash) : undefined,
    rpName: credential.rpName,
    userHandle: user && toBase64Url(user.id),
    userName: user?.name,
    userDisplayName: user?.displayName,
    isResidentCredential: credential.discoverable,
    signCount: credential.signCount,
    publicKey: toBase64Url(encodeCbor(credential.publicKey)),
    algorithm: algorithmName(credential.algorithm) ?? String(credential.algorithm),
    credProtect: credential.credProtect,
    createdAt: new Date(credential.createdAt).toISOString(),
    lastUsedAt: lastUsedAt === undefined ? undefined : new Date(lastUsedAt).toISOString(),
    backupEligibility: credential.backupEligible,
    backupState: credential.backupState,
    thirdPartyPayment: credential.thirdPartyPayment,
    credBlob: credential.credBlob && toBase64Url(credential.credBlob),
    largeBlob: largeBlob && { data: toBase64Url(largeBlob.data), originalSize: largeBlob.originalSize },
  });
  return withSecrets ? { ...exported, ...exportSecrets(credential) } : exported;
}

type ExportedSecrets = Pick<ExportedCredential, 'privateKey' | 'largeBlobKey' | 'hmacSecret'>;

function exportSecrets(credential: Credential): ExportedSecrets {
  const { privateKey, largeBlobKey, credRandomWithUv, credRandomWithoutUv } = credential;
  return present({
    privateKey: toBase64Url(privateKey),
    largeBlobKey: largeBlobKey && toBase64Url(largeBlobKey),
    hmacSecret: { withUv: toBase64Url(credRandomWithUv), withoutUv: toBase64Url(credRandomWithoutUv) },
  });
}

export function exportState(state: DeviceState): ExportedState {
  return present({
    pin: state.pin && { hash: toBase64Url(state.pin.hash), codePoints: state.pin.codePoints },
    pinRetries: state.pinRetries,
    uvRetries: state.uvRetries,
    minPinLength: state.minPinLength,
    forcePinChange: state.forcePinChange,
    alwaysUv: state.alwaysUv,
    signCount: state.signCount,
    largeBlobArray: state.largeBlobArray && toBase64Url(state.largeBlobArray),
  });
}

export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
