import type { HidEndpoint } from './hid.ts';

/** A way for hosts to reach a key. */
export interface Transport {
  /** The canonical spec, e.g. `uhid` or `tcp:127.0.0.1:8112`. */
  readonly spec: string;
  /**
   * Attaches the key. Throws TransportError if the machine does not allow it. `report` takes a sentence whenever something
   * happened on the way to hosts that a log should hold, such as a client that was thrown out.
   */
  open(endpoint: HidEndpoint, report?: (sentence: string) => void): Promise<OpenTransport>;
}

export interface OpenTransport {
  /** Where hosts find the key now, with the port that was really bound, e.g. `tcp:127.0.0.1:40123`. */
  readonly address: string;
  /** A sentence for the person who started it, when this way of attaching has a risk. */
  readonly warning?: string;
  /** A sentence that says which transport was chosen, why, and what would give a better one. */
  readonly notice?: string;
  /** The key is pulled out and put back: hosts see it go and come. Resolves when it is back. */
  replug(): Promise<void>;
  /** Detaches for good; afterwards nothing keeps the process alive. */
  close(): Promise<void>;
}

/** Why a transport could not be opened. `hint` is the command or step that mends it. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly problem: 'unavailable' | 'permission' | 'in-use' | 'io';
  readonly hint: string;
  constructor(problem: TransportError['problem'], message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
    this.hint = hint;
  }
}
