import type { HostHappening } from '../../control/handle.ts';
import { UsageError } from '../../ports/errors.ts';
import type { HidPipe } from '../../ports/hid-pipe.ts';
import type { AttachOptions, Key } from '../create-key.ts';

/** Where a key can be plugged in. */
export interface SocketOptions extends AttachOptions {
  readonly transports: readonly string[];
}

/** Where a key is plugged in: its transports, and the hosts of this process. One movement at a time. */
export class Socket {
  readonly #key: Key;
  readonly #options: SocketOptions;
  readonly #tell: (happening: HostHappening) => void;
  readonly #pipes = new Set<HidPipe>();
  #addresses: readonly string[] = [];
  #notes: readonly string[] = [];
  #isPlugged = false;
  #isMoving = false;
  /** Ends when the movements that were asked for so far are done. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(key: Key, options: SocketOptions, tell: (happening: HostHappening) => void) {
    this.#key = key;
    this.#options = options;
    this.#tell = tell;
  }

  get isPlugged(): boolean {
    return this.#isPlugged;
  }

  /** The key is on its way in or out. */
  get isMoving(): boolean {
    return this.#isMoving;
  }

  get addresses(): readonly string[] {
    return this.#isPlugged ? this.#addresses : [];
  }

  get notes(): readonly string[] {
    return this.#notes;
  }

  plug(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isPlugged) return;
      this.#quietly(() => this.#key.endpoint.powerCycle());
      await this.#attachAll();
      this.#isPlugged = true;
      this.#tell({ type: 'plugged', addresses: this.#addresses });
    });
  }

  unplug(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#isPlugged) return;
      this.#isPlugged = false;
      const gone = this.#detachAll();
      // Power is lost in this very moment, however long the transports take to tell their hosts.
      this.#quietly(() => this.#key.endpoint.powerCycle());
      this.#tell({ type: 'unplugged' });
      await gone;
    });
  }

  powerCycle(): Promise<void> {
    return this.#inTurn(async () => {
      this.#requirePlugged();
      await this.#key.powerCycle();
    });
  }

  connect(): HidPipe {
    this.#requirePlugged();
    const pipe = this.#key.connect();
    this.#pipes.add(pipe);
    return {
      write: (report) => pipe.write(report),
      read: (signal) => pipe.read(signal),
      close: () => {
        this.#pipes.delete(pipe);
        return pipe.close();
      },
    };
  }

  #requirePlugged(): void {
    if (!this.#isPlugged)
      throw new UsageError('The key is not plugged in.', { problem: 'unplugged', hint: 'Plug it in first.' });
  }

  async #detachAll(): Promise<void> {
    const pipes = [...this.#pipes];
    this.#pipes.clear();
    await Promise.all([this.#key.close(), ...pipes.map((pipe) => pipe.close())]);
  }

  /** A port that the system chose is kept, so that a key that comes back is found where it was. */
  async #attachAll(): Promise<void> {
    const isFirst = this.#addresses.length === 0;
    const addresses: string[] = [];
    const notes: string[] = [];
    try {
      for (const spec of isFirst ? this.#options.transports : this.#addresses) {
        const { address, notice, warning } = await this.#key.attach(spec, this.#options);
        addresses.push(address);
        notes.push(...[notice, warning].filter((note) => note !== undefined));
      }
    } catch (error) {
      await this.#key.close();
      throw error;
    }
    this.#addresses = addresses;
    if (isFirst) this.#notes = notes;
  }

  #quietly(action: () => void): void {
    this.#isMoving = true;
    try {
      action();
    } finally {
      this.#isMoving = false;
    }
  }

  #inTurn(movement: () => Promise<void>): Promise<void> {
    const done = this.#last.then(movement);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
