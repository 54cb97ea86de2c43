import type { Clock } from '../ports/clock.ts';
import type { Credential } from '../ports/credential.ts';
import type {
  AddAllResult,
  AttestationMaterial,
  ConflictRule,
  CredentialUse,
  DeviceState,
  DeviceStateChange,
  KeyContents,
  Keystore,
} from '../ports/keystore.ts';
import { KeystoreError } from '../ports/keystore.ts';
import { CredentialTable } from './credential-table.ts';
import type { KeySpace } from './layout.ts';
import { keySpace, sequenceBytes } from './layout.ts';
import type { KeyEntry } from './records.ts';
import { attestationMaterial, tally } from './records.ts';
import type { SealedRecords } from './sealed-records.ts';
import { StateTable } from './state-table.ts';
import { WhenQuiet } from './when-quiet.ts';

/** Writes the first records of a new key, inside of a transaction. */
export function writeNewKey(records: SealedRecords, entry: KeyEntry, factory: DeviceState): void {
  const space = keySpace(entry.keyId);
  new StateTable(records, space).write(factory);
  records.write(space.tally, tally, { nextSequence: 1, discoverable: 0, credentials: 0 });
  records.database.put(space.generation, sequenceBytes(0));
}

/** Milliseconds without a use after which counters are written as they are. */
const quietTime = 500;

/**
 * One key in an LMDB store. What is kept here is what was read or written last, and it is used only after a look at the
 * store has shown that it is still true. Counters are reserved ahead while a credential is in use all the time.
 */
export class LmdbKeystore implements Keystore {
  readonly #records: SealedRecords;
  readonly #space: KeySpace;
  readonly #name: string;
  readonly #credentials: CredentialTable;
  readonly #state: StateTable;
  /** Committed writes of this object. */
  #ownWrites = 0;
  #closed = false;
  readonly #saving: WhenQuiet;

  constructor(records: SealedRecords, entry: KeyEntry, clock: Clock) {
    this.#records = records;
    this.#name = entry.name;
    this.#space = keySpace(entry.keyId);
    this.#credentials = new CredentialTable(records, this.#space);
    this.#state = new StateTable(records, this.#space);
    this.#saving = new WhenQuiet(clock, quietTime, () => this.#saveCounters());
  }

  get generation(): number {
    return this.#refresh() - this.#ownWrites;
  }

  state(): DeviceState {
    return this.#state.read(this.#refresh());
  }

  attestation(): AttestationMaterial | undefined {
    this.#refresh();
    return this.#records.read(this.#space.attestation, attestationMaterial);
  }

  find(rpIdHash: Uint8Array, id: Uint8Array): Credential | undefined {
    const credential = this.findById(id);
    if (credential === undefined) return undefined;
    return Buffer.compare(credential.rpIdHash, rpIdHash) === 0 ? credential : undefined;
  }

  findById(id: Uint8Array): Credential | undefined {
    this.#refresh();
    return this.#credentials.get(id);
  }

  discoverable(rpIdHash: Uint8Array): readonly Credential[] {
    this.#refresh();
    return this.#credentials.ofSite(rpIdHash);
  }

  discoverableRps(): readonly Credential[] {
    this.#refresh();
    return this.#credentials.newestOfEachSite();
  }

  countDiscoverable(): number {
    this.#refresh();
    return this.#credentials.countDiscoverable();
  }

  count(): number {
    this.#refresh();
    return this.#credentials.count();
  }

  /** Reads page by page: what is added or removed while somebody iterates may or may not be seen. */
  *all(): Iterable<Credential> {
    let next: number | undefined = Infinity;
    while (next !== undefined) {
      this.#refresh();
      const page = this.#credentials.page(next);
      yield* page.credentials;
      next = page.next;
    }
  }

  async updateState(change: DeviceStateChange): Promise<void> {
    await this.#write(() => this.#applyChange(change));
  }

  async setAttestation(material: AttestationMaterial): Promise<void> {
    await this.#write(() => this.#writeAttestation(material));
  }

  async add(credential: Credential, state?: DeviceStateChange): Promise<void> {
    await this.#write(() => {
      this.#credentials.add(credential);
      this.#applyChange(state);
    });
  }

  addAll(
    credentials: readonly Credential[],
    onConflict: ConflictRule,
    state?: DeviceStateChange,
  ): Promise<AddAllResult> {
    return this.#write(() => {
      const rivals = new Set(credentials.filter((credential) => this.#credentials.isTaken(credential)));
      const conflicts = [...rivals].map((credential) => credential.id);
      if (onConflict === 'fail' && rivals.size > 0) return { added: 0, conflicts };
      const chosen = onConflict === 'skip' ? credentials.filter((item) => !rivals.has(item)) : credentials;
      for (const credential of chosen) this.#credentials.add(credential);
      this.#applyChange(state);
      return { added: chosen.length, conflicts };
    });
  }

  update(credential: Credential, state?: DeviceStateChange): Promise<boolean> {
    return this.#write(() => {
      const exists = this.#credentials.replace(credential);
      if (exists) this.#applyChange(state);
      return exists;
    });
  }

  use(
    id: Uint8Array,
    use: CredentialUse,
    { signCount }: Pick<DeviceStateChange, 'signCount'> = {},
  ): Promise<boolean> {
    return new Promise((resolve) => {
      const exists = this.#useReserved(id, use, signCount) || this.#useNow(id, use, signCount);
      if (exists) this.#saving.note();
      resolve(exists);
    });
  }

  change(
    id: Uint8Array,
    make: (current: Credential) => Credential,
    state?: DeviceStateChange,
  ): Promise<Credential | undefined> {
    return this.#write(() => {
      const current = this.#credentials.get(id);
      if (current === undefined) return undefined;
      const changed = make(current);
      this.#credentials.replace(changed);
      this.#applyChange(state);
      return changed;
    });
  }

  remove(ids: readonly Uint8Array[], state?: DeviceStateChange): Promise<number> {
    return this.#write(() => {
      const removed = ids.filter((id) => this.#credentials.remove(id)).length;
      this.#applyChange(state);
      return removed;
    });
  }

  reset(factory: DeviceState): Promise<void> {
    return this.replaceAll({ state: factory, credentials: [] });
  }

  async replaceAll({ attestation, credentials, state }: KeyContents): Promise<void> {
    await this.#write(() => {
      this.#credentials.clear();
      for (const credential of credentials) this.#credentials.add(credential);
      this.#state.write(state);
      if (attestation) this.#writeAttestation(attestation);
    });
  }

  /** Writes the counters as they are. */
  close(): Promise<void> {
    if (!this.#closed) this.#saveCounters();
    this.#closed = true;
    this.#state.forget();
    return Promise.resolve();
  }

  /** Makes the latest commit visible. Returns the number of writes that this key has seen. */
  #refresh(): number {
    this.#requireOpen();
    this.#records.database.refresh();
    const writes = this.#writesSoFar();
    this.#credentials.entries.snapshot = writes;
    return writes;
  }

  #writesSoFar(): number {
    const writes = this.#records.database.getNumber(this.#space.generation);
    if (writes === undefined)
      throw new KeystoreError('io', `The key "${this.#name}" has been removed from the store.`);
    return writes;
  }

  #requireOpen(): void {
    if (this.#closed) throw new KeystoreError('io', 'The keystore has been closed.');
  }

  #writeAttestation(material: AttestationMaterial): void {
    this.#records.write(this.#space.attestation, attestationMaterial, material);
  }

  #applyChange(change: DeviceStateChange | undefined): void {
    this.#state.apply(change, this.#credentials.entries.snapshot);
  }

  #write<T>(action: () => T): Promise<T> {
    return new Promise((resolve) => resolve(this.#writeNow(action)));
  }

  #writeNow<T>(action: () => T): T {
    this.#requireOpen();
    const { database } = this.#records;
    try {
      const result = database.writeNow(() => {
        const writes = this.#writesSoFar();
        this.#credentials.entries.snapshot = writes;
        const value = action();
        database.put(this.#space.generation, sequenceBytes(writes + 1));
        return value;
      });
      this.#ownWrites += 1;
      return result;
    } catch (error) {
      this.#credentials.entries.doubt();
      this.#state.doubt();
      throw error;
    }
  }

  #useReserved(id: Uint8Array, use: CredentialUse, global: number | undefined): boolean {
    const snapshot = this.#refresh();
    if (global !== undefined && !this.#state.allows(global, snapshot)) return false;
    if (!this.#credentials.useReserved(id, use)) return false;
    return global === undefined || this.#state.useReserved(global, snapshot);
  }

  #useNow(id: Uint8Array, use: CredentialUse, global: number | undefined): boolean {
    const reserves: { reserve(): void }[] = [];
    const exists = this.#writeNow(() => {
      const used = this.#credentials.use(id, use);
      if (used === undefined) return false;
      reserves.push(used);
      if (global !== undefined)
        reserves.push(this.#state.use(global, used.ahead, this.#credentials.entries.snapshot));
      return true;
    });
    for (const item of reserves) item.reserve();
    return exists;
  }

  #saveCounters(): void {
    this.#saving.cancel();
    try {
      if (this.#credentials.entries.unsaved || this.#state.unsaved) {
        this.#writeNow(() => {
          this.#credentials.entries.save();
          this.#state.save(this.#credentials.entries.snapshot);
        });
      }
      this.#credentials.entries.release();
      this.#state.forget();
    } catch (error) {
      // A bound that cannot be lowered is still true: the next process counts on from there.
      if (!(error instanceof KeystoreError)) throw error;
    }
  }
}
