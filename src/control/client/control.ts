import { z } from 'zod';
import type { KeyHost } from '../handle.ts';
import { faultDescription } from '../schemas/fault.ts';
import { keyDescription, newKey } from '../schemas/key.ts';
import { Caller, type CallerOptions } from './caller.ts';
import { ControlKey } from './control-key.ts';
import { EventStream, type EventOptions } from './event-stream.ts';
import { serveInProcess } from './in-process.ts';
import type { FaultDescription, KeyDescription, NewKey } from './types.ts';

export { ControlError } from './caller.ts';
export type { ControlKey } from './control-key.ts';
export type { ControlCredentials } from './control-credentials.ts';
export type { ControlFaults, ControlFingerprints, ControlPin, ControlTrace } from './control-parts.ts';
export type { AwaitedQuestion, ControlUser } from './control-user.ts';
export type { EventOptions, EventStream } from './event-stream.ts';
export type * from './types.ts';

export interface ControlConnection {
  /** As `fauxkey start --control` prints it, e.g. `http://127.0.0.1:7111`. */
  readonly url: string;
  readonly token: string;
}

/** A control server, as programs drive it. Every method throws ControlError. */
export class FauxkeyControl {
  readonly #caller: Caller;
  readonly #close: () => void;

  private constructor(options: CallerOptions, close: () => void) {
    this.#caller = new Caller(options);
    this.#close = close;
  }

  /** A server of `fauxkey start --control`. Nothing is sent yet. */
  static connect({ token, url }: ControlConnection): FauxkeyControl {
    return new FauxkeyControl({ url, token, fetch: (request) => fetch(request) }, () => undefined);
  }

  /** Keys of this very process, without a socket: `FauxkeyControl.inProcess(createKeyHost())`. */
  static inProcess(host: KeyHost): FauxkeyControl {
    const { close, ...options } = serveInProcess(host);
    return new FauxkeyControl(options, close);
  }

  /** Descriptions of all keys, in order of creation. */
  list(): Promise<readonly KeyDescription[]> {
    return this.#caller.get('/keys', z.array(keyDescription));
  }

  /** The key with this id; nothing is asked before one of its methods is called. */
  key(id: string): ControlKey {
    return new ControlKey(this.#caller, id);
  }

  /** Makes a key in memory and plugs it in. */
  async create(settings: NewKey = {}): Promise<ControlKey> {
    const { id } = await this.#caller.exchange('POST', '/keys', newKey, settings, keyDescription);
    return this.key(id);
  }

  /** Every fault that there is, with its parameters and what others should make of it. */
  faultCatalogue(): Promise<readonly FaultDescription[]> {
    return this.#caller.get('/faults', z.array(faultDescription));
  }

  /** Events of all keys, or of one, from now on. */
  events(options?: EventOptions): Promise<EventStream> {
    return EventStream.open(this.#caller, options);
  }

  /** Ends the streams of a server in this process; the host and its keys stay. */
  close(): void {
    this.#close();
  }
}
