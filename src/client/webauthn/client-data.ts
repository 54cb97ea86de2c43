import { utf8Bytes } from '../../ctap/bytes.ts';
import type { CryptoProvider } from '../../ports/crypto.ts';
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';

export interface ClientData {
  /** UTF-8 of clientDataJSON. */
  readonly json: Uint8Array;
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

/** The document that called. */
export interface CallingDocument {
  /** The page's origin, e.g. `https://example.com` or `http://localhost:8080`. */
  readonly origin: string;
  /** The document is in a frame below another origin; false unless given. */
  readonly crossOrigin?: boolean;
  /** The origin in the address bar, told to the site only if `crossOrigin` is true. */
  readonly topOrigin?: string;
}

/** Serializes client data with its members in the order of WebAuthn L3 §5.8.1.1. */
export function createClientData(
  crypto: CryptoProvider,
  type: 'webauthn.create' | 'webauthn.get',
  challenge: string,
  { origin, crossOrigin = false, topOrigin }: CallingDocument,
): ClientData {
  // Decoded and encoded again, so that what goes out is canonical base64url.
  const canonical = encodeBase64Url(decodeBase64Url(challenge, 'challenge'));
  const top = crossOrigin && topOrigin !== undefined ? { topOrigin } : {};
  const json = utf8Bytes(JSON.stringify({ type, challenge: canonical, origin, crossOrigin, ...top }));
  return { json, hash: crypto.sha256(json) };
}
