import {
  contextTag,
  derTag,
  encodeBitString,
  encodeDer,
  encodeOid,
  encodeSequence,
  encodeUnsigned,
} from '../asn1/der.ts';
import { oid } from './oids.ts';
import { encodeTime } from './time.ts';

/** A distinguished name of up to four parts, in the order in which they are written. */
export interface DistinguishedName {
  /** ISO 3166, two capital letters. */
  readonly country: string;
  readonly organization: string;
  readonly organizationalUnit?: string;
  readonly commonName: string;
}

export interface CertificateContent {
  /** A positive number of at most 20 bytes, big-endian. */
  readonly serialNumber: Uint8Array;
  readonly issuer: DistinguishedName | EncodedName;
  readonly subject: DistinguishedName;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Uncompressed P-256 point, 65 bytes. */
  readonly publicPoint: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

/** The DER of a Name as it stands in a certificate. */
export interface EncodedName {
  readonly der: Uint8Array;
}

const version3 = encodeDer(contextTag(0, 'constructed'), encodeUnsigned(Uint8Array.of(2)));
const signatureAlgorithm = encodeSequence(encodeOid(oid.ecdsaWithSha256));

/** An X.509 v3 certificate (RFC 5280 §4.1), DER. `sign` makes the issuer's ES256 signature, DER as well. */
export function encodeCertificate(
  content: CertificateContent,
  sign: (toBeSigned: Uint8Array) => Uint8Array,
): Uint8Array {
  const { issuer, subject } = content;
  const toBeSigned = encodeSequence(
    version3,
    encodeUnsigned(content.serialNumber),
    signatureAlgorithm,
    'der' in issuer ? issuer.der : encodeName(issuer),
    encodeSequence(encodeTime(content.notBefore), encodeTime(content.notAfter)),
    encodeName(subject),
    encodeSubjectPublicKey(content.publicPoint),
    encodeDer(contextTag(3, 'constructed'), encodeSequence(...content.extensions)),
  );
  return encodeSequence(toBeSigned, signatureAlgorithm, encodeBitString(sign(toBeSigned)));
}

/** Country as PrintableString, all else as UTF8String (RFC 5280 §4.1.2.4). */
function encodeName(name: DistinguishedName): Uint8Array {
  const { country, organization, organizationalUnit, commonName } = name;
  return encodeSequence(
    encodeAttribute(oid.country, derTag.printableString, country),
    encodeAttribute(oid.organization, derTag.utf8String, organization),
    ...(organizationalUnit === undefined
      ? []
      : [encodeAttribute(oid.organizationalUnit, derTag.utf8String, organizationalUnit)]),
    encodeAttribute(oid.commonName, derTag.utf8String, commonName),
  );
}

function encodeAttribute(type: string, tag: number, value: string): Uint8Array {
  const attribute = encodeSequence(encodeOid(type), encodeDer(tag, new TextEncoder().encode(value)));
  return encodeDer(derTag.set, attribute);
}

function encodeSubjectPublicKey(point: Uint8Array): Uint8Array {
  const algorithm = encodeSequence(encodeOid(oid.ecPublicKey), encodeOid(oid.p256));
  return encodeSequence(algorithm, encodeBitString(point));
}
