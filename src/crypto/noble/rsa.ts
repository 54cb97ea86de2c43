import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { derTag, encodeDer, encodeOctetString, encodeOid, encodeSequence } from '../../asn1/der.ts';
import type { HashName, RsaAlgorithm } from '../../cose/algorithm-table.ts';
import type { PublicKey } from '../../cose/public-key.ts';
import { bigIntToBytes, bytesToBigInt, modPow } from '../big-integer.ts';
import { sameBytes } from '../same-bytes.ts';

const hashes = { sha256, sha384, sha512 } as const;

const hashOids: Readonly<Record<HashName, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

/** RSASSA verification (RFC 8017 §8.1.2 and §8.2.2). False for anything that is not a signature of this key. */
export function verifyRsa(
  spec: RsaAlgorithm,
  key: Extract<PublicKey, { kty: 'RSA' }>,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const modulus = bytesToBigInt(key.n);
  const value = bytesToBigInt(signature);
  if (signature.length !== key.n.length || value >= modulus) return false;
  const encoded = modPow(value, bytesToBigInt(key.e), modulus);
  const digest = hashes[spec.hash](data);
  return spec.padding === 'pkcs1'
    ? sameBytes(bigIntToBytes(encoded, key.n.length), pkcs1Encoding(spec.hash, digest, key.n.length))
    : isPssEncoding(spec.hash, digest, encoded, modulus.toString(2).length - 1);
}

/** EMSA-PKCS1-v1_5 (RFC 8017 §9.2): 00 01 FF… 00 DigestInfo. Shorter moduli than DigestInfo give no match. */
function pkcs1Encoding(hash: HashName, digest: Uint8Array, size: number): Uint8Array {
  const algorithm = encodeSequence(encodeOid(hashOids[hash]), encodeDer(derTag.null));
  const info = encodeSequence(algorithm, encodeOctetString(digest));
  const padding = size - info.length - 3;
  if (padding < 8) return new Uint8Array();
  return Uint8Array.from([0, 1, ...new Uint8Array(padding).fill(0xff), 0, ...info]);
}

/** EMSA-PSS verification with a salt as long as the hash (RFC 8017 §9.1.2). */
function isPssEncoding(hash: HashName, digest: Uint8Array, encoded: bigint, bits: number): boolean {
  const size = Math.ceil(bits / 8);
  const hashSize = digest.length;
  if (size < 2 * hashSize + 2 || encoded >> BigInt(bits) !== 0n) return false;
  const message = bigIntToBytes(encoded, size);
  if (message.at(-1) !== 0xbc) return false;
  const maskedBlock = message.subarray(0, size - hashSize - 1);
  const expected = message.subarray(size - hashSize - 1, size - 1);
  const mask = mgf1(hash, expected, maskedBlock.length);
  const block = maskedBlock.map((octet, index) => octet ^ (mask[index] ?? 0));
  block[0] = (block[0] ?? 0) & (0xff >> (8 * size - bits));
  const saltStart = block.length - hashSize;
  const isPadded =
    block.subarray(0, saltStart - 1).every((octet) => octet === 0) && block[saltStart - 1] === 1;
  const salt = block.subarray(saltStart);
  return (
    isPadded && sameBytes(hashes[hash](Uint8Array.from([...new Uint8Array(8), ...digest, ...salt])), expected)
  );
}

/** MGF1 (RFC 8017 B.2.1). */
function mgf1(hash: HashName, seed: Uint8Array, length: number): Uint8Array {
  const mask: number[] = [];
  for (let counter = 0; mask.length < length; counter++) {
    mask.push(...hashes[hash](Uint8Array.from([...seed, ...bigIntToBytes(BigInt(counter), 4)])));
  }
  return Uint8Array.from(mask.slice(0, length));
}
