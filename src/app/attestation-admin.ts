import { createHash } from 'node:crypto';
import {
  createMetadataStatement,
  type MetadataAttestationType,
  type MetadataStatement,
  type MetadataVerification,
} from '../attestation/metadata-statement.ts';
import { createMaterialSource, giveAttestation, type MaterialOptions } from '../attestation/material.ts';
import { encodePem } from '../attestation/pem.ts';
import { readCertificate } from '../attestation/read-certificate.ts';
import { factoryState } from '../authenticator/factory-state.ts';
import type { Profile } from '../authenticator/profile.ts';
import { sameBytes } from '../ctap/bytes.ts';
import { createMemoryKeystore } from '../keystore/memory.ts';
import type { CryptoProvider } from '../ports/crypto.ts';
import { UsageError } from '../ports/errors.ts';
import type { CertifiedKey, Keystore } from '../ports/keystore.ts';
import type { AttestationDocument } from './api-admin.ts';
import { askForInfo } from './key-info.ts';
import type { NamedProfile } from './named-profile.ts';
import { systemClock, systemRandom } from './system.ts';

/**
 * The certificates of a key, made if they are missing, and the metadata statement of a profile. `own` is what the key is:
 * asking about another profile changes no certificate. Throws UsageError.
 */
export async function describeAttestation(
  keystore: Keystore,
  crypto: CryptoProvider,
  own: Profile,
  { name, profile }: NamedProfile,
): Promise<AttestationDocument> {
  const source = createMaterialSource(materialOptions(keystore, crypto, own));
  const { root, batch } = await inSentences(() => source.batch());
  const leaves = sameBytes(own.aaguid, profile.aaguid) ? [batch] : [];
  const isEnterprise = leaves.length > 0 && profile.enterpriseAttestation !== undefined;
  const enterprise = isEnterprise ? [(await inSentences(() => source.enterprise())).enterprise] : [];
  return {
    profile: name,
    root: toPem(root),
    chain: [...leaves, root].map(toPem),
    ...(isEnterprise && { enterpriseChain: [...enterprise, root].map(toPem) }),
    metadata: await describeMetadata(crypto, name, profile, { root, leaves }),
  };
}

/** Takes the user's own certificates in place of those that were made. Throws UsageError. */
export async function importAttestation(
  keystore: Keystore,
  crypto: CryptoProvider,
  profile: Profile,
  pem: string,
): Promise<void> {
  await inSentences(() => giveAttestation(materialOptions(keystore, crypto, profile), pem));
}

function materialOptions(store: Keystore, crypto: CryptoProvider, { aaguid }: Profile): MaterialOptions {
  return { store, crypto, clock: systemClock, random: systemRandom, aaguid };
}

function toPem({ certificate }: CertifiedKey): string {
  return encodePem('CERTIFICATE', certificate);
}

/** The room below words what is wrong; here it becomes a sentence of its own. */
async function inSentences<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { hint, message, problem } = error;
    const sentence = message.charAt(0).toUpperCase() + message.slice(1).replace(/([^.])$/, '$1.');
    throw new UsageError(sentence, { cause: error, problem, ...(hint !== undefined && { hint }) });
  }
}

async function describeMetadata(
  crypto: CryptoProvider,
  name: string,
  profile: Profile,
  { root, leaves }: { readonly root: CertifiedKey; readonly leaves: readonly CertifiedKey[] },
): Promise<MetadataStatement> {
  const factory = factoryState(profile, systemRandom);
  const getInfo = await askForInfo(profile, createMemoryKeystore({ random: systemRandom, factory }), crypto);
  const types = attestationTypes(profile, getInfo !== undefined);
  return createMetadataStatement({
    aaguid: profile.aaguid,
    description: `Fauxkey, a security key made of software (profile ${name})`.slice(0, 200),
    authenticatorVersion: profile.firmwareVersion,
    versions: profile.versions,
    transports: profile.transports,
    algorithms: profile.algorithms,
    attestationTypes: types,
    rootCertificates: types.includes('basic_full') ? [root.certificate] : [],
    verifications: verifications(profile),
    ...(getInfo ? { getInfo } : { attestationCertificateKeyIdentifiers: leaves.map(keyIdentifier) }),
  });
}

/**
 * Every way in which a FIDO2 credential of this key can be attested: `packed` is what attestationFormatsPreference may
 * ask of any key. U2F registrations are always attested by the batch certificate.
 */
function attestationTypes(profile: Profile, speaksCtap2: boolean): readonly MetadataAttestationType[] {
  if (!speaksCtap2) return ['basic_full'];
  const full: readonly MetadataAttestationType[] = ['basic_full'];
  const enterprise = profile.enterpriseAttestation ? full : [];
  switch (profile.attestation) {
    case 'packed':
      return full;
    case 'fido-u2f':
      return ['basic_full', 'basic_surrogate'];
    case 'packed-self':
      return ['basic_surrogate', ...enterprise];
    case 'none':
      return ['none', 'basic_surrogate', ...enterprise];
  }
}

function verifications({ bioEnrollment, builtInUv, pin }: Profile): readonly MetadataVerification[] {
  const minLength = pin?.minLength ?? 4;
  return [
    ...(pin ? [{ method: 'client-pin', minLength, maxRetries: pin.maxRetries } as const] : []),
    ...(builtInUv?.modality === 'pin'
      ? [{ method: 'built-in-pin', minLength, maxRetries: builtInUv.maxRetries } as const]
      : []),
    ...(builtInUv?.modality === 'fingerprint'
      ? [
          {
            method: 'fingerprint',
            maxTemplates: bioEnrollment?.maxTemplates ?? 1,
            maxRetries: builtInUv.maxRetries,
          } as const,
        ]
      : []),
  ];
}

/** SHA-1 of the public key (RFC 5280 §4.2.1.2 method 1), by which metadata of a U2F key is found. */
function keyIdentifier({ certificate }: CertifiedKey): string {
  return createHash('sha1').update(readCertificate(certificate).publicKey).digest('hex');
}
