import type { Clock } from '../ports/clock.ts';
import { UsageError } from '../ports/errors.ts';
import type { DeviceState, Keystore } from '../ports/keystore.ts';
import type { Random } from '../ports/random.ts';
import { Database } from './database.ts';
import { initialState } from './device-state.ts';
import { protectAnew, unlock } from './header.ts';
import { endOf, keySpace, leaseKey, nameKey } from './layout.ts';
import type { Lease, LeaseHolder, LeaseInfo, ProcessTable } from './lease.ts';
import { hostProcesses, LeaseDesk } from './lease.ts';
import { LmdbKeystore, writeNewKey } from './lmdb-keystore.ts';
import { requireSoundFile } from './lmdb-file.ts';
import { holdsKeystore, makePlaces, repairPlaces } from './places.ts';
import type { KeyEntry } from './records.ts';
import { keyEntry } from './records.ts';
import { SealedRecords } from './sealed-records.ts';
import { Sealer } from './sealing.ts';

export interface KeystoreDirectoryOptions {
  /** Absolute, or relative to the working directory. */
  readonly directory: string;
  /** Needed for a store that is sealed with a passphrase; seals a new store with it. */
  readonly passphrase?: string;
  readonly random: Random;
  readonly clock: Clock;
  /** False: throw UsageError `no-such-key` where there is no store yet. True unless given. */
  readonly create?: boolean;
  /** Who is alive, for leases; the operating system's processes unless given. */
  readonly processes?: ProcessTable;
}

export interface OpenKeyOptions {
  /** False: throw UsageError `no-such-key` if there is no key of this name. True unless given. */
  readonly create?: boolean;
  /** The state of a key that is created; `initialState(random)` unless given. */
  readonly factory?: DeviceState;
}

/** A directory with named keys in one LMDB database. Every method may throw KeystoreError. */
export interface KeystoreDirectory {
  readonly path: string;
  /** One sentence for each access right that was taken away from other users when this was opened. */
  readonly repairs: readonly string[];
  /** In order of code units. */
  names(): readonly string[];
  open(name: string, options?: OpenKeyOptions): Promise<Keystore>;
  /** Removes a key with all it has; false if there is none. KeystoreError `locked` while a process runs it. */
  remove(name: string): Promise<boolean>;
  /** Seals the store with a new passphrase, or with a key file. Records are not rewritten. */
  setPassphrase(passphrase: string | undefined): Promise<void>;
  /** KeystoreError `locked` if a living process runs the key; UsageError `no-such-key` if there is none. */
  acquireLease(name: string, info?: LeaseInfo): Promise<Lease>;
  /** Who runs the key now. */
  currentLease(name: string): LeaseHolder | undefined;
  /** A text that the program keeps with a key and no one else reads; undefined if there is none, or no such key. */
  note(name: string): string | undefined;
  /** Replaces it. UsageError `no-such-key` if there is no such key. */
  setNote(name: string, note: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a store, or makes one. Throws KeystoreError: `io` and `full` with the reason, `corrupt` for files that are
 * damaged or not Fauxkey's, `version` for files of a later version, `passphrase` for a missing or wrong secret.
 */
export async function openKeystoreDirectory(options: KeystoreDirectoryOptions): Promise<KeystoreDirectory> {
  const { directory, passphrase, random } = options;
  if (passphrase === '') throw new UsageError('A passphrase cannot be empty.');
  const exists = holdsKeystore(directory);
  if (!exists && options.create === false) {
    throw new UsageError(`There is no keystore in ${directory}.`, {
      problem: 'no-such-key',
      hint: 'fauxkey start makes one.',
    });
  }
  if (exists) requireSoundFile(directory);
  else makePlaces(directory);
  const database = new Database(directory);
  try {
    const dataKey = await unlock(database, { passphrase, random });
    return new Directory(options, database, dataKey, repairPlaces(directory));
  } catch (error) {
    await database.close();
    throw error;
  }
}

class Directory implements KeystoreDirectory {
  readonly repairs: readonly string[];
  readonly #options: KeystoreDirectoryOptions;
  readonly #database: Database;
  readonly #dataKey: Uint8Array;
  readonly #records: SealedRecords;
  readonly #leases: LeaseDesk;
  readonly #opened = new Set<Keystore>();

  constructor(
    options: KeystoreDirectoryOptions,
    database: Database,
    dataKey: Uint8Array,
    repairs: readonly string[],
  ) {
    this.#options = options;
    this.#database = database;
    this.#dataKey = dataKey;
    this.repairs = repairs;
    this.#records = new SealedRecords(database, new Sealer(dataKey, options.random, database.path));
    this.#leases = new LeaseDesk(
      this.#records,
      options.clock,
      options.random,
      options.processes ?? hostProcesses,
    );
  }

  get path(): string {
    return this.#database.path;
  }

  names(): readonly string[] {
    this.#database.refresh();
    const start = nameKey(new Uint8Array(0));
    const entries = this.#database.keys({ start, end: endOf(start) });
    return entries.map((key) => this.#records.require(key, keyEntry).name).sort();
  }

  async open(name: string, options: OpenKeyOptions = {}): Promise<Keystore> {
    this.#database.refresh();
    let entry = this.#entry(name);
    if (entry === undefined) {
      if (options.create === false) throw this.#noSuchKey(name);
      entry = await this.#create(name, options.factory ?? initialState(this.#options.random));
    }
    const keystore = new LmdbKeystore(this.#records, entry, this.#options.clock);
    this.#opened.add(keystore);
    return keystore;
  }

  remove(name: string): Promise<boolean> {
    return this.#database.write(() => {
      const entry = this.#entry(name);
      if (entry === undefined) return false;
      this.#leases.requireFree(entry);
      const start = keySpace(entry.keyId).prefix;
      for (const key of this.#database.keys({ start, end: endOf(start) })) this.#database.delete(key);
      this.#database.delete(leaseKey(entry.keyId));
      this.#database.delete(this.#placeOf(name));
      return true;
    });
  }

  async setPassphrase(passphrase: string | undefined): Promise<void> {
    if (passphrase === '') throw new UsageError('A passphrase cannot be empty.');
    await protectAnew(this.#database, this.#dataKey, { passphrase, random: this.#options.random });
  }

  acquireLease(name: string, info: LeaseInfo = {}): Promise<Lease> {
    return this.#leases.acquire(() => this.#requireEntry(name), info);
  }

  currentLease(name: string): LeaseHolder | undefined {
    this.#database.refresh();
    const entry = this.#entry(name);
    return entry === undefined ? undefined : this.#leases.current(entry);
  }

  note(name: string): string | undefined {
    this.#database.refresh();
    return this.#entry(name)?.note;
  }

  setNote(name: string, note: string): Promise<void> {
    return this.#database.write(() => {
      this.#records.write(this.#placeOf(name), keyEntry, { ...this.#requireEntry(name), note });
    });
  }

  async close(): Promise<void> {
    for (const keystore of this.#opened) await keystore.close();
    this.#opened.clear();
    await this.#database.close();
  }

  #create(name: string, factory: DeviceState): Promise<KeyEntry> {
    requireName(name);
    const { random, clock } = this.#options;
    return this.#database.write(() => {
      const existing = this.#entry(name);
      if (existing !== undefined) return existing;
      const entry = { name, keyId: random.bytes(8), createdAt: clock.wall() };
      this.#records.write(this.#placeOf(name), keyEntry, entry);
      writeNewKey(this.#records, entry, factory);
      return entry;
    });
  }

  #entry(name: string): KeyEntry | undefined {
    return this.#records.read(this.#placeOf(name), keyEntry);
  }

  #requireEntry(name: string): KeyEntry {
    const entry = this.#entry(name);
    if (entry === undefined) throw this.#noSuchKey(name);
    return entry;
  }

  #placeOf(name: string): Uint8Array {
    return nameKey(this.#records.sealer.tag('name', Buffer.from(name)));
  }

  #noSuchKey(name: string): UsageError {
    const names = this.names();
    const known = names.length === 0 ? 'it has no keys yet' : `it has ${names.join(', ')}`;
    return new UsageError(`There is no key "${name}" in ${this.path}; ${known}.`, { problem: 'no-such-key' });
  }
}

/** A name goes into messages and onto terminals: 1 to 64 characters, none of them a control or format character. */
function requireName(name: string): void {
  if (!/^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u.test(name)) {
    throw new UsageError('The name of a key has 1 to 64 characters, without control characters.');
  }
}
