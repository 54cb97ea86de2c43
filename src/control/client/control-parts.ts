import { z } from 'zod';
import type { TraceEntry } from '../../trace/entry.ts';
import { activeFault, faultRule } from '../schemas/fault.ts';
import { finger, fingerName, pinAdjustment, pinChange, pinState } from '../schemas/pin.ts';
import { segment, type Caller } from './caller.ts';
import type { Fault, FaultRule, Finger, PinAdjustment, PinState } from './types.ts';

/** The PIN of a key, and the counters of user verification. Every method throws ControlError. */
export class ControlPin {
  readonly #caller: Caller;
  readonly #path: string;

  constructor(caller: Caller, path: string) {
    this.#caller = caller;
    this.#path = path;
  }

  state(): Promise<PinState> {
    return this.#caller.get(this.#path, pinState);
  }

  /** Sets the PIN, or replaces it without asking for the old one. */
  set(pin: string): Promise<PinState> {
    return this.#caller.exchange('PUT', this.#path, pinChange, { pin }, pinState);
  }

  /** As the user does it: a wrong `oldPin` costs a retry. */
  change(oldPin: string, pin: string): Promise<PinState> {
    return this.#caller.exchange('PUT', this.#path, pinChange, { pin, oldPin }, pinState);
  }

  /** Sets the counters, and whether the PIN has to be changed. */
  adjust(change: PinAdjustment): Promise<PinState> {
    return this.#caller.exchange('PATCH', this.#path, pinAdjustment, change, pinState);
  }

  /** No retries are left: the key has to be reset, or be given a new PIN from outside. */
  block(): Promise<PinState> {
    return this.adjust({ retriesLeft: 0 });
  }

  forceChange(): Promise<PinState> {
    return this.adjust({ changeRequired: true });
  }

  remove(): Promise<void> {
    return this.#caller.do('DELETE', this.#path);
  }
}

/** Fingers that the sensor knows. Every method throws ControlError. */
export class ControlFingerprints {
  readonly #caller: Caller;
  readonly #path: string;

  constructor(caller: Caller, path: string) {
    this.#caller = caller;
    this.#path = path;
  }

  list(): Promise<readonly Finger[]> {
    return this.#caller.get(this.#path, z.array(finger));
  }

  add(name?: string): Promise<Finger> {
    return this.#caller.exchange('POST', this.#path, fingerName, name === undefined ? {} : { name }, finger);
  }

  rename(id: Uint8Array, name: string): Promise<Finger> {
    return this.#caller.exchange('PATCH', `${this.#path}/${segment(id)}`, fingerName, { name }, finger);
  }

  remove(id: Uint8Array): Promise<void> {
    return this.#caller.do('DELETE', `${this.#path}/${segment(id)}`);
  }
}

/** What a key does wrong on purpose. Every method throws ControlError. */
export class ControlFaults {
  readonly #caller: Caller;
  readonly #path: string;

  constructor(caller: Caller, path: string) {
    this.#caller = caller;
    this.#path = path;
  }

  /** Rules in force. */
  list(): Promise<readonly Fault[]> {
    return this.#caller.get(this.#path, z.array(activeFault));
  }

  add(rule: FaultRule): Promise<Fault> {
    return this.#caller.exchange('POST', this.#path, faultRule, rule, activeFault);
  }

  remove({ id }: Pick<Fault, 'id'>): Promise<void> {
    return this.#caller.do('DELETE', `${this.#path}/${segment(id)}`);
  }

  clear(): Promise<void> {
    return this.#caller.do('DELETE', this.#path);
  }
}

interface TraceQuery {
  /** PIN ciphertexts, tokens and blobs come only with true. */
  readonly secrets?: boolean;
}

/** What passed between a key and its hosts. Every method throws ControlError. */
export class ControlTrace {
  readonly #caller: Caller;
  readonly #path: string;

  constructor(caller: Caller, path: string) {
    this.#caller = caller;
    this.#path = path;
  }

  /** The latest transactions, the oldest first. */
  async entries({ secrets }: TraceQuery = {}): Promise<readonly TraceEntry[]> {
    const response = await this.#caller.raw('GET', this.#path, undefined, { query: { secrets } });
    const lines = (await response.text()).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as TraceEntry);
  }

  /** A capture file that Wireshark opens. */
  async pcapng({ secrets }: TraceQuery = {}): Promise<Uint8Array> {
    const path = `${this.#path}.pcapng`;
    const response = await this.#caller.raw('GET', path, undefined, { query: { secrets } });
    return new Uint8Array(await response.arrayBuffer());
  }

  clear(): Promise<void> {
    return this.#caller.do('DELETE', this.#path);
  }
}
