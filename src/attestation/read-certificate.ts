import {
  contextTag,
  decodeDer,
  decodeDerChildren,
  derTag,
  encodeDer,
  encodeOid,
  requireBitString,
  requireDer,
  type DerValue,
} from '../asn1/der.ts';
import { sameBytes } from '../ctap/bytes.ts';
import { oid } from './oids.ts';

/** What attestation needs to know of a certificate. */
export interface CertificateFacts {
  /** DER of the Name. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Texts of the subject by object identifier. */
  readonly subjectParts: ReadonlyMap<string, string>;
  readonly isVersion3: boolean;
  /** The content of subjectPublicKey; for P-256 an uncompressed point of 65 bytes. */
  readonly publicKey: Uint8Array;
  readonly isP256: boolean;
  readonly isAuthority: boolean;
  readonly subjectKeyIdentifier?: Uint8Array;
  /** The AAGUID extension, if it is there and well formed. */
  readonly aaguid?: Uint8Array;
  /** The serial number of an individual certificate, if it is there. */
  readonly deviceSerial?: Uint8Array;
  /** Whether FIDO's own extension is marked critical, which WebAuthn forbids. */
  readonly isAaguidCritical: boolean;
}

const namedParts = [oid.country, oid.organization, oid.organizationalUnit, oid.commonName];

/** Reads an X.509 certificate in DER without checking its signature. Throws DerError. */
export function readCertificate(certificate: Uint8Array): CertificateFacts {
  const [toBeSigned] = decodeDerChildren(requireDer(decodeDer(certificate), derTag.sequence, 'Certificate'));
  const members = decodeDerChildren(requireDer(toBeSigned, derTag.sequence, 'TBSCertificate'));
  const version = members[0]?.tag === contextTag(0, 'constructed') ? members.shift() : undefined;
  const [, , issuer, , subject, publicKeyInfo, ...rest] = members;
  const [keyAlgorithm, key] = decodeDerChildren(
    requireDer(publicKeyInfo, derTag.sequence, 'SubjectPublicKeyInfo'),
  );
  const extensions = readExtensions(rest.find(({ tag }) => tag === contextTag(3, 'constructed')));
  const keyIdentifier = extensions.get(oid.subjectKeyIdentifier)?.value;
  const aaguid = extensions.get(oid.aaguid);
  const deviceSerial = extensions.get(oid.serialNumber)?.value;
  const aaguidValue = aaguid && octetsIn(aaguid.value);
  return {
    issuer: encodeDer(derTag.sequence, requireDer(issuer, derTag.sequence, 'issuer')),
    subject: encodeDer(derTag.sequence, requireDer(subject, derTag.sequence, 'subject')),
    subjectParts: readName(requireDer(subject, derTag.sequence, 'subject')),
    isVersion3: version !== undefined && version.content.at(-1) === 2,
    publicKey: requireBitString(key, derTag.bitString, 'public key'),
    isP256: isP256(requireDer(keyAlgorithm, derTag.sequence, 'public key algorithm')),
    isAuthority: isAuthority(extensions.get(oid.basicConstraints)?.value),
    isAaguidCritical: aaguid?.critical ?? false,
    ...(keyIdentifier && { subjectKeyIdentifier: octetsIn(keyIdentifier) }),
    ...(deviceSerial && { deviceSerial: octetsIn(deviceSerial) }),
    ...(aaguidValue && { aaguid: aaguidValue }),
  };
}

function isP256(keyAlgorithm: Uint8Array): boolean {
  const [type, curve] = decodeDerChildren(keyAlgorithm);
  return isOid(type, oid.ecPublicKey) && isOid(curve, oid.p256);
}

function octetsIn(value: Uint8Array): Uint8Array {
  return requireDer(decodeDer(value), derTag.octetString, 'extension value');
}

function isAuthority(basicConstraints: Uint8Array | undefined): boolean {
  if (basicConstraints === undefined) return false;
  const [first] = decodeDerChildren(
    requireDer(decodeDer(basicConstraints), derTag.sequence, 'basicConstraints'),
  );
  return first?.tag === derTag.boolean && first.content[0] === 0xff;
}

type Extensions = ReadonlyMap<string, { readonly critical: boolean; readonly value: Uint8Array }>;

/** The extensions that attestation looks at, by object identifier. */
function readExtensions(explicit: DerValue | undefined): Extensions {
  const found = new Map<string, { critical: boolean; value: Uint8Array }>();
  if (explicit === undefined) return found;
  const list = requireDer(decodeDer(explicit.content), derTag.sequence, 'extensions');
  for (const item of decodeDerChildren(list)) {
    const parts = decodeDerChildren(requireDer(item, derTag.sequence, 'extension'));
    const name = nameOfOid(requireDer(parts[0], derTag.oid, 'extension identifier'));
    const value = requireDer(parts.at(-1), derTag.octetString, 'extension value');
    if (name !== undefined) found.set(name, { critical: parts.length === 3, value });
  }
  return found;
}

function readName(content: Uint8Array): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const set of decodeDerChildren(content)) {
    for (const attribute of decodeDerChildren(requireDer(set, derTag.set, 'part of a name'))) {
      const [type, value] = decodeDerChildren(requireDer(attribute, derTag.sequence, 'part of a name'));
      const name = nameOfOid(requireDer(type, derTag.oid, 'part of a name'));
      if (name !== undefined && value !== undefined) parts.set(name, new TextDecoder().decode(value.content));
    }
  }
  return parts;
}

function nameOfOid(content: Uint8Array): string | undefined {
  const known = [...namedParts, oid.basicConstraints, oid.subjectKeyIdentifier, oid.aaguid, oid.serialNumber];
  return known.find((dotted) => isOid({ tag: derTag.oid, content }, dotted));
}

function isOid(value: DerValue | undefined, dotted: string): boolean {
  return value !== undefined && sameBytes(encodeDer(value.tag, value.content), encodeOid(dotted));
}
