/** What a running command shows the host while it works (CTAP 2.3 §11.2.9.1.7). */
export type KeepAliveStatus = 'processing' | 'upneeded';

/** How a command reached the key, in the terms of WebAuthn L3 §5.8.4; CTAPHID is `usb` (CTAP 2.3 §11.2). */
export type HostTransport = 'usb' | 'nfc' | 'ble' | 'smart-card' | 'hybrid' | 'internal';

/** The part of AbortSignal that tells a command that nobody waits for it any more. */
export interface Cancellation {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** One request-response exchange on a channel. */
export interface Transaction {
  /** The channel, unique among all hosts of the key; continuation state may be bound to it. */
  readonly channel: number;
  readonly transport: HostTransport;
  /** Aborted by CANCEL, resynchronisation, loss of the host, or a power cycle. */
  readonly signal: Cancellation;
  /** Changes the status of the keep-alives, which the engine sends by itself. */
  setStatus(status: KeepAliveStatus): void;
}

/** The authenticator as the transport layer sees it. Neither method ever rejects. */
export interface MessageHandler {
  /** CTAPHID_CBOR: command byte and parameters in, status byte and response out. Never called with zero bytes. */
  cbor(message: Uint8Array, transaction: Transaction): Promise<Uint8Array>;
  /** CTAPHID_MSG: a U2F APDU in, response and status word out. */
  msg(apdu: Uint8Array, transaction: Transaction): Promise<Uint8Array>;
  wink(): void;
  /** Whether CTAPHID_MSG is implemented at this moment; decides the capability bit NMSG. */
  readonly speaksU2f: boolean;
  /** Whether CTAPHID_CBOR is; false for a key that knows U2F alone. Decides the capability bit CBOR. */
  readonly speaksCtap2: boolean;
}
