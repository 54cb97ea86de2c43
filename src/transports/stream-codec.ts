import { reportSize } from '../ports/hid.ts';

/**
 * Cuts a byte stream into reports of 64 bytes, whatever pieces it comes in. Keeps at most 63 bytes between pieces.
 */
export class ReportSplitter {
  readonly #partial = new Uint8Array(reportSize);
  #filled = 0;

  /** The reports that are whole now. They are copies. */
  push(piece: Uint8Array): Uint8Array[] {
    const reports: Uint8Array[] = [];
    let offset = 0;
    while (offset < piece.length) {
      const part = piece.subarray(offset, offset + reportSize - this.#filled);
      this.#partial.set(part, this.#filled);
      this.#filled += part.length;
      offset += part.length;
      if (this.#filled === reportSize) {
        reports.push(this.#partial.slice());
        this.#filled = 0;
      }
    }
    return reports;
  }
}

const httpRequest = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PRI) /;

/**
 * Whether the first bytes of a connection are an HTTP request. A page in a browser can send one to a port of this
 * machine, with a body of its choice: without this check it could speak to a key that listens there.
 */
export function isHttpRequest(firstReport: Uint8Array): boolean {
  return httpRequest.test(String.fromCharCode(...firstReport.subarray(0, 8)));
}
