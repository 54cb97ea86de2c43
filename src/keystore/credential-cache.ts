import type { Credential } from '../ports/credential.ts';

/** Credentials kept besides those with a reserve. */
const capacity = 256;

/** Counter values that this process may use without writing each. */
export interface Reserve {
  /** The highest value that is durable as a bound; infinite for a counter that is always zero. */
  readonly ceiling: number;
  /** Uses since the counter was last written as it is. */
  readonly uses: number;
  /** Something stands here only that the record does not say. */
  readonly unsaved: boolean;
}

/** A decoded credential with the records it was decoded from. */
export interface Kept {
  readonly credential: Credential;
  readonly cold: Uint8Array;
  readonly hot: Uint8Array;
  /** The number of writes that the key had seen when the records were last compared. */
  snapshot: number;
  readonly reserve?: Reserve;
}

/**
 * Decoded credentials, by sequence: the ones used last, and all with a reserve. An entry is good for the snapshot that it
 * names; for a later one its records have to be compared.
 */
export class CredentialCache {
  readonly #kept = new Map<number, Kept>();

  get(sequence: number): Kept | undefined {
    return this.#kept.get(sequence);
  }

  keep(sequence: number, kept: Kept): void {
    this.#kept.delete(sequence);
    this.#kept.set(sequence, kept);
    if (this.#kept.size > capacity) this.#dropOldest();
  }

  drop(sequence: number): void {
    this.#kept.delete(sequence);
  }

  /** After a transaction that came to nothing: what was read in it may never have been. */
  doubt(): void {
    for (const [sequence, kept] of this.#kept) {
      if (kept.reserve === undefined) this.#kept.delete(sequence);
      else kept.snapshot = -1;
    }
  }

  /** Sequences of the credentials with a reserve. */
  reserved(): readonly number[] {
    return [...this.#kept].filter(([, { reserve }]) => reserve !== undefined).map(([sequence]) => sequence);
  }

  #dropOldest(): void {
    for (const [sequence, { reserve }] of this.#kept) {
      if (reserve !== undefined) continue;
      this.#kept.delete(sequence);
      return;
    }
  }
}
