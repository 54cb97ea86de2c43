/** A report that passed. */
export interface RecordedPacket {
  /** Milliseconds since the Unix epoch, with a fraction. */
  readonly time: number;
  readonly direction: 'to-key' | 'to-host';
  readonly report: Uint8Array;
}

/** A whole CTAPHID message. */
export interface RecordedMessage {
  /** Without bit 7. */
  readonly command: number;
  readonly payload: Uint8Array;
}

/** A transaction as it was seen, with all its secrets. */
export interface Recording {
  readonly number: number;
  readonly host: number;
  readonly channel: number;
  readonly packets: readonly RecordedPacket[];
  readonly packetsDropped: number;
  readonly keepAlives: number;
  readonly cancelled: boolean;
  /** What the first packet says, also of a request that never became whole. */
  readonly hidCommand: number | undefined;
  readonly request?: RecordedMessage;
  readonly response?: RecordedMessage;
}
