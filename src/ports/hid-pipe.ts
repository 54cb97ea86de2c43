/** The host's end of a connection to a FIDO key: whole 64-byte reports both ways, no report id. */
export interface HidPipe {
  /** Sends one output report of 64 bytes. Rejects when the pipe is closed or the key is gone. */
  write(report: Uint8Array): Promise<void>;
  /**
   * Resolves to the next input report of 64 bytes in order of arrival, or to `undefined` once the pipe is closed and
   * everything that came before is read. Aborting the signal ends the wait with the signal's reason and loses no
   * report.
   */
  read(signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** Ends the connection and every pending read. Closing twice is harmless. */
  close(): Promise<void>;
}
