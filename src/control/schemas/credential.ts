import { z } from 'zod';
import type { AlgorithmName } from '../../cose/algorithm.ts';
import { coseAlgorithm } from '../../cose/algorithm.ts';
import { bytes } from './common.ts';

const algorithm = z.enum(Object.keys(coseAlgorithm) as [AlgorithmName, ...AlgorithmName[]]);
const credProtect = z.union([z.literal(1), z.literal(2), z.literal(3)]);
const signCount = z.int().min(0).max(0xffff_ffff).nullable();
const userName = z.string().max(2048);
const storedBlob = z
  .strictObject({ data: bytes(0, 1_048_576), originalSize: z.int().min(0) })
  .meta({ description: 'Compressed by the platform (raw DEFLATE), with the size before that' });
const secret = bytes(32, 32);

/** Members are named as in W3C WebDriver's virtual authenticators and in exported documents. */
export const credential = z
  .object({
    credentialId: bytes(),
    protocol: z.enum(['ctap2', 'u2f']),
    rpId: z.string().exactOptional(),
    rpIdHash: bytes(),
    rpName: z.string().exactOptional(),
    userHandle: bytes().exactOptional(),
    userName: z.string().exactOptional(),
    userDisplayName: z.string().exactOptional(),
    isResidentCredential: z.boolean(),
    signCount,
    publicKey: bytes().meta({ description: 'COSE_Key' }),
    algorithm,
    credProtect,
    createdAt: z.string(),
    lastUsedAt: z.string().exactOptional(),
    backupEligibility: z.boolean(),
    backupState: z.boolean(),
    thirdPartyPayment: z.boolean(),
    credBlob: bytes().exactOptional(),
    largeBlob: storedBlob.exactOptional(),
    privateKey: bytes().meta({ description: 'PKCS#8; only with secrets=true' }).exactOptional(),
    largeBlobKey: secret.exactOptional(),
    hmacSecret: z.strictObject({ withUv: secret, withoutUv: secret }).exactOptional(),
  })
  .meta({ id: 'Credential' });

export const newCredential = z
  .strictObject({
    credentialId: bytes(1, 1023).exactOptional(),
    rpId: z.string().min(1).max(2048),
    rpName: z.string().max(2048).exactOptional(),
    userHandle: bytes(1, 64).exactOptional(),
    userName: userName.exactOptional(),
    userDisplayName: userName.exactOptional(),
    isResidentCredential: z.boolean().exactOptional(),
    algorithm: algorithm.exactOptional(),
    privateKey: bytes(1, 16_384).exactOptional(),
    signCount: signCount.exactOptional(),
    credProtect: credProtect.exactOptional(),
    credBlob: bytes(0, 1024).exactOptional(),
    largeBlob: z
      .union([bytes(0, 1_048_576), storedBlob])
      .meta({ description: 'The blob as the site sees it, or as it is stored' })
      .exactOptional(),
    largeBlobKey: secret.exactOptional(),
    hmacSecret: z.strictObject({ withUv: secret, withoutUv: secret }).exactOptional(),
    thirdPartyPayment: z.boolean().exactOptional(),
    backupEligibility: z.boolean().exactOptional(),
    backupState: z.boolean().exactOptional(),
  })
  .meta({ id: 'NewCredential', description: 'Without privateKey the key makes one' });

export const credentialChange = z
  .strictObject({
    signCount: signCount.exactOptional(),
    backupEligibility: z.boolean().exactOptional(),
    backupState: z.boolean().exactOptional(),
    userName: userName.exactOptional(),
    userDisplayName: userName.exactOptional(),
    credProtect: credProtect.exactOptional(),
    credBlob: bytes(0, 1024).nullable().exactOptional(),
    largeBlob: z
      .union([bytes(0, 1_048_576), storedBlob])
      .nullable()
      .exactOptional(),
  })
  .meta({
    id: 'CredentialChange',
    description: 'What is left out stays; null takes a blob away, and makes a counter that always sends zero',
  });

export const credentialNote = z
  .object({
    credentialId: bytes(),
    rpId: z.string().exactOptional(),
    userHandle: bytes().exactOptional(),
    userName: z.string().exactOptional(),
    userDisplayName: z.string().exactOptional(),
    signCount,
  })
  .meta({ id: 'CredentialNote' });
