import { coseAlgorithm } from '../cose/algorithm.ts';
import { uncompressedPoint } from '../cose/public-key.ts';
import type { Clock } from '../ports/clock.ts';
import type { CryptoProvider } from '../ports/crypto.ts';
import { UsageError } from '../ports/errors.ts';
import type { CertifiedKey } from '../ports/keystore.ts';
import type { Random } from '../ports/random.ts';
import { encodeCertificate, type DistinguishedName } from './certificate.ts';
import { authorityExtensions, leafExtensions } from './extensions.ts';
import { toHex } from '../ctap/bytes.ts';
import { readCertificate } from './read-certificate.ts';
import { dayInMs, endOfUtcTime } from './time.ts';

export interface AuthorityPorts {
  readonly crypto: CryptoProvider;
  readonly clock: Clock;
  readonly random: Random;
}

const es256 = coseAlgorithm.ES256;
/** Some verifiers look the country up in ISO 3166, so that a code for private use would not do. */
const country = 'US';
const organization = 'Fauxkey';
/** Verbatim in every attestation certificate (WebAuthn L3 §8.2.1). */
const attestationUnit = 'Authenticator Attestation';
const certificateLifetimeInDays = 25 * 365;

/**
 * A new test authority: a P-256 key and its own self-signed certificate. Part of its name is random, because every
 * keystore has an authority of its own and a verifier may trust several.
 */
export async function createAuthority(ports: AuthorityPorts): Promise<CertifiedKey> {
  const { privateKey, publicPoint } = await createKey(ports);
  const name: DistinguishedName = {
    country,
    organization,
    commonName: `Fauxkey Test Authority ${toHex(ports.random.bytes(4))}`,
  };
  const certificate = encodeCertificate(
    {
      serialNumber: serialNumber(ports.random),
      issuer: name,
      subject: name,
      ...validFromNow(ports.clock),
      publicPoint,
      extensions: authorityExtensions(keyIdentifier(ports.crypto, publicPoint)),
    },
    (toBeSigned) => ports.crypto.sign(es256, privateKey, toBeSigned),
  );
  return { privateKey, certificate };
}

/** Milliseconds since 1970. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The certificate that all keys of a model share. `aaguid` has 16 bytes. Valid from now on unless told otherwise. */
export function createBatchCertificate(
  ports: AuthorityPorts,
  root: CertifiedKey,
  aaguid: Uint8Array,
  validity: Validity = validFromNow(ports.clock),
): Promise<CertifiedKey> {
  return createLeaf(ports, root, { aaguid, validity, commonName: 'Fauxkey Attestation' });
}

/** The certificate of one key alone, which names it (WebAuthn L3 §8.2.2). `device` is its serial number. */
export function createEnterpriseCertificate(
  ports: AuthorityPorts,
  root: CertifiedKey,
  aaguid: Uint8Array,
  device: Uint8Array,
): Promise<CertifiedKey> {
  return createLeaf(ports, root, {
    aaguid,
    device,
    validity: validFromNow(ports.clock),
    commonName: `Fauxkey Enterprise Key ${toHex(device)}`,
  });
}

interface LeafContent {
  readonly aaguid: Uint8Array;
  readonly commonName: string;
  readonly validity: Validity;
  readonly device?: Uint8Array;
}

async function createLeaf(
  ports: AuthorityPorts,
  root: CertifiedKey,
  leaf: LeafContent,
): Promise<CertifiedKey> {
  const { crypto, random } = ports;
  if (root.privateKey.length === 0) {
    throw new UsageError(
      'a new attestation certificate needs the private key of the root, which was not given',
    );
  }
  const { subject, subjectKeyIdentifier, publicKey } = readCertificate(root.certificate);
  const { privateKey, publicPoint } = await createKey(ports);
  const certificate = encodeCertificate(
    {
      serialNumber: serialNumber(random),
      issuer: { der: subject },
      subject: { country, organization, organizationalUnit: attestationUnit, commonName: leaf.commonName },
      ...leaf.validity,
      publicPoint,
      extensions: leafExtensions({
        keyIdentifier: keyIdentifier(crypto, publicPoint),
        issuerKeyIdentifier: subjectKeyIdentifier ?? keyIdentifier(crypto, publicKey),
        aaguid: leaf.aaguid,
        ...(leaf.device && { serialNumber: leaf.device }),
      }),
    },
    (toBeSigned) => crypto.sign(es256, root.privateKey, toBeSigned),
  );
  return { privateKey, certificate };
}

async function createKey({
  crypto,
}: AuthorityPorts): Promise<{ readonly privateKey: Uint8Array; readonly publicPoint: Uint8Array }> {
  const { privateKey, publicKey } = await crypto.generateKeyPair(es256);
  const publicPoint = uncompressedPoint(publicKey);
  if (publicPoint === undefined) throw new RangeError('ES256 gave a key that is not on P-256');
  return { privateKey, publicPoint };
}

/** From a day ago, for hosts whose clocks lag behind, to the end of 2049, which is as far as UTCTime reaches. */
function validFromNow(clock: Clock): Validity {
  const now = clock.wall();
  const notAfter = now < endOfUtcTime - dayInMs ? endOfUtcTime : now + certificateLifetimeInDays * dayInMs;
  return { notBefore: now - dayInMs, notAfter };
}

/** 16 random bytes; the first is between 0x40 and 0x7f, so that the number is positive and never short. */
function serialNumber(random: Random): Uint8Array {
  const [first = 0, ...rest] = random.bytes(16);
  return Uint8Array.of((first & 0x3f) | 0x40, ...rest);
}

/** The first 160 bits of SHA-256 over the public key (RFC 7093 §2 method 1). */
function keyIdentifier(crypto: CryptoProvider, publicPoint: Uint8Array): Uint8Array {
  return crypto.sha256(publicPoint).subarray(0, 20);
}
