import {
  decodeDer,
  decodeDerChildren,
  derTag,
  DerError,
  encodeDer,
  requireBitString,
  requireDer,
} from '../asn1/der.ts';
import { leafProblem } from '../attestation/leaf-rules.ts';
import { readCertificate } from '../attestation/read-certificate.ts';
import type { CborMap, CborValue } from '../cbor/value.ts';
import { encodeCoseKey, uncompressedPoint } from '../cose/public-key.ts';
import type { CoseKey } from '../cose/key.ts';
import { coseLabel } from '../cose/key.ts';
import { concatBytes, sameBytes } from '../ctap/bytes.ts';
import type { Bench, Made } from './bench.ts';
import { CheckFailure, CheckSkip } from './check.ts';
import { verifies } from './credential.ts';
import { describeValue, ensure, ensureDefined } from './expect.ts';

const es256 = -7;

/** The certificates of a statement, the leaf first; none for self attestation and `none`. */
export function certificatesOf({ registration }: Made): readonly Uint8Array[] {
  const { fmt, attStmt } = registration;
  const x5c = attStmt.get('x5c');
  if (fmt === 'none' || x5c === undefined) return [];
  ensure(Array.isArray(x5c) && x5c.length > 0, 'x5c is no list of certificates');
  return (x5c as readonly CborValue[]).map((each) => {
    ensure(each instanceof Uint8Array, 'x5c holds something that is no certificate');
    return each;
  });
}

/** Verifies an attestation statement (WebAuthn L3 §8.2, §8.6, §8.7). */
export function requireStatement(bench: Bench, made: Made): void {
  const { fmt, attStmt } = made.registration;
  switch (fmt) {
    case 'none':
      ensure(attStmt.size === 0, 'an attestation statement of format none is not empty');
      return;
    case 'packed':
      requirePacked(bench, made, attStmt);
      return;
    case 'fido-u2f':
      requireU2f(bench, made, attStmt);
      return;
    default:
      throw new CheckFailure(
        `the attestation statement has the format ${fmt}, which a security key does not use`,
      );
  }
}

function requirePacked(bench: Bench, made: Made, attStmt: CborMap): void {
  const { registration, parameters } = made;
  const signed = concatBytes(registration.authData, parameters.clientDataHash);
  const alg = attStmt.get('alg');
  const [leaf] = certificatesOf(made);
  if (leaf) {
    ensure(
      alg === es256,
      `the attestation statement has algorithm ${describeValue(alg)}; only ES256 is checked here`,
    );
    requireSigned(bench, keyOf(leaf), signed, attStmt);
    return;
  }
  const { publicKey } = attestedOf(made);
  const own = publicKey.get(coseLabel.alg);
  ensure(
    alg === own,
    `self attestation has algorithm ${describeValue(alg)}, the credential ${describeValue(own)}`,
  );
  requireSigned(bench, publicKey, signed, attStmt);
}

function requireU2f(bench: Bench, made: Made, attStmt: CborMap): void {
  const { registration, parameters } = made;
  const attested = attestedOf(made);
  const point = ensureDefined(
    uncompressedPoint(attested.publicKey),
    'a statement of format fido-u2f is about a key that is not on P-256',
  );
  const [leaf, ...others] = certificatesOf(made);
  ensure(
    leaf !== undefined && others.length === 0,
    'a statement of format fido-u2f has not exactly one certificate',
  );
  ensure(
    attested.aaguid.every((byte) => byte === 0),
    'a statement of format fido-u2f goes with an AAGUID other than zero',
  );
  const { rpIdHash } = registration.parsed;
  const signed = concatBytes(
    Uint8Array.of(0),
    ...[rpIdHash, parameters.clientDataHash, attested.credentialId, point],
  );
  requireSigned(bench, keyOf(leaf), signed, attStmt);
}

function attestedOf({ registration }: Made) {
  return ensureDefined(registration.parsed.attested, 'the registration has no attested credential data');
}

function requireSigned(bench: Bench, publicKey: CoseKey, signed: Uint8Array, attStmt: CborMap): void {
  const signature = attStmt.get('sig');
  ensure(signature instanceof Uint8Array, 'the attestation statement has no signature');
  ensure(verifies(bench, publicKey, signed, signature), 'the attestation signature does not verify');
}

/** The public key of a certificate on P-256. */
export function keyOf(certificate: Uint8Array): CoseKey {
  const { publicKey, isP256 } = orFail('an attestation certificate', () => readCertificate(certificate));
  if (!isP256 || publicKey.length !== 65) throw new CheckSkip('the attestation key is not on P-256');
  return encodeCoseKey(es256, {
    kty: 'EC2',
    curve: 'P-256',
    x: publicKey.slice(1, 33),
    y: publicKey.slice(33),
  });
}

/** Fails for an attestation certificate that may not attest for this key (WebAuthn L3 §8.2.1), or not today. */
export function requireLeaf(bench: Bench, made: Made): void {
  const [leaf] = certificatesOf(made);
  if (!leaf) throw new CheckSkip('the key attests without a certificate');
  const facts = orFail('the attestation certificate', () => readCertificate(leaf));
  // fido-u2f has no rules for its certificate but the curve.
  if (made.registration.fmt === 'packed') {
    const problem = leafProblem(facts, attestedOf(made).aaguid);
    ensure(problem === undefined, `the attestation certificate ${problem}`);
  }
  const { notBefore, notAfter } = validityOf(leaf);
  const now = bench.clock.wall();
  ensure(
    now >= notBefore,
    `the attestation certificate is not valid before ${new Date(notBefore).toISOString()}`,
  );
  ensure(now <= notAfter, `the attestation certificate has expired on ${new Date(notAfter).toISOString()}`);
}

/** Fails unless each certificate is signed by the next one, and the last one by a root that the owner trusts. */
export function requireChain(bench: Bench, made: Made): void {
  const chain = certificatesOf(made);
  if (chain.length === 0) throw new CheckSkip('the key attests without a certificate');
  chain.slice(1).forEach((issuer, index) => {
    ensure(
      isIssuedBy(bench, chain[index] ?? issuer, issuer),
      'a certificate of x5c is not signed by the next one',
    );
  });
  const roots = bench.options.roots ?? [];
  if (roots.length === 0) throw new CheckSkip('no root certificate is given: --root FILE');
  const last = chain.at(-1) ?? new Uint8Array();
  const isTrusted = roots.some((root) => sameBytes(root, last) || isIssuedBy(bench, last, root));
  ensure(isTrusted, 'the attestation certificate is not issued by an authority of --root');
}

function isIssuedBy(bench: Bench, certificate: Uint8Array, issuer: Uint8Array): boolean {
  return orFail('an attestation certificate', () => {
    const [toBeSigned, , signature] = decodeDerChildren(
      requireDer(decodeDer(certificate), derTag.sequence, 'Certificate'),
    );
    const signed = encodeDer(derTag.sequence, requireDer(toBeSigned, derTag.sequence, 'TBSCertificate'));
    const bytes = requireBitString(signature, derTag.bitString, 'signature');
    return verifies(bench, keyOf(issuer), signed, bytes);
  });
}

/** Milliseconds since 1970. */
function validityOf(certificate: Uint8Array): { readonly notBefore: number; readonly notAfter: number } {
  return orFail('the attestation certificate', () => {
    const [toBeSigned] = decodeDerChildren(
      requireDer(decodeDer(certificate), derTag.sequence, 'Certificate'),
    );
    const members = decodeDerChildren(requireDer(toBeSigned, derTag.sequence, 'TBSCertificate'));
    if (members[0]?.tag === 0xa0) members.shift();
    const [from, until] = decodeDerChildren(requireDer(members[3], derTag.sequence, 'validity'));
    return { notBefore: timeOf(from?.content), notAfter: timeOf(until?.content) };
  });
}

/** UTCTime or GeneralizedTime (RFC 5280 §4.1.2.5). */
function timeOf(content: Uint8Array = new Uint8Array()): number {
  const text = new TextDecoder().decode(content);
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!match) throw new DerError(`"${text}" is no time`);
  const [, year = '', ...rest] = match;
  const century = year.length === 4 ? '' : Number(year) < 50 ? '20' : '19';
  const [month, day, hour, minute, second] = rest;
  return Date.parse(`${century}${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function orFail<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) throw new CheckFailure(`${what} is broken: ${error.message}`);
    throw error;
  }
}
