import { hidProtocolVersion } from './command.ts';

/** Length of the nonce in the INIT request. */
export const initNonceSize = 8;

/** Chromium and libfido2 accept no other length. */
export const initResponseSize = 17;

/** The answer to CTAPHID_INIT (CTAP 2.3 §11.2.9.1.3). */
export interface InitResponse {
  /** 8 bytes, as the host sent them. */
  readonly nonce: Uint8Array;
  readonly channel: number;
  readonly protocolVersion: number;
  /** Device version: major, minor, build. */
  readonly version: readonly [number, number, number];
  readonly capabilities: number;
}

/** 17 bytes. */
export function encodeInitResponse(response: Omit<InitResponse, 'protocolVersion'>): Uint8Array {
  const bytes = new Uint8Array(initResponseSize);
  bytes.set(response.nonce.subarray(0, initNonceSize));
  new DataView(bytes.buffer).setUint32(8, response.channel);
  bytes.set([hidProtocolVersion, ...response.version, response.capabilities], 12);
  return bytes;
}

/** Reads the answer of a key; `undefined` unless it has 17 bytes. */
export function decodeInitResponse(bytes: Uint8Array): InitResponse | undefined {
  if (bytes.length !== initResponseSize) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    nonce: bytes.slice(0, initNonceSize),
    channel: view.getUint32(8),
    protocolVersion: view.getUint8(12),
    version: [view.getUint8(13), view.getUint8(14), view.getUint8(15)],
    capabilities: view.getUint8(16),
  };
}
