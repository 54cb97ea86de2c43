import type { Credential } from '../ports/credential.ts';
import type { CredentialUse } from '../ports/keystore.ts';
import type { Kept } from './credential-cache.ts';
import { CredentialCache } from './credential-cache.ts';
import type { KeySpace } from './layout.ts';
import { coldMembers, hotRecord } from './records.ts';
import type { SealedRecords } from './sealed-records.ts';

/** The most counter values that are reserved at once, and so the most that a crash can skip. */
const longestReserve = 1024;

/** A use that is written; `reserve` has to be called when the transaction is done. */
export interface WrittenUse {
  /** How many counter values were reserved. */
  readonly ahead: number;
  reserve(): void;
}

/**
 * The records of single credentials, by sequence. While a credential signs all the time, its record holds a bound for the
 * counter in place of the counter; another process takes the bound for the counter, so that it is never behind.
 */
export class CredentialRecords {
  readonly #records: SealedRecords;
  readonly #space: KeySpace;
  readonly #cache = new CredentialCache();
  /** The number of writes that the current snapshot of the database has seen. */
  snapshot = -1;

  constructor(records: SealedRecords, space: KeySpace) {
    this.#records = records;
    this.#space = space;
  }

  at(sequence: number): Credential {
    const kept = this.#load(sequence);
    if (this.#cache.get(sequence) !== kept) this.#cache.keep(sequence, kept);
    return kept.credential;
  }

  /** As `at`, for a reader who passes by once. */
  peek(sequence: number): Credential {
    return this.#load(sequence).credential;
  }

  /** Inside of a transaction. */
  write(sequence: number, credential: Credential): void {
    this.#records.write(this.#space.cold(sequence), coldMembers, credential);
    this.#writeHot(sequence, credential, 0);
  }

  /** Inside of a transaction. */
  delete(sequence: number): void {
    this.#cache.drop(sequence);
    this.#records.database.delete(this.#space.cold(sequence));
    this.#records.database.delete(this.#space.hot(sequence));
  }

  /** Notes a use without writing, if the counter was reserved; false if it has to be written. */
  useReserved(sequence: number, use: CredentialUse): boolean {
    const kept = this.#current(sequence);
    if (kept?.reserve === undefined || (use.signCount ?? 0) > kept.reserve.ceiling) return false;
    const { ceiling, uses } = kept.reserve;
    const credential = { ...kept.credential, ...use };
    this.#cache.keep(sequence, { ...kept, credential, reserve: { ceiling, uses: uses + 1, unsaved: true } });
    return true;
  }

  /**
   * Writes a use, inside of a transaction, and reserves as many values ahead as were used since the credential was last
   * at rest: none for a sign-in by hand, many for a suite that signs in all the time.
   */
  use(sequence: number, use: CredentialUse): WrittenUse {
    const kept = this.#load(sequence);
    const uses = kept.reserve?.uses ?? 0;
    const ahead = use.signCount === null ? 0 : Math.min(uses, longestReserve);
    const ceiling = use.signCount === null ? Infinity : use.signCount + ahead;
    const credential = { ...kept.credential, ...use };
    const hot = this.#writeHot(sequence, credential, ahead);
    const reserve = { ceiling, uses: uses + 1, unsaved: ahead > 0 };
    return {
      ahead,
      reserve: () => this.#cache.keep(sequence, { credential, cold: kept.cold, hot, snapshot: -1, reserve }),
    };
  }

  /** Whether something is known here only. */
  get unsaved(): boolean {
    return this.#cache.reserved().some((sequence) => this.#cache.get(sequence)?.reserve?.unsaved === true);
  }

  /** Writes every counter as it is, inside of a transaction; `release` then gives up what was reserved. */
  save(): void {
    for (const sequence of this.#cache.reserved()) {
      const kept = this.#current(sequence);
      if (kept?.reserve?.unsaved === true) this.#writeHot(sequence, kept.credential, 0);
    }
  }

  release(): void {
    for (const sequence of this.#cache.reserved()) this.#cache.drop(sequence);
  }

  /** After a transaction that came to nothing. */
  doubt(): void {
    this.#cache.doubt();
  }

  /** What is kept of a credential, if it is what the records say, or else what they say. */
  #load(sequence: number): Kept {
    const current = this.#current(sequence);
    if (current) return current;
    this.#cache.drop(sequence);
    const [coldPlace, hotPlace] = [this.#space.cold(sequence), this.#space.hot(sequence)];
    const cold = this.#records.requireSealed(coldPlace);
    const hot = this.#records.requireSealed(hotPlace);
    const { ceiling, ...members } = this.#records.open(hotPlace, hot, hotRecord);
    const signCount = members.signCount === null ? null : Math.max(members.signCount, ceiling ?? 0);
    const credential = { ...this.#records.open(coldPlace, cold, coldMembers), ...members, signCount };
    return { credential, cold, hot, snapshot: this.snapshot };
  }

  #current(sequence: number): Kept | undefined {
    const kept = this.#cache.get(sequence);
    if (kept === undefined || kept.snapshot === this.snapshot) return kept;
    const { database } = this.#records;
    const isSame =
      database.holds(this.#space.cold(sequence), kept.cold) &&
      database.holds(this.#space.hot(sequence), kept.hot);
    if (!isSame) return undefined;
    kept.snapshot = this.snapshot;
    return kept;
  }

  /** The record as it is stored then. */
  #writeHot(sequence: number, credential: Credential, ahead: number): Uint8Array {
    const { backupState, lastUsedAt, signCount } = credential;
    this.#cache.drop(sequence);
    const place = this.#space.hot(sequence);
    this.#records.write(place, hotRecord, {
      signCount,
      backupState,
      ...(lastUsedAt !== undefined && { lastUsedAt }),
      ...(ahead > 0 && { ceiling: (signCount ?? 0) + ahead }),
    });
    return this.#records.requireSealed(place);
  }
}
