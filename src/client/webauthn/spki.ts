import { encodeBitString, encodeOid, encodeSequence, encodeUnsigned } from '../../asn1/der.ts';
import { decodeCoseKey, type PublicKey } from '../../cose/public-key.ts';
import { uncompressedPoint } from '../../cose/public-key.ts';
import type { CoseKey } from '../../cose/key.ts';

const oid = {
  ecPublicKey: '1.2.840.10045.2.1',
  p256: '1.2.840.10045.3.1.7',
  ed25519: '1.3.101.112',
  rsaEncryption: '1.2.840.113549.1.1.1',
} as const;

const derNull = Uint8Array.of(0x05, 0x00);

/**
 * SubjectPublicKeyInfo of a credential public key, DER, for the algorithms that every browser has to know
 * (WebAuthn L3 §5.2.1.1): P-256, Ed25519, RSA. Undefined for others.
 */
export function encodeSpki(coseKey: CoseKey): Uint8Array | undefined {
  const key = decodeCoseKey(coseKey)?.key;
  const parts = key && spkiParts(key, coseKey);
  return parts && encodeSequence(encodeSequence(...parts.algorithm), encodeBitString(parts.bits));
}

function spkiParts(
  key: PublicKey,
  coseKey: CoseKey,
): { readonly algorithm: readonly Uint8Array[]; readonly bits: Uint8Array } | undefined {
  const point = key.kty === 'EC2' && key.curve === 'P-256' ? uncompressedPoint(coseKey) : undefined;
  if (point) return { algorithm: [encodeOid(oid.ecPublicKey), encodeOid(oid.p256)], bits: point };
  if (key.kty === 'OKP' && key.curve === 'Ed25519')
    return { algorithm: [encodeOid(oid.ed25519)], bits: key.x };
  if (key.kty !== 'RSA') return undefined;
  return {
    algorithm: [encodeOid(oid.rsaEncryption), derNull],
    bits: encodeSequence(encodeUnsigned(key.n), encodeUnsigned(key.e)),
  };
}
