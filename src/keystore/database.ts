import type { RootDatabase } from 'lmdb';
import { open } from 'lmdb';

import { KeystoreError } from '../ports/keystore.ts';
import { fullDisk, hasRoom, storageError } from './storage-error.ts';

export interface KeyRange {
  readonly start: Uint8Array;
  /** Exclusive. */
  readonly end: Uint8Array;
  readonly newestFirst?: boolean;
  readonly limit?: number;
}

/** One LMDB environment with one database of bytes. What it throws is KeystoreError. */
export class Database {
  readonly #path: string;
  readonly #lmdb: RootDatabase<Uint8Array, Uint8Array>;
  #closed = false;

  /** `path` is a directory that exists, with a data file that has been found sound. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#lmdb = open<Uint8Array, Uint8Array>({
        path,
        // The default looks for a dot in the path.
        noSubdir: false,
        encoding: 'binary',
        keyEncoding: 'binary',
        // A commit that has resolved is on the disk: plain LMDB order, data before meta page, both synchronized.
        overlappingSync: false,
      });
    } catch (error) {
      throw storageError(error, path);
    }
  }

  get path(): string {
    return this.#path;
  }

  /** Lets the reads that follow see what was committed until now, by any process. */
  refresh(): void {
    this.#requireOpen();
    this.#guard(() => this.#lmdb.resetReadTxn());
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#guard(() => this.#lmdb.getBinary(key));
  }

  /** Whether this very value stands there; compares without a copy. */
  holds(key: Uint8Array, value: Uint8Array): boolean {
    const found = this.#guard(() => this.#lmdb.getBinaryFast(key));
    // The package lends one long buffer for all values and sets its length; only that much is the value.
    return found?.length === value.length && Buffer.compare(found.subarray(0, value.length), value) === 0;
  }

  /** A number of up to 6 bytes, big-endian, without a copy of the value. */
  getNumber(key: Uint8Array): number | undefined {
    const value = this.#guard(() => this.#lmdb.getBinaryFast(key));
    return value === undefined || value.length === 0
      ? undefined
      : value.readUIntBE(0, Math.min(value.length, 6));
  }

  /** Keys in order; the list is complete when this returns. */
  keys(range: KeyRange): Uint8Array[] {
    const { start, end, newestFirst = false, limit = Infinity } = range;
    // LMDB's reverse ranges include their upper end and leave out the lower one, the opposite of what is meant here.
    const options = newestFirst ? { start: end, reverse: true } : { start, end };
    const keys: Uint8Array[] = [];
    this.#guard(() => {
      for (const key of this.#lmdb.getKeys(options)) {
        if (keys.length >= limit || Buffer.compare(key, start) < 0) break;
        if (Buffer.compare(key, end) < 0) keys.push(new Uint8Array(key));
      }
    });
    return keys;
  }

  count({ start, end }: Pick<KeyRange, 'start' | 'end'>): number {
    return this.#guard(() => this.#lmdb.getKeysCount({ start, end }));
  }

  /** Whether there is anything at all in the database. */
  isEmpty(): boolean {
    return this.#guard(() => [...this.#lmdb.getKeys({ limit: 1 })].length === 0);
  }

  /** Only inside of a transaction. */
  put(key: Uint8Array, value: Uint8Array): void {
    void this.#lmdb.put(key, value);
  }

  /** Only inside of a transaction. */
  delete(key: Uint8Array): void {
    void this.#lmdb.remove(key);
  }

  /**
   * Runs `action` in one transaction, in which reads see its own writes. It is durable when this returns; if `action`
   * throws, nothing of it is kept.
   *
   * The commit is not left to the package's writer thread: after a failed commit, as on a full disk, that way leaves a
   * rejected promise which nobody can handle, and the process ends. And it is not begun on a disk that is all but full:
   * where the file system has no page left, the package does not fail, but corrupts its memory and ends the process.
   */
  writeNow<T>(action: () => T): T {
    this.#requireOpen();
    this.#guard(() => {
      if (!hasRoom(this.#path)) throw fullDisk(this.#path);
    });
    return this.#guard(() => this.#lmdb.transactionSync(action));
  }

  /** As `writeNow`, for callers that promise. */
  write<T>(action: () => T): Promise<T> {
    return new Promise((resolve) => resolve(this.writeNow(action)));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#lmdb.close();
  }

  #requireOpen(): void {
    if (this.#closed) throw new KeystoreError('io', `The keystore in ${this.#path} has been closed.`);
  }

  #guard<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw storageError(error, this.#path);
    }
  }
}
