import { constants, createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { ed448 } from '@noble/curves/ed448.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';

/** A COSE key as cbor-x decodes it. */
export type CoseMap = ReadonlyMap<number, number | Uint8Array>;

export interface Signed {
  readonly publicKey: CoseMap;
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
}

/** Curves of WebAuthn's algorithms and their hashes, from the IANA registry and not from the code. */
const ec: Readonly<
  Record<number, { readonly crv: string; readonly hash: string; readonly noble: typeof p256 }>
> = {
  1: { crv: 'P-256', hash: 'sha256', noble: p256 },
  2: { crv: 'P-384', hash: 'sha384', noble: p384 },
  3: { crv: 'P-521', hash: 'sha512', noble: p521 },
  8: { crv: 'secp256k1', hash: 'sha256', noble: secp256k1 },
};
const okp: Readonly<Record<number, { readonly crv: string; readonly noble: typeof ed25519 }>> = {
  6: { crv: 'Ed25519', noble: ed25519 },
  7: { crv: 'Ed448', noble: ed448 },
};
const rsa: Readonly<Record<number, { readonly hash: string; readonly pss: boolean }>> = {
  [-257]: { hash: 'sha256', pss: false },
  [-258]: { hash: 'sha384', pss: false },
  [-259]: { hash: 'sha512', pss: false },
  [-37]: { hash: 'sha256', pss: true },
  [-38]: { hash: 'sha384', pss: true },
  [-39]: { hash: 'sha512', pss: true },
};
const mlDsa: Readonly<Record<number, { readonly oid: number; readonly noble: typeof ml_dsa44 }>> = {
  [-48]: { oid: 17, noble: ml_dsa44 },
  [-49]: { oid: 18, noble: ml_dsa65 },
  [-50]: { oid: 19, noble: ml_dsa87 },
};

const bytesOf = (key: CoseMap, label: number): Uint8Array => key.get(label) as Uint8Array;
const textOf = (key: CoseMap, label: number): string =>
  Buffer.from(bytesOf(key, label)).toString('base64url');
const numberOf = (key: CoseMap, label: number): number => key.get(label) as number;

/** Whether the OpenSSL of this Node.js has ML-DSA. */
export const opensslHasMlDsa = ((): boolean => {
  try {
    generateKeyPairSync('ml-dsa-44' as 'ed25519');
    return true;
  } catch {
    return false;
  }
})();

/** SubjectPublicKeyInfo of an ML-DSA key (RFC 9881 §4), put together by hand. */
function mlDsaSpki(oid: number, key: Uint8Array): Buffer {
  const length = (size: number): Buffer => Buffer.from([0x82, size >> 8, size & 0xff]);
  const algorithm = Buffer.from([
    0x30,
    0x0b,
    0x06,
    0x09,
    0x60,
    0x86,
    0x48,
    0x01,
    0x65,
    0x03,
    0x04,
    0x03,
    oid,
  ]);
  const bits = Buffer.concat([Buffer.of(0x03), length(key.length + 1), Buffer.of(0), key]);
  return Buffer.concat([Buffer.of(0x30), length(algorithm.length + bits.length), algorithm, bits]);
}

/** The key as OpenSSL has it. Throws for one that is none. */
export function opensslKey(key: CoseMap): KeyObject {
  switch (key.get(1)) {
    case 1:
      return createPublicKey({
        format: 'jwk',
        key: { kty: 'OKP', crv: okp[numberOf(key, -1)]!.crv, x: textOf(key, -2) },
      });
    case 2:
      return createPublicKey({
        format: 'jwk',
        key: { kty: 'EC', crv: ec[numberOf(key, -1)]!.crv, x: textOf(key, -2), y: textOf(key, -3) },
      });
    case 3:
      return createPublicKey({ format: 'jwk', key: { kty: 'RSA', n: textOf(key, -1), e: textOf(key, -2) } });
    default: {
      const spki = mlDsaSpki(mlDsa[numberOf(key, 3)]!.oid, bytesOf(key, -1));
      return createPublicKey({ format: 'der', type: 'spki', key: spki });
    }
  }
}

/** OpenSSL, through Node.js. */
export function opensslAccepts({ data, publicKey, signature }: Signed): boolean {
  const key = opensslKey(publicKey);
  const alg = numberOf(publicKey, 3);
  switch (publicKey.get(1)) {
    case 2:
      return verify(ec[numberOf(publicKey, -1)]!.hash, data, key, signature);
    case 3: {
      const { hash, pss } = rsa[alg]!;
      const padding = pss ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
      const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
      return verify(hash, data, { key, padding, ...(pss && { saltLength }) }, signature);
    }
    default:
      return verify(null, data, key, signature);
  }
}

/** The noble libraries, which have no RSA. */
export function nobleAccepts({ data, publicKey, signature }: Signed): boolean {
  const kty = publicKey.get(1);
  if (kty === 1) {
    return okp[numberOf(publicKey, -1)]!.noble.verify(signature, data, bytesOf(publicKey, -2), {
      zip215: false,
    });
  }
  if (kty === 2) {
    const point = Buffer.concat([Buffer.of(4), bytesOf(publicKey, -2), bytesOf(publicKey, -3)]);
    const options = { format: 'der', lowS: false, prehash: true } as const;
    return ec[numberOf(publicKey, -1)]!.noble.verify(signature, data, point, options);
  }
  const found = mlDsa[numberOf(publicKey, 3)];
  if (!found) throw new Error('noble has no RSA');
  return found.noble.verify(signature, data, bytesOf(publicKey, -1));
}
