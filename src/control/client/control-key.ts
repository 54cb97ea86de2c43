import { document } from '../schemas/common.ts';
import { keyDescription, snapshot } from '../schemas/key.ts';
import { segment, type Caller } from './caller.ts';
import { ControlCredentials } from './control-credentials.ts';
import { ControlFaults, ControlFingerprints, ControlPin, ControlTrace } from './control-parts.ts';
import { ControlUser } from './control-user.ts';
import { EventStream, type EventOptions } from './event-stream.ts';
import type { KeyDescription, Snapshot } from './types.ts';

/** One key of a control server. Every method throws ControlError; `no-such-key` once it is removed. */
export class ControlKey {
  readonly id: string;
  readonly credentials: ControlCredentials;
  readonly user: ControlUser;
  readonly pin: ControlPin;
  readonly fingerprints: ControlFingerprints;
  readonly faults: ControlFaults;
  readonly trace: ControlTrace;
  readonly #caller: Caller;
  readonly #path: string;

  constructor(caller: Caller, id: string) {
    this.id = id;
    this.#caller = caller;
    this.#path = `/keys/${segment(id)}`;
    this.credentials = new ControlCredentials(caller, `${this.#path}/credentials`);
    this.user = new ControlUser(caller, this.#path);
    this.pin = new ControlPin(caller, `${this.#path}/pin`);
    this.fingerprints = new ControlFingerprints(caller, `${this.#path}/fingerprints`);
    this.faults = new ControlFaults(caller, `${this.#path}/faults`);
    this.trace = new ControlTrace(caller, `${this.#path}/trace`);
  }

  read(): Promise<KeyDescription> {
    return this.#caller.get(this.#path, keyDescription);
  }

  plug(): Promise<KeyDescription> {
    return this.#move('plug');
  }

  unplug(): Promise<KeyDescription> {
    return this.#move('unplug');
  }

  powerCycle(): Promise<KeyDescription> {
    return this.#move('power-cycle');
  }

  /** Credentials, PIN, fingers and settings go, as authenticatorReset does it. */
  reset(): Promise<void> {
    return this.#caller.do('POST', `${this.#path}/reset`);
  }

  /** Pulls the key out, and the server forgets it. */
  remove(): Promise<void> {
    return this.#caller.do('DELETE', this.#path);
  }

  /** What the key announces, as `fauxkey info --json` shows it. */
  info(): Promise<Readonly<Record<string, unknown>>> {
    return this.#caller.get(`${this.#path}/info`, document);
  }

  /** Certificates as PEM, and the metadata statement. */
  attestation(): Promise<Readonly<Record<string, unknown>>> {
    return this.#caller.get(`${this.#path}/attestation`, document);
  }

  /** Everything that the key holds, private keys included. */
  snapshot(): Promise<Snapshot> {
    return this.#caller.get(`${this.#path}/snapshot`, snapshot, { query: { secrets: true } });
  }

  restore(copy: Snapshot): Promise<KeyDescription> {
    return this.#caller.exchange('PUT', `${this.#path}/snapshot`, snapshot, { ...copy }, keyDescription);
  }

  /** Events of this key from now on. */
  events(options: Omit<EventOptions, 'key'> = {}): Promise<EventStream> {
    return EventStream.open(this.#caller, { ...options, key: this.id });
  }

  async #move(how: 'plug' | 'unplug' | 'power-cycle'): Promise<KeyDescription> {
    const response = await this.#caller.raw('POST', `${this.#path}/${how}`, undefined, {});
    return keyDescription.parse(await response.json());
  }
}
