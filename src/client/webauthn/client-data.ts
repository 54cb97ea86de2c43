import { utf8Bytes } from '../../ctap/bytes.ts';
import type { CryptoProvider } from '../../ports/crypto.ts';
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';

export interface ClientData {
  /** UTF-8 of clientDataJSON. */
  readonly json: Uint8Array;
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

/** Serializes client data with its members in the order of WebAuthn L3 §5.8.1.1. */
export function createClientData(
  crypto: CryptoProvider,
  type: 'webauthn.create' | 'webauthn.get',
  challenge: string,
  origin: string,
): ClientData {
  // Decoded and encoded again, so that what goes out is canonical base64url.
  const canonical = encodeBase64Url(decodeBase64Url(challenge, 'challenge'));
  const json = utf8Bytes(JSON.stringify({ type, challenge: canonical, origin, crossOrigin: false }));
  return { json, hash: crypto.sha256(json) };
}
