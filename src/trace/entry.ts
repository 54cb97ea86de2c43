/** A value of JSON. Bytes are base64url without padding. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export interface TracePacket {
  /** Milliseconds since the transaction began, with three digits of fraction. */
  readonly at: number;
  readonly direction: 'to-key' | 'to-host';
  /** 64 bytes, base64url. */
  readonly report: string;
}

/** One exchange between a host and the key, as plain data. */
export interface TraceEntry {
  /** Counts the transactions of this key from 1; a gap shows what the ring has forgotten. */
  readonly number: number;
  /** When the first packet came: milliseconds since the Unix epoch, with three digits of fraction. */
  readonly time: number;
  readonly durationMs: number;
  /** Hosts by number, in the order in which they came. */
  readonly host: number;
  /** Eight hex digits. */
  readonly channel: string;
  readonly protocol: 'ctap2' | 'u2f' | 'ctaphid';
  /** `makeCredential`, `u2fRegister`, `init`, …; `unsolicited` for what nobody asked for. */
  readonly command: string;
  /** Members by their names in the standard. Absent for a request that never became whole. */
  readonly request?: JsonObject;
  /** Absent while there is none. */
  readonly response?: JsonObject;
  /** `OK`, the name of a status, `9000` and its like, `ERROR channelBusy`, or `unanswered`. */
  readonly status: string;
  readonly keepAlives: number;
  /** The host sent CANCEL. */
  readonly cancelled: boolean;
  readonly packets: readonly TracePacket[];
  /** Packets beyond the first thousands of one transaction, which were not kept. */
  readonly packetsDropped?: number;
  /** Secrets were taken out, here and in the packets. */
  readonly redacted: boolean;
}

export function jsonLine(entry: TraceEntry): string {
  return `${JSON.stringify(entry)}\n`;
}
