import type { EcCurve, MlDsaSet, OkpCurve } from '../cose/algorithm-table.ts';

/** Object identifiers of key types (RFC 5480, RFC 8410, RFC 8017, RFC 9881) and orders of the curves (SEC 2). */
export const ecPublicKeyOid = '1.2.840.10045.2.1';
export const rsaEncryptionOid = '1.2.840.113549.1.1.1';

export const ecCurveOids: Readonly<Record<EcCurve, string>> = {
  'P-256': '1.2.840.10045.3.1.7',
  'P-384': '1.3.132.0.34',
  'P-521': '1.3.132.0.35',
  secp256k1: '1.3.132.0.10',
};

export const okpOids: Readonly<Record<OkpCurve, string>> = {
  Ed25519: '1.3.101.112',
  Ed448: '1.3.101.113',
};

export const mlDsaOids: Readonly<Record<MlDsaSet, string>> = {
  'ML-DSA-44': '2.16.840.1.101.3.4.3.17',
  'ML-DSA-65': '2.16.840.1.101.3.4.3.18',
  'ML-DSA-87': '2.16.840.1.101.3.4.3.19',
};

export const ecOrders: Readonly<Record<EcCurve, bigint>> = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384':
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  'P-521':
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
};
