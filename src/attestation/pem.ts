import { decodeDer, decodeDerChildren, DerError, derTag, encodeDer, requireBitString } from '../asn1/der.ts';
import { coseAlgorithm } from '../cose/algorithm.ts';
import { encodeCoseKey, uncompressedPoint } from '../cose/public-key.ts';
import { UnsuitableKeyError, type CryptoProvider } from '../ports/crypto.ts';
import { UsageError } from '../ports/errors.ts';
import type { CertifiedKey } from '../ports/keystore.ts';
import { sameBytes } from '../ctap/bytes.ts';
import { leafProblem } from './leaf-rules.ts';
import { readCertificate, type CertificateFacts } from './read-certificate.ts';

/** What a user gave. The root's private key is empty if it was not among it: nothing new can be signed then. */
export interface GivenAttestation {
  readonly root: CertifiedKey;
  readonly batch?: CertifiedKey;
}

interface Block {
  readonly label: string;
  readonly der: Uint8Array;
}

interface Certificate {
  readonly der: Uint8Array;
  readonly facts: CertificateFacts;
  readonly privateKey: Uint8Array | undefined;
}

const es256 = coseAlgorithm.ES256;

/** PEM (RFC 7468) with lines of 64 characters and a line feed at the end. */
export function encodePem(label: 'CERTIFICATE' | 'PRIVATE KEY', der: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...der));
  return `-----BEGIN ${label}-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;
}

/**
 * Reads a root certificate, and with it the root's private key, or an attestation certificate with its private key, or
 * all four, in any order; keys are PKCS#8 and on P-256. Throws UsageError that says what is missing or wrong.
 */
export function parseAttestationPem(
  text: string,
  crypto: CryptoProvider,
  aaguid: Uint8Array,
): GivenAttestation {
  const blocks = readBlocks(text);
  const certificates = matchKeys(blocks, crypto);
  const root = requireOnly(certificates, true, 'root certificate (one with CA:TRUE)');
  const batch = requireOnly(certificates, false, 'attestation certificate');
  if (root === undefined) throw new UsageError('the PEM has no root certificate (one with CA:TRUE)');
  const rootKey: CertifiedKey = { certificate: root.der, privateKey: root.privateKey ?? new Uint8Array() };
  if (batch === undefined) {
    if (root.privateKey !== undefined) return { root: rootKey };
    throw new UsageError('the PEM has neither the private key of the root nor an attestation certificate');
  }
  requireLeaf(batch, root, crypto, aaguid);
  if (batch.privateKey === undefined) {
    throw new UsageError('the PEM has no private key for the attestation certificate');
  }
  return { root: rootKey, batch: { certificate: batch.der, privateKey: batch.privateKey } };
}

function readBlocks(text: string): readonly Block[] {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)].map(
    ([, label = '', body = '']) => ({ label, der: decodeBase64(body) }),
  );
  if (blocks.length === 0) throw new UsageError('the text has no PEM blocks (-----BEGIN CERTIFICATE-----)');
  const other = blocks.find(({ label }) => label !== 'CERTIFICATE' && label !== 'PRIVATE KEY');
  if (other !== undefined) {
    throw new UsageError(`the PEM has a block ${other.label}, wanted CERTIFICATE and PRIVATE KEY`, {
      hint: 'openssl pkcs8 -topk8 -nodes -in key.pem',
    });
  }
  return blocks;
}

function decodeBase64(body: string): Uint8Array {
  try {
    return Uint8Array.from(atob(body.replace(/\s+/g, '')), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new UsageError('a PEM block is not base64', { cause });
  }
}

/** Certificates with the private keys that belong to them. */
function matchKeys(blocks: readonly Block[], crypto: CryptoProvider): readonly Certificate[] {
  const keys = blocks.filter(({ label }) => label === 'PRIVATE KEY').map(({ der }) => importKey(der, crypto));
  const certificates = blocks
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ der }): Certificate => {
      const facts = readFacts(der);
      return {
        der,
        facts,
        privateKey: keys.find(({ point }) => sameBytes(point, facts.publicKey))?.privateKey,
      };
    });
  const used = certificates.filter(({ privateKey }) => privateKey !== undefined).length;
  if (used < keys.length)
    throw new UsageError('the PEM has a private key that belongs to no certificate in it');
  return certificates;
}

function importKey(
  der: Uint8Array,
  crypto: CryptoProvider,
): { readonly privateKey: Uint8Array; readonly point: Uint8Array } {
  try {
    const { privateKey, publicKey } = crypto.importPrivateKey(es256, der);
    return { privateKey, point: uncompressedPoint(publicKey) ?? new Uint8Array() };
  } catch (cause) {
    if (!(cause instanceof UnsuitableKeyError)) throw cause;
    throw new UsageError(`a private key of the PEM is not a P-256 key: ${cause.message}`, { cause });
  }
}

function readFacts(der: Uint8Array): CertificateFacts {
  try {
    return readCertificate(der);
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    throw new UsageError(`a certificate of the PEM cannot be read: ${cause.message}`, { cause });
  }
}

function requireOnly(
  certificates: readonly Certificate[],
  isAuthority: boolean,
  what: string,
): Certificate | undefined {
  const [first, second] = certificates.filter(({ facts }) => facts.isAuthority === isAuthority);
  if (second !== undefined) throw new UsageError(`the PEM has more than one ${what}`);
  return first;
}

function requireLeaf(leaf: Certificate, root: Certificate, crypto: CryptoProvider, aaguid: Uint8Array): void {
  const problem = leafProblem(leaf.facts, aaguid);
  if (problem !== undefined) throw new UsageError(`the attestation certificate ${problem}`);
  if (!sameBytes(leaf.facts.issuer, root.facts.subject)) {
    throw new UsageError('the attestation certificate was not issued by the root certificate in the PEM');
  }
  if (isSignedBy(leaf, root, crypto) === false) {
    throw new UsageError('the attestation certificate is not signed with the key of the root certificate');
  }
}

/** Undefined if the root's key is not on P-256, which is all that we can verify here. */
function isSignedBy(leaf: Certificate, root: Certificate, crypto: CryptoProvider): boolean | undefined {
  const point = root.facts.publicKey;
  if (!root.facts.isP256) return undefined;
  const [toBeSigned, , signature] = decodeDerChildren(decodeDer(leaf.der).content);
  if (toBeSigned === undefined) return false;
  const key = encodeCoseKey(es256, { kty: 'EC2', curve: 'P-256', x: point.slice(1, 33), y: point.slice(33) });
  const signed = encodeDer(toBeSigned.tag, toBeSigned.content);
  return crypto.verify(key, signed, requireBitString(signature, derTag.bitString, 'signature'));
}
