/** Object identifiers of certificates (RFC 5280, RFC 5758) and of FIDO's extensions (WebAuthn L3 §8.2.1, §8.2.2). */
export const oid = {
  ecPublicKey: '1.2.840.10045.2.1',
  p256: '1.2.840.10045.3.1.7',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  country: '2.5.4.6',
  organization: '2.5.4.10',
  organizationalUnit: '2.5.4.11',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  /** id-fido-gen-ce-aaguid */
  aaguid: '1.3.6.1.4.1.45724.1.1.4',
  /** id-fido-gen-ce-sernum, for enterprise attestation */
  serialNumber: '1.3.6.1.4.1.45724.1.1.2',
  /** id-fido-u2f-ce-transports */
  u2fTransports: '1.3.6.1.4.1.45724.2.1.1',
} as const;
