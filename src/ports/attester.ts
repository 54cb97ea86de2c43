import type { CborMap } from '../cbor/value.ts';
import type { CoseAlgorithm } from '../cose/algorithm.ts';
import type { CoseKey } from '../cose/key.ts';

/** `packed-self` is format `packed` signed by the credential itself; `enterprise` is `packed` with an individual certificate. */
export type AttestationKind = 'none' | 'packed-self' | 'packed' | 'fido-u2f' | 'enterprise';

/** A new credential to attest. */
export interface AttestationRequest {
  readonly kind: AttestationKind;
  readonly authData: Uint8Array;
  readonly clientDataHash: Uint8Array;
  readonly rpIdHash: Uint8Array;
  readonly credentialId: Uint8Array;
  readonly algorithm: CoseAlgorithm;
  readonly publicKey: CoseKey;
  /** Signs with the credential's private key, for self attestation. */
  signWithCredential(data: Uint8Array): Uint8Array;
}

/** An attestation statement (WebAuthn L3 §8). */
export interface AttestationStatement {
  readonly fmt: string;
  readonly attStmt: CborMap;
}

/** Makes attestation statements. Certificates are made on first use and kept in the keystore. */
export interface Attester {
  attest(request: AttestationRequest): Promise<AttestationStatement>;
  /** Attestation of U2F REGISTER: the P-256 certificate (DER) and an ECDSA signature (DER) over `data`. */
  signU2f(data: Uint8Array): Promise<{ readonly certificate: Uint8Array; readonly signature: Uint8Array }>;
}
