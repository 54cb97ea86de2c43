import { sameBytes } from '../ctap/bytes.ts';
import { oid } from './oids.ts';
import type { CertificateFacts } from './read-certificate.ts';

/**
 * Why a certificate cannot attest for keys of this AAGUID (WebAuthn L3 §8.2.1), as the rest of a sentence about it;
 * undefined if it can. Its validity in time is the verifier's affair.
 */
export function leafProblem(facts: CertificateFacts, aaguid: Uint8Array): string | undefined {
  const part = (name: string): string => facts.subjectParts.get(name) ?? '';
  if (!facts.isVersion3) return 'is not of X.509 version 3';
  if (facts.isAuthority) return 'is the certificate of an authority (CA:TRUE)';
  if (!/^[A-Z]{2}$/.test(part(oid.country))) return 'has no country (C) of two letters in its subject';
  if (part(oid.organization) === '') return 'has no organization (O) in its subject';
  if (part(oid.organizationalUnit) !== 'Authenticator Attestation') {
    return 'has not "Authenticator Attestation" as organizational unit (OU) in its subject';
  }
  if (part(oid.commonName) === '') return 'has no common name (CN) in its subject';
  if (!facts.isP256) return 'has a public key that is not on P-256';
  if (facts.isAaguidCritical) return 'has an AAGUID extension that is marked critical';
  if (facts.aaguid !== undefined && !sameBytes(facts.aaguid, aaguid)) return 'is for another AAGUID';
  return undefined;
}
