import {
  contextTag,
  derTag,
  encodeBitString,
  encodeDer,
  encodeOctetString,
  encodeOid,
  encodeSequence,
} from '../asn1/der.ts';
import { oid } from './oids.ts';

const yes = encodeDer(derTag.boolean, Uint8Array.of(0xff));

function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  return encodeSequence(encodeOid(id), ...(critical ? [yes] : []), encodeOctetString(value));
}

/** An authority that signs end-entity certificates only (RFC 5280 §4.2.1.9, §4.2.1.3). */
export function authorityExtensions(keyIdentifier: Uint8Array): readonly Uint8Array[] {
  const pathLength = encodeDer(derTag.integer, Uint8Array.of(0));
  return [
    extension(oid.basicConstraints, true, encodeSequence(yes, pathLength)),
    // keyCertSign (5) and cRLSign (6)
    extension(oid.keyUsage, true, encodeBitString(Uint8Array.of(0x06), 1)),
    extension(oid.subjectKeyIdentifier, false, encodeOctetString(keyIdentifier)),
  ];
}

export interface LeafExtensions {
  readonly keyIdentifier: Uint8Array;
  readonly issuerKeyIdentifier: Uint8Array;
  /** 16 bytes. */
  readonly aaguid: Uint8Array;
  /** Only in an individual certificate, for enterprise attestation (WebAuthn L3 §8.2.2). */
  readonly serialNumber?: Uint8Array;
}

/** What WebAuthn L3 §8.2.1 asks of an attestation certificate. The values in FIDO's own extensions are not critical. */
export function leafExtensions(leaf: LeafExtensions): readonly Uint8Array[] {
  const issuer = encodeDer(contextTag(0, 'primitive'), leaf.issuerKeyIdentifier);
  return [
    // CA FALSE is the default, which DER leaves out.
    extension(oid.basicConstraints, true, encodeSequence()),
    // digitalSignature (0)
    extension(oid.keyUsage, true, encodeBitString(Uint8Array.of(0x80), 7)),
    extension(oid.subjectKeyIdentifier, false, encodeOctetString(leaf.keyIdentifier)),
    extension(oid.authorityKeyIdentifier, false, encodeSequence(issuer)),
    extension(oid.aaguid, false, encodeOctetString(leaf.aaguid)),
    // usb (2)
    extension(oid.u2fTransports, false, encodeBitString(Uint8Array.of(0x20), 5)),
    ...(leaf.serialNumber ? [extension(oid.serialNumber, false, encodeOctetString(leaf.serialNumber))] : []),
  ];
}
