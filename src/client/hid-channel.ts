import { hidCommand, keepAliveCode } from '../ctaphid/command.ts';
import type { InitResponse } from '../ctaphid/init-response.ts';
import { broadcastChannel } from '../ctaphid/packet.ts';
import type { KeepAliveStatus } from '../ports/message-handler.ts';
import type { Deadline } from './deadline.ts';
import { HidTransportError } from './errors.ts';
import { HidWire, broken, errorOf, type HidChannelOptions } from './hid-wire.ts';

export interface TransactOptions {
  /** Aborting sends CTAPHID_CANCEL to a CBOR command; the exchange still ends with the key's own answer. */
  readonly signal?: AbortSignal;
  onKeepAlive?(status: KeepAliveStatus): void;
}

/** A logical channel to a key (CTAP 2.3 §11.2.3). Exchanges on it run one after the other. */
export interface HidChannel {
  readonly id: number;
  /** What the key said of itself in its answer to INIT. */
  readonly device: InitResponse;
  /**
   * Sends a message and resolves to the payload of its answer. `command` is without bit 7. Throws CtapHidError for an
   * ERROR packet, HidTransportError otherwise, and the signal's reason if it was aborted before anything was sent.
   */
  transact(command: number, payload: Uint8Array, options?: TransactOptions): Promise<Uint8Array>;
  /** INIT on the channel itself: ends whatever the key still does for it (CTAP 2.3 §11.2.9.1.3). */
  resync(): Promise<void>;
  /** Closes the pipe. */
  close(): Promise<void>;
}

/** Asks a key for a channel. Errors are those of `transact`. */
export async function openHidChannel(options: HidChannelOptions): Promise<HidChannel> {
  const wire = new HidWire(options);
  const device = await wire.retryWhileBusy(() => wire.init(broadcastChannel));
  return new Channel(wire, device);
}

class Channel implements HidChannel {
  readonly id: number;
  readonly device: InitResponse;
  readonly #wire: HidWire;
  #last: Promise<unknown> = Promise.resolve();
  /** An exchange broke off: the key may still work on it, or its answer may still come. */
  #unsettled = false;

  constructor(wire: HidWire, device: InitResponse) {
    this.#wire = wire;
    this.id = device.channel;
    this.device = device;
  }

  transact(command: number, payload: Uint8Array, options: TransactOptions = {}): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      if (this.#unsettled) await this.#resync();
      options.signal?.throwIfAborted();
      return this.#wire.retryWhileBusy(() => this.#exchange(command, payload, options), options.signal);
    });
  }

  resync(): Promise<void> {
    return this.#inTurn(() => this.#resync());
  }

  close(): Promise<void> {
    return this.#wire.pipe.close();
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(run, run);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #resync(): Promise<void> {
    await this.#wire.init(this.id);
    this.#unsettled = false;
  }

  async #exchange(command: number, payload: Uint8Array, options: TransactOptions): Promise<Uint8Array> {
    try {
      return await this.#wire.withDeadline((deadline) => this.#run(command, payload, options, deadline));
    } catch (error) {
      if (error instanceof HidTransportError) this.#unsettled = true;
      throw error;
    }
  }

  async #run(
    command: number,
    payload: Uint8Array,
    options: TransactOptions,
    deadline: Deadline,
  ): Promise<Uint8Array> {
    await this.#wire.send(this.id, command, payload);
    const stopCancelling = this.#cancelOnAbort(command, options.signal);
    try {
      for (;;) {
        const packet = await this.#wire.next(this.id, deadline.signal);
        if (packet.kind !== 'init') continue;
        deadline.restart();
        if (packet.command === hidCommand.keepalive) {
          options.onKeepAlive?.(packet.data[0] === keepAliveCode.upneeded ? 'upneeded' : 'processing');
          continue;
        }
        if (packet.command === hidCommand.error) throw errorOf(packet);
        if (packet.command !== command) throw broken('the answer is to another command');
        return await this.#wire.assemble(packet, deadline.signal);
      }
    } finally {
      stopCancelling();
    }
  }

  /** CANCEL must not come between the packets of the request: this is called when the last one is out. */
  #cancelOnAbort(command: number, signal: AbortSignal | undefined): () => void {
    if (signal === undefined || command !== hidCommand.cbor) return () => undefined;
    const cancel = () => {
      // A pipe that fails here fails the pending read as well, which reports it.
      this.#wire.send(this.id, hidCommand.cancel, new Uint8Array()).catch(() => undefined);
    };
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    return () => signal.removeEventListener('abort', cancel);
  }
}

/** PING: resolves to what the key sent back (CTAP 2.3 §11.2.9.1.4). */
export function ping(channel: HidChannel, payload: Uint8Array): Promise<Uint8Array> {
  return channel.transact(hidCommand.ping, payload);
}

/** WINK (CTAP 2.3 §11.2.9.2.1). */
export async function wink(channel: HidChannel): Promise<void> {
  await channel.transact(hidCommand.wink, new Uint8Array());
}

/** LOCK for 0 to 10 seconds; 0 releases (CTAP 2.3 §11.2.9.2.2). */
export async function lock(channel: HidChannel, seconds: number): Promise<void> {
  await channel.transact(hidCommand.lock, Uint8Array.of(seconds));
}
