import type { CborValue } from '../cbor/value.ts';
import type { TransactOptions } from './hid-channel.ts';

/** A CTAP2 response: one status byte and what follows it. */
export interface CtapReply {
  readonly status: number;
  readonly response: Uint8Array;
}

/** The way by which commands reach a key. */
export interface CommandSender {
  /**
   * Sends a command and resolves to the key's answer whatever its status is. Parameters that are bytes go out as they
   * are, also if they are no CBOR; other values are encoded.
   */
  send(command: number, parameters?: CborValue, options?: TransactOptions): Promise<CtapReply>;
  /** As `send`, but throws CtapStatusError unless the status is OK, and resolves to the bytes that follow it. */
  request(command: number, parameters?: CborValue, options?: TransactOptions): Promise<Uint8Array>;
}
