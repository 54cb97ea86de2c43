import type { Credential } from '../ports/credential.ts';
import type {
  AddAllResult,
  AttestationMaterial,
  ConflictRule,
  CredentialUse,
  DeviceState,
  DeviceStateChange,
  Keystore,
} from '../ports/keystore.ts';
import { KeystoreError } from '../ports/keystore.ts';
import { CredentialTable } from './credential-table.ts';
import { changeState, isEmpty } from './device-state.ts';
import type { KeySpace } from './layout.ts';
import { keySpace, sequenceBytes } from './layout.ts';
import type { KeyEntry } from './records.ts';
import { attestationMaterial, smallState, tally } from './records.ts';
import type { SealedRecords } from './sealed-records.ts';

/** Writes the first records of a new key, inside of a transaction. */
export function writeNewKey(records: SealedRecords, entry: KeyEntry, factory: DeviceState): void {
  const space = keySpace(entry.keyId);
  writeState(records, space, factory);
  records.write(space.tally, tally, { nextSequence: 1, discoverable: 0 });
  records.database.put(space.generation, sequenceBytes(0));
}

/** One key in an LMDB store. Nothing is kept here but the state that was read last, as long as no one has written. */
export class LmdbKeystore implements Keystore {
  readonly #records: SealedRecords;
  readonly #space: KeySpace;
  readonly #name: string;
  readonly #credentials: CredentialTable;
  /** Committed writes of this object. */
  #ownWrites = 0;
  #lastState: { readonly writes: number; readonly state: DeviceState } | undefined;
  #closed = false;

  constructor(records: SealedRecords, entry: KeyEntry) {
    this.#records = records;
    this.#name = entry.name;
    this.#space = keySpace(entry.keyId);
    this.#credentials = new CredentialTable(records, this.#space);
  }

  get generation(): number {
    return this.#refresh() - this.#ownWrites;
  }

  state(): DeviceState {
    const writes = this.#refresh();
    if (this.#lastState?.writes !== writes) this.#lastState = { writes, state: this.#readState() };
    return this.#lastState.state;
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
    await this.#write(() => this.#records.write(this.#space.attestation, attestationMaterial, material));
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

  use(id: Uint8Array, use: CredentialUse, state?: DeviceStateChange): Promise<boolean> {
    return this.#write(() => {
      const credential = this.#credentials.get(id);
      if (credential === undefined) return false;
      this.#credentials.replace({ ...credential, ...use });
      this.#applyChange(state);
      return true;
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

  async reset(factory: DeviceState): Promise<void> {
    await this.#write(() => {
      this.#credentials.clear();
      writeState(this.#records, this.#space, factory);
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#lastState = undefined;
    return Promise.resolve();
  }

  /** Makes the latest commit visible. Returns the number of writes that this key has seen. */
  #refresh(): number {
    this.#requireOpen();
    this.#records.database.refresh();
    return this.#writesSoFar();
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

  #readState(): DeviceState {
    const small = this.#records.require(this.#space.state, smallState);
    const largeBlobArray = this.#records.readBytes(this.#space.largeBlobArray);
    return largeBlobArray === undefined ? small : { ...small, largeBlobArray };
  }

  #applyChange(change: DeviceStateChange | undefined): void {
    if (change === undefined || isEmpty(change)) return;
    const small = this.#records.require(this.#space.state, smallState);
    writeState(this.#records, this.#space, changeState(small, change), 'largeBlobArray' in change);
  }

  #write<T>(action: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.#requireOpen();
      const { database } = this.#records;
      const result = database.writeNow(() => {
        const number = this.#writesSoFar() + 1;
        const value = action();
        database.put(this.#space.generation, sequenceBytes(number));
        return value;
      });
      this.#ownWrites += 1;
      resolve(result);
    });
  }
}

function writeState(records: SealedRecords, space: KeySpace, state: DeviceState, withBlobs = true): void {
  records.write(space.state, smallState, state);
  if (!withBlobs) return;
  if (state.largeBlobArray === undefined) records.database.delete(space.largeBlobArray);
  else records.writeBytes(space.largeBlobArray, state.largeBlobArray);
}
