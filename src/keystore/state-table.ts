import type { DeviceState, DeviceStateChange } from '../ports/keystore.ts';
import type { Reserve } from './credential-cache.ts';
import { changeState, isEmpty } from './device-state.ts';
import type { KeySpace } from './layout.ts';
import { stateRecord } from './records.ts';
import type { SealedRecords } from './sealed-records.ts';

interface Kept {
  readonly state: DeviceState;
  /** The record that it was read from, or written to. */
  readonly sealed: Uint8Array;
  snapshot: number;
  readonly reserve?: Reserve;
}

/** The state of one key in the database; of the global counter values may be reserved, as in CredentialTable. */
export class StateTable {
  readonly #records: SealedRecords;
  readonly #space: KeySpace;
  #kept: Kept | undefined;

  constructor(records: SealedRecords, space: KeySpace) {
    this.#records = records;
    this.#space = space;
  }

  /** `snapshot` is the number of writes that the current one has seen. */
  read(snapshot: number): DeviceState {
    this.#kept = this.#load(snapshot);
    return this.#kept.state;
  }

  /** In a transaction, everything new. */
  write(state: DeviceState): void {
    this.#kept = undefined;
    this.#writeRecord(state, 0);
    this.#writeBlobs(state);
  }

  /** In a transaction; the counter is written as it is. */
  apply(change: DeviceStateChange | undefined, snapshot: number): void {
    if (change === undefined || isEmpty(change)) return;
    const state = changeState(this.read(snapshot), change);
    this.#kept = undefined;
    this.#writeRecord(state, 0);
    if ('largeBlobArray' in change) this.#writeBlobs(state);
  }

  /** Notes a counter without writing, if it was reserved; `false` if it has to be written. */
  useReserved(signCount: number, snapshot: number): boolean {
    this.read(snapshot);
    if (!this.allows(signCount, snapshot) || this.#kept?.reserve === undefined) return false;
    const { ceiling, uses } = this.#kept.reserve;
    const state = { ...this.#kept.state, signCount };
    this.#kept = { ...this.#kept, state, reserve: { ceiling, uses: uses + 1, unsaved: true } };
    return true;
  }

  /** Whether a counter is reserved. */
  allows(signCount: number, snapshot: number): boolean {
    this.read(snapshot);
    return this.#kept?.reserve !== undefined && signCount <= this.#kept.reserve.ceiling;
  }

  /** In a transaction: writes a counter and reserves `ahead` values. `reserve` has to be called when it is done. */
  use(signCount: number, ahead: number, snapshot: number): { reserve(): void } {
    const state = { ...this.read(snapshot), signCount };
    this.#kept = undefined;
    const sealed = this.#writeRecord(state, ahead);
    const reserve = { ceiling: signCount + ahead, uses: 0, unsaved: ahead > 0 };
    return {
      reserve: () => {
        this.#kept = { state, sealed, snapshot: -1, reserve };
      },
    };
  }

  /** Whether the counter is known here only. */
  get unsaved(): boolean {
    return this.#kept?.reserve?.unsaved === true;
  }

  /** In a transaction: writes the counter as it is. */
  save(snapshot: number): void {
    if (!this.unsaved) return;
    const { reserve, state } = this.#load(snapshot);
    if (reserve?.unsaved === true) this.#writeRecord(state, 0);
  }

  /** After a transaction that came to nothing: what was read in it may never have been. */
  doubt(): void {
    if (this.#kept?.reserve === undefined) this.#kept = undefined;
    else this.#kept.snapshot = -1;
  }

  forget(): void {
    this.#kept = undefined;
  }

  #load(snapshot: number): Kept {
    const kept = this.#kept;
    if (kept?.snapshot === snapshot) return kept;
    const sealed = this.#records.requireSealed(this.#space.state);
    const { ceiling = 0, ...small } = this.#records.open(this.#space.state, sealed, stateRecord);
    const largeBlobArray = this.#records.readBytes(this.#space.largeBlobArray);
    const isOurs = kept?.reserve !== undefined && Buffer.compare(kept.sealed, sealed) === 0;
    const signCount = isOurs ? kept.state.signCount : Math.max(small.signCount, ceiling);
    const state = { ...small, signCount, ...(largeBlobArray !== undefined && { largeBlobArray }) };
    return { state, sealed, snapshot, ...(isOurs && { reserve: kept.reserve }) };
  }

  #writeRecord(state: DeviceState, ahead: number): Uint8Array {
    const ceiling = ahead > 0 ? { ceiling: state.signCount + ahead } : {};
    this.#records.write(this.#space.state, stateRecord, { ...state, ...ceiling });
    return this.#records.requireSealed(this.#space.state);
  }

  #writeBlobs({ largeBlobArray }: DeviceState): void {
    if (largeBlobArray === undefined) this.#records.database.delete(this.#space.largeBlobArray);
    else this.#records.writeBytes(this.#space.largeBlobArray, largeBlobArray);
  }
}
