import {
  contextTag,
  decodeDer,
  decodeDerChildren,
  DerError,
  derTag,
  encodeBitString,
  encodeDer,
  encodeOctetString,
  encodeOid,
  encodeSequence,
  encodeUnsigned,
  requireBitString,
  requireDer,
  requireUnsigned,
  type DerValue,
} from '../asn1/der.ts';
import type { CoseAlgorithm } from '../cose/algorithm.ts';
import { ecCurves, okpCurves, type EcCurve, type MlDsaSet, type OkpCurve } from '../cose/algorithm-table.ts';
import { UnsuitableKeyError } from '../ports/crypto.ts';
import { bytesToBigInt } from './big-integer.ts';
import { keyTypeOf, requireKeyType } from './key-type.ts';
import { ecCurveOids, ecOrders, ecPublicKeyOid, mlDsaOids, okpOids, rsaEncryptionOid } from './key-oids.ts';
import { sameBytes } from './same-bytes.ts';

/** What a PKCS#8 structure holds. A public part is as it stood there: nobody has compared it with the private one. */
export type PrivateKeyParts =
  /** `d` padded to the size of the curve, 0 < d < order; `point` uncompressed or compressed. */
  | { readonly kty: 'EC2'; readonly curve: EcCurve; readonly d: Uint8Array; readonly point?: Uint8Array }
  | {
      readonly kty: 'OKP';
      readonly curve: OkpCurve;
      readonly seed: Uint8Array;
      readonly publicKey?: Uint8Array;
    }
  /** `pkcs1` is the RSAPrivateKey of RFC 8017; `n` and `e` are without leading zeros. */
  | { readonly kty: 'RSA'; readonly pkcs1: Uint8Array; readonly n: Uint8Array; readonly e: Uint8Array }
  /** Seed of 32 bytes; the expanded key of the "both" form, if there was one. */
  | {
      readonly kty: 'AKP';
      readonly set: MlDsaSet;
      readonly seed: Uint8Array;
      readonly expandedKey?: Uint8Array;
    };

export type EcKeyParts = Extract<PrivateKeyParts, { readonly kty: 'EC2' }>;

const seedTag = contextTag(0, 'primitive');
const mlDsaSeedSize = 32;
const rsaModulusBits = { min: 2048, max: 8192 } as const;

/**
 * Reads a PKCS#8 PrivateKeyInfo or OneAsymmetricKey (RFC 5958, DER, unencrypted) of any key type in use. Attributes
 * are ignored. Throws UnsuitableKeyError.
 */
export function decodePkcs8(pkcs8: Uint8Array): PrivateKeyParts {
  try {
    return decodeStructure(pkcs8);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new UnsuitableKeyError(`not a PKCS#8 private key: ${error.message}`, { cause: error });
  }
}

/** As decodePkcs8, for a key of the given algorithm only. Throws UnsuitableKeyError. */
export function decodePkcs8For(alg: CoseAlgorithm, pkcs8: Uint8Array): PrivateKeyParts {
  const parts = decodePkcs8(pkcs8);
  requireKeyType(alg, keyTypeOf(parts));
  return parts;
}

function decodeStructure(pkcs8: Uint8Array): PrivateKeyParts {
  const outer = requireDer(decodeDer(pkcs8), derTag.sequence, 'PrivateKeyInfo');
  const [version, algorithm, privateKey, ...rest] = decodeDerChildren(outer);
  const versionNumber = bytesToBigInt(requireUnsigned(version, 'version'));
  if (versionNumber > 1n) throw new DerError('unknown version');
  const publicKey = outerPublicKey(rest, versionNumber === 1n);
  const [oid, parameters, ...surplus] = decodeDerChildren(
    requireDer(algorithm, derTag.sequence, 'privateKeyAlgorithm'),
  );
  const oidContent = requireDer(oid, derTag.oid, 'algorithm identifier');
  if (surplus.length > 0) throw new DerError('algorithm identifier has more than parameters');
  return decodeKey(
    oidContent,
    parameters,
    requireDer(privateKey, derTag.octetString, 'privateKey'),
    publicKey,
  );
}

/** Attributes [0] and then, in version 2 only, the public key [1] (RFC 5958 §2). */
function outerPublicKey(rest: readonly DerValue[], isV2: boolean): Uint8Array | undefined {
  const [first, second] = rest;
  const candidate = first?.tag === contextTag(0, 'constructed') ? second : first;
  const expected = Number(candidate !== undefined) + Number(candidate !== first);
  if (rest.length !== expected) throw new DerError('unexpected members after privateKey');
  if (candidate === undefined) return undefined;
  if (!isV2) throw new DerError('publicKey in a version 1 structure');
  return requireBitString(candidate, contextTag(1, 'primitive'), 'publicKey');
}

function decodeKey(
  oid: Uint8Array,
  parameters: DerValue | undefined,
  privateKey: Uint8Array,
  publicKey: Uint8Array | undefined,
): PrivateKeyParts {
  if (isOid(oid, ecPublicKeyOid)) return decodeEcKey(parameters, privateKey, publicKey);
  if (isOid(oid, rsaEncryptionOid)) {
    requireDer(parameters, derTag.null, 'NULL parameters of rsaEncryption');
    return decodeRsaKey(privateKey);
  }
  if (parameters !== undefined) throw new DerError('algorithm identifier has unexpected parameters');
  const okp = nameOf(okpOids, oid);
  if (okp !== undefined) return decodeOkpKey(okp, privateKey, publicKey);
  const set = nameOf(mlDsaOids, oid);
  if (set !== undefined) return decodeMlDsaKey(set, privateKey);
  throw new UnsuitableKeyError('the key type is none that a security key uses');
}

/** ECPrivateKey with its curve in the algorithm identifier (RFC 5480 §2.1.1). */
function decodeEcKey(
  parameters: DerValue | undefined,
  privateKey: Uint8Array,
  outerPoint: Uint8Array | undefined,
): EcKeyParts {
  const curve = nameOf(ecCurveOids, requireDer(parameters, derTag.oid, 'named curve'));
  if (curve === undefined) {
    throw new UnsuitableKeyError('the elliptic curve is none that a security key uses');
  }
  const parts = decodeEcPrivateKey(curve, privateKey);
  return { ...parts, ...(outerPoint && !parts.point && { point: outerPoint }) };
}

/**
 * ECPrivateKey (RFC 5915 §3, SEC 1 C.4). A scalar shorter than the field, as some writers produce, is padded. Throws
 * DerError or UnsuitableKeyError.
 */
export function decodeEcPrivateKey(curve: EcCurve, ecPrivateKey: Uint8Array): EcKeyParts {
  const members = decodeDerChildren(requireDer(decodeDer(ecPrivateKey), derTag.sequence, 'ECPrivateKey'));
  const [version, scalar, ...rest] = members;
  if (bytesToBigInt(requireUnsigned(version, 'version of ECPrivateKey')) !== 1n) {
    throw new DerError('unknown version of ECPrivateKey');
  }
  const d = scalarOf(curve, requireDer(scalar, derTag.octetString, 'private scalar'));
  const named = takeExplicit(rest, 0);
  if (named !== undefined && !isOid(requireDer(named, derTag.oid, 'inner curve'), ecCurveOids[curve])) {
    throw new DerError('the two named curves differ');
  }
  const encoded = takeExplicit(rest, 1);
  if (rest.length > 0) throw new DerError('unexpected members of ECPrivateKey');
  const point = encoded && requireBitString(encoded, derTag.bitString, 'public point');
  return { kty: 'EC2', curve, d, ...(point && { point }) };
}

function scalarOf(curve: EcCurve, bytes: Uint8Array): Uint8Array {
  const { size } = ecCurves[curve];
  const value = bytesToBigInt(bytes);
  if (bytes.length > size || value === 0n || value >= ecOrders[curve]) {
    throw new UnsuitableKeyError(`the private scalar is out of range for ${curve}`);
  }
  const d = new Uint8Array(size);
  d.set(bytes, size - bytes.length);
  return d;
}

/** Removes the first of `members` if it is the EXPLICIT tag `number`, and gives what is inside. */
function takeExplicit(members: DerValue[], number: number): DerValue | undefined {
  const first = members[0];
  if (first?.tag !== contextTag(number, 'constructed')) return undefined;
  members.shift();
  return decodeDer(first.content);
}

/** CurvePrivateKey, an OCTET STRING inside the OCTET STRING (RFC 8410 §7). */
function decodeOkpKey(
  curve: OkpCurve,
  privateKey: Uint8Array,
  publicKey: Uint8Array | undefined,
): PrivateKeyParts {
  const seed = requireDer(decodeDer(privateKey), derTag.octetString, 'CurvePrivateKey');
  if (seed.length !== okpCurves[curve].size) throw new DerError(`CurvePrivateKey has ${seed.length} bytes`);
  return { kty: 'OKP', curve, seed, ...(publicKey && { publicKey }) };
}

/** RSAPrivateKey with two primes (RFC 8017 A.1.2). */
function decodeRsaKey(pkcs1: Uint8Array): PrivateKeyParts {
  const members = decodeDerChildren(requireDer(decodeDer(pkcs1), derTag.sequence, 'RSAPrivateKey'));
  const [version, n, e, ...secrets] = members.map((member) =>
    requireUnsigned(member, 'number of RSAPrivateKey'),
  );
  if (n === undefined || e === undefined || secrets.length !== 6) {
    throw new DerError('RSAPrivateKey has not nine members');
  }
  if (version?.length !== 0) throw new DerError('RSAPrivateKey with more than two primes');
  const exponent = bytesToBigInt(e);
  if (exponent < 3n || exponent % 2n === 0n)
    throw new UnsuitableKeyError('the RSA exponent is not odd and at least 3');
  const bits = bytesToBigInt(n).toString(2).length;
  if (bits < rsaModulusBits.min || bits > rsaModulusBits.max) {
    throw new UnsuitableKeyError(
      `the RSA modulus has ${bits} bits, wanted ${rsaModulusBits.min} to ${rsaModulusBits.max}`,
    );
  }
  return { kty: 'RSA', pkcs1, n, e };
}

/** ML-DSA-PrivateKey: a seed, or seed and expanded key (RFC 9881 §6). */
function decodeMlDsaKey(set: MlDsaSet, privateKey: Uint8Array): PrivateKeyParts {
  const choice = decodeDer(privateKey);
  if (choice.tag === derTag.octetString) {
    throw new UnsuitableKeyError(`the ${set} key has no seed, only the expanded form`);
  }
  const [seedValue, expandedValue, ...rest] =
    choice.tag === derTag.sequence ? decodeDerChildren(choice.content) : [choice];
  const isBoth = choice.tag === derTag.sequence;
  const seed = requireDer(seedValue, isBoth ? derTag.octetString : seedTag, 'seed');
  if (seed.length !== mlDsaSeedSize || rest.length > 0) throw new DerError(`not an ${set} private key`);
  if (!isBoth) return { kty: 'AKP', set, seed };
  return {
    kty: 'AKP',
    set,
    seed,
    expandedKey: requireDer(expandedValue, derTag.octetString, 'expanded key'),
  };
}

/**
 * The PKCS#8 DER of a key, byte for byte as OpenSSL 3 writes it: version 1, EC keys with their public point when it is
 * given, ML-DSA as a seed only.
 */
export function encodePkcs8(parts: PrivateKeyParts): Uint8Array {
  switch (parts.kty) {
    case 'EC2': {
      const algorithm = encodeSequence(encodeOid(ecPublicKeyOid), encodeOid(ecCurveOids[parts.curve]));
      const point = parts.point
        ? [encodeDer(contextTag(1, 'constructed'), encodeBitString(parts.point))]
        : [];
      return wrap(
        algorithm,
        encodeSequence(encodeUnsigned(Uint8Array.of(1)), encodeOctetString(parts.d), ...point),
      );
    }
    case 'OKP':
      return wrap(encodeSequence(encodeOid(okpOids[parts.curve])), encodeOctetString(parts.seed));
    case 'RSA':
      return wrap(encodeSequence(encodeOid(rsaEncryptionOid), encodeDer(derTag.null)), parts.pkcs1);
    case 'AKP':
      return wrap(encodeSequence(encodeOid(mlDsaOids[parts.set])), encodeDer(seedTag, parts.seed));
  }
}

function wrap(algorithm: Uint8Array, privateKey: Uint8Array): Uint8Array {
  return encodeSequence(encodeUnsigned(Uint8Array.of(0)), algorithm, encodeOctetString(privateKey));
}

function nameOf<Name extends string>(
  oids: Readonly<Record<Name, string>>,
  oid: Uint8Array,
): Name | undefined {
  return (Object.keys(oids) as Name[]).find((name) => isOid(oid, oids[name]));
}

function isOid(content: Uint8Array, dotted: string): boolean {
  return sameBytes(encodeDer(derTag.oid, content), encodeOid(dotted));
}
