import { factoryState } from '../authenticator/factory-state.ts';
import type { ControlledKey, HostEvent, HostHappening, KeyHost, NewKey } from '../control/handle.ts';
import { createNodeCrypto } from '../crypto/node/provider.ts';
import { faultCatalogue } from '../faults/faults.ts';
import { createMemoryKeystore } from '../keystore/memory.ts';
import type { Clock } from '../ports/clock.ts';
import type { CryptoProvider } from '../ports/crypto.ts';
import { UsageError } from '../ports/errors.ts';
import type { Random } from '../ports/random.ts';
import { defaultIdentity } from './create-key.ts';
import { createHostedKey, type HostedKeyOptions } from './host/hosted-key.ts';
import { profileOfNewKey } from './host/new-key.ts';
import { restoreSnapshot } from './host/snapshot.ts';
import { systemClock, systemRandom } from './system.ts';

export interface KeyHostOptions {
  /** Shared by all keys; the operating system's unless given. */
  readonly crypto?: CryptoProvider;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A host that this program may also give keys of its own making, e.g. one of a store on disk. */
export interface AppKeyHost extends KeyHost {
  /** Plugs the key in, unless `plugged` is false, and takes it up. Throws as `create` does. */
  add(options: HostedKeyOptions, plugged?: boolean): Promise<ControlledKey>;
}

/** Many keys in one process, each with an identity, a store and a user of its own. */
export function createKeyHost(options: KeyHostOptions = {}): AppKeyHost {
  return new Host(options);
}

const idForm = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;

class Host implements AppKeyHost {
  readonly #clock: Clock;
  readonly #crypto: CryptoProvider;
  readonly #random: Random;
  readonly faultCatalogue = faultCatalogue;
  readonly #keys = new Map<string, ControlledKey>();
  /** Ids of keys that are being made. */
  readonly #reserved = new Set<string>();
  readonly #listeners = new Set<(event: HostEvent) => void>();
  #lastEvent = 0;
  #lastId = 0;

  constructor({ clock = systemClock, crypto = createNodeCrypto(), random = systemRandom }: KeyHostOptions) {
    this.#clock = clock;
    this.#crypto = crypto;
    this.#random = random;
  }

  list(): readonly ControlledKey[] {
    return [...this.#keys.values()];
  }

  get(id: string): ControlledKey | undefined {
    return this.#keys.get(id);
  }

  require(id: string): ControlledKey {
    const key = this.#keys.get(id);
    if (key) return key;
    throw new UsageError(`There is no key ${JSON.stringify(id.slice(0, 64))}.`, {
      problem: 'no-such-key',
      hint: 'GET /keys lists those that there are.',
    });
  }

  async create(settings: NewKey = {}): Promise<ControlledKey> {
    const id = settings.id ?? this.#freeId();
    if (!idForm.test(id))
      throw new UsageError('id has to be 1 to 64 letters, digits, ".", "_" or "-", and no "." first.');
    const named = profileOfNewKey(settings);
    const { consent = { action: 'allow' }, snapshot, transports = [], usb } = settings;
    const factory = factoryState(named.profile, this.#random);
    const keystore = createMemoryKeystore({ random: this.#random, factory });
    if (snapshot) {
      const { profile } = named;
      const [clock, crypto, random] = [this.#clock, this.#crypto, this.#random];
      await restoreSnapshot({ keystore, profile, clock, crypto, random }, snapshot);
    }
    const options: HostedKeyOptions = {
      id,
      name: settings.name ?? id,
      named,
      keystore,
      admin: keystore.openHandle(),
      identity: { ...defaultIdentity, serial: id, ...usb },
      transports,
      consent,
    };
    return this.add(options, settings.plugged);
  }

  async add(options: HostedKeyOptions, plugged = true): Promise<ControlledKey> {
    const { id } = options;
    if (this.#keys.has(id) || this.#reserved.has(id))
      throw new UsageError(`There is a key ${JSON.stringify(id)} already.`, { problem: 'conflict' });
    this.#reserved.add(id);
    try {
      // Those who listen hear of the key before they hear what happens to it.
      const early: HostHappening[] = [];
      let tell = (happening: HostHappening): void => void early.push(happening);
      const ports = { clock: this.#clock, crypto: this.#crypto, random: this.#random };
      const key = createHostedKey(options, { ...ports, tell: (happening) => tell(happening) });
      if (plugged) await key.plug();
      this.#keys.set(id, key);
      tell = (happening) => this.#tell(id, happening);
      tell({ type: 'key-created', description: key.describe() });
      for (const happening of early) tell(happening);
      return key;
    } finally {
      this.#reserved.delete(id);
    }
  }

  async remove(id: string): Promise<void> {
    const key = this.require(id);
    this.#keys.delete(id);
    await key.unplug();
    this.#tell(id, { type: 'key-removed' });
  }

  subscribe(listener: (event: HostEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#keys.keys()].map((id) => this.remove(id)));
  }

  #freeId(): string {
    let id: string;
    do id = `key-${++this.#lastId}`;
    while (this.#keys.has(id) || this.#reserved.has(id));
    return id;
  }

  #tell(key: string, happening: HostHappening): void {
    const event = { ...happening, id: ++this.#lastEvent, time: this.#clock.wall(), key };
    for (const listener of this.#listeners) listener(event);
  }
}
