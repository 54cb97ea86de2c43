import { deflateRawSync } from 'node:zlib';

import type { AlgorithmName } from '../cose/algorithm.ts';
import { coseAlgorithm } from '../cose/algorithm.ts';
import type { Credential, CredentialLargeBlob, CredentialUser } from '../ports/credential.ts';
import { credProtectLevel } from '../ports/credential.ts';
import { UsageError } from '../ports/errors.ts';
import { DocumentReader } from './document-reader.ts';
import type { DeviceStateChange } from '../ports/keystore.ts';
import type { ParsedCredential } from './export-document.ts';
import { present } from './present.ts';

const algorithmNames = Object.keys(coseAlgorithm) as AlgorithmName[];
const exactly = (length: number): { min: number; max: number } => ({ min: length, max: length });
const longestCounter = 2 ** 32 - 1;

/**
 * One credential of a document. Throws UsageError. WebDriver requires credentialId, isResidentCredential, rpId,
 * privateKey and signCount, and userHandle if resident; here all but these have defaults too.
 */
export function parseCredential(value: unknown, path: string): ParsedCredential {
  const reader = new DocumentReader(value, path);
  const discoverable = reader.require('isResidentCredential', reader.flag('isResidentCredential'));
  const parsed = {
    path,
    id: reader.require('credentialId', reader.bytes('credentialId', { min: 1, max: 1023 })),
    discoverable,
    ...parseOwner(reader, discoverable),
    ...parseKeys(reader),
    ...parseUse(reader),
    ...parseExtensions(reader),
  };
  reader.finish();
  return parsed;
}

type Owner = Pick<ParsedCredential, 'protocol' | 'rpId' | 'rpIdHash' | 'rpName' | 'user'>;

function parseOwner(reader: DocumentReader, discoverable: boolean): Owner {
  const rpId = reader.text('rpId', { min: 1 });
  const rpIdHash = reader.bytes('rpIdHash', exactly(32));
  if (rpId === undefined && rpIdHash === undefined) reader.require('rpId', rpId);
  const user = parseUser(reader);
  if (discoverable && user === undefined) reader.require('userHandle', user);
  const protocol = reader.oneOf<Credential['protocol']>('protocol', ['ctap2', 'u2f']) ?? 'ctap2';
  return present({ protocol, rpId, rpIdHash, rpName: reader.text('rpName'), user });
}

function parseUser(reader: DocumentReader): CredentialUser | undefined {
  const id = reader.bytes('userHandle', { min: 1, max: 64 });
  const [name, displayName] = [reader.text('userName'), reader.text('userDisplayName')];
  return id === undefined ? undefined : present({ id, name, displayName });
}

type Keys = Pick<ParsedCredential, 'algorithm' | 'privateKey' | 'publicKey'>;

function parseKeys(reader: DocumentReader): Keys {
  const algorithm = coseAlgorithm[reader.oneOf('algorithm', algorithmNames) ?? 'ES256'];
  return present({ algorithm, privateKey: reader.bytes('privateKey'), publicKey: reader.bytes('publicKey') });
}

type Use = Pick<
  ParsedCredential,
  'signCount' | 'backupEligible' | 'backupState' | 'createdAt' | 'lastUsedAt' | 'thirdPartyPayment'
>;

function parseUse(reader: DocumentReader): Use {
  const counter = reader.integer('signCount', { max: longestCounter });
  const signCount = reader.isNull('signCount') ? null : reader.require('signCount', counter);
  const backupEligible = reader.flag('backupEligibility') ?? false;
  const backupState = reader.flag('backupState') ?? false;
  if (backupState && !backupEligible) {
    throw new UsageError(`${reader.at('backupState')} cannot be true without backupEligibility.`);
  }
  return present({
    signCount,
    backupEligible,
    backupState,
    createdAt: reader.time('createdAt'),
    lastUsedAt: reader.time('lastUsedAt'),
    thirdPartyPayment: reader.flag('thirdPartyPayment') ?? false,
  });
}

type Extensions = Pick<
  ParsedCredential,
  'credProtect' | 'credBlob' | 'largeBlob' | 'largeBlobKey' | 'credRandomWithUv' | 'credRandomWithoutUv'
>;

function parseExtensions(reader: DocumentReader): Extensions {
  const secrets = reader.object('hmacSecret');
  const parsed = present({
    credProtect: reader.oneOf('credProtect', Object.values(credProtectLevel)) ?? 1,
    credBlob: reader.bytes('credBlob', { max: 1024 }),
    largeBlob: parseLargeBlob(reader),
    largeBlobKey: reader.bytes('largeBlobKey', exactly(32)),
    credRandomWithUv: secrets && secrets.require('withUv', secrets.bytes('withUv', exactly(32))),
    credRandomWithoutUv: secrets && secrets.require('withoutUv', secrets.bytes('withoutUv', exactly(32))),
  });
  secrets?.finish();
  return parsed;
}

/** WebDriver gives the blob as the site sees it; the key keeps it compressed (raw DEFLATE, RFC 1951). */
function parseLargeBlob(reader: DocumentReader): CredentialLargeBlob | undefined {
  if (typeof reader.raw('largeBlob') === 'string') {
    const blob = reader.require('largeBlob', reader.bytes('largeBlob'));
    return { data: new Uint8Array(deflateRawSync(blob)), originalSize: blob.length };
  }
  const blob = reader.object('largeBlob');
  if (blob === undefined) return undefined;
  const data = blob.require('data', blob.bytes('data'));
  const originalSize = blob.require('originalSize', blob.integer('originalSize'));
  blob.finish();
  return { data, originalSize };
}

/** The state of a document. Throws UsageError. */
export function parseState(reader: DocumentReader): DeviceStateChange {
  const pin = reader.object('pin');
  const parsed = present({
    pin: pin && {
      hash: pin.require('hash', pin.bytes('hash', { min: 16, max: 16 })),
      codePoints: pin.require('codePoints', pin.integer('codePoints', { min: 4, max: 63 })),
    },
    pinRetries: reader.integer('pinRetries', { max: 8 }),
    uvRetries: reader.integer('uvRetries', { max: 25 }),
    minPinLength: reader.integer('minPinLength', { min: 4, max: 63 }),
    forcePinChange: reader.flag('forcePinChange'),
    alwaysUv: reader.flag('alwaysUv'),
    signCount: reader.integer('signCount', { max: 2 ** 32 - 1 }),
    largeBlobArray: reader.bytes('largeBlobArray'),
  });
  pin?.finish();
  reader.finish();
  return parsed;
}
