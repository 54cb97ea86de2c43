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
import type { Random } from '../ports/random.ts';
import { copyOf } from './bytes.ts';
import { CredentialIndex } from './credential-index.ts';
import { changeState, initialState, isEmpty } from './device-state.ts';

/** A keystore that lives in memory and dies with the process. */
export interface MemoryKeystore extends Keystore {
  /** Another party's view of the same key: writes through it move the generation of all other handles. */
  openHandle(): MemoryKeystore;
}

export interface MemoryKeystoreOptions {
  readonly random: Random;
  /** The state of the new key; `initialState(random)` unless given. */
  readonly factory?: DeviceState;
}

/** A new key in memory, without credentials. Everything stored is copied; what is read must not be written to. */
export function createMemoryKeystore(options: MemoryKeystoreOptions): MemoryKeystore {
  return new Handle({
    state: copyOf(options.factory ?? initialState(options.random)),
    attestation: undefined,
    credentials: new CredentialIndex(),
    writes: 0,
  });
}

interface Shared {
  state: DeviceState;
  attestation: AttestationMaterial | undefined;
  readonly credentials: CredentialIndex;
  /** Write operations through all handles. */
  writes: number;
}

class Handle implements MemoryKeystore {
  readonly #shared: Shared;
  #ownWrites = 0;
  #closed = false;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  get generation(): number {
    return this.#open().writes - this.#ownWrites;
  }

  state(): DeviceState {
    return this.#open().state;
  }

  attestation(): AttestationMaterial | undefined {
    return this.#open().attestation;
  }

  find(rpIdHash: Uint8Array, id: Uint8Array): Credential | undefined {
    const credential = this.findById(id);
    if (credential === undefined) return undefined;
    return Buffer.compare(credential.rpIdHash, rpIdHash) === 0 ? credential : undefined;
  }

  findById(id: Uint8Array): Credential | undefined {
    return this.#open().credentials.get(id);
  }

  discoverable(rpIdHash: Uint8Array): readonly Credential[] {
    return this.#open().credentials.ofSite(rpIdHash);
  }

  discoverableRps(): readonly Credential[] {
    return this.#open().credentials.newestOfEachSite();
  }

  countDiscoverable(): number {
    return this.#open().credentials.countDiscoverable;
  }

  count(): number {
    return this.#open().credentials.count;
  }

  all(): Iterable<Credential> {
    return this.#open().credentials.all();
  }

  updateState(change: DeviceStateChange): Promise<void> {
    return this.#write((shared) => applyChange(shared, change));
  }

  setAttestation(material: AttestationMaterial): Promise<void> {
    return this.#write((shared) => {
      shared.attestation = copyOf(material);
    });
  }

  add(credential: Credential, state?: DeviceStateChange): Promise<void> {
    return this.#write((shared) => {
      shared.credentials.add(copyOf(credential));
      applyChange(shared, state);
    });
  }

  addAll(
    credentials: readonly Credential[],
    onConflict: ConflictRule,
    state?: DeviceStateChange,
  ): Promise<AddAllResult> {
    return this.#write((shared) => {
      const rivals = credentials.filter((credential) => isTaken(shared.credentials, credential));
      const conflicts = rivals.map((credential) => credential.id);
      if (onConflict === 'fail' && rivals.length > 0) return { added: 0, conflicts };
      const chosen =
        onConflict === 'skip' ? credentials.filter((item) => !rivals.includes(item)) : credentials;
      for (const credential of chosen) shared.credentials.add(copyOf(credential));
      applyChange(shared, state);
      return { added: chosen.length, conflicts };
    });
  }

  update(credential: Credential, state?: DeviceStateChange): Promise<boolean> {
    return this.#write((shared) => {
      const exists = shared.credentials.replace(copyOf(credential));
      if (exists) applyChange(shared, state);
      return exists;
    });
  }

  change(
    id: Uint8Array,
    make: (current: Credential) => Credential,
    state?: DeviceStateChange,
  ): Promise<Credential | undefined> {
    return this.#write((shared) => {
      const current = shared.credentials.get(id);
      if (current === undefined) return undefined;
      const changed = make(current);
      shared.credentials.replace(copyOf(changed));
      applyChange(shared, state);
      return changed;
    });
  }

  use(id: Uint8Array, use: CredentialUse, state?: DeviceStateChange): Promise<boolean> {
    return this.#write((shared) => {
      const exists = shared.credentials.use(id, use);
      if (exists) applyChange(shared, state);
      return exists;
    });
  }

  remove(ids: readonly Uint8Array[], state?: DeviceStateChange): Promise<number> {
    return this.#write((shared) => {
      const removed = ids.filter((id) => shared.credentials.remove(id)).length;
      applyChange(shared, state);
      return removed;
    });
  }

  reset(factory: DeviceState): Promise<void> {
    return this.replaceAll({ state: factory, credentials: [] });
  }

  replaceAll({ attestation, credentials, state }: KeyContents): Promise<void> {
    return this.#write((shared) => {
      shared.credentials.clear();
      for (const credential of credentials) shared.credentials.add(copyOf(credential));
      shared.state = copyOf(state);
      if (attestation) shared.attestation = copyOf(attestation);
    });
  }

  openHandle(): MemoryKeystore {
    return new Handle(this.#open());
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  #open(): Shared {
    if (this.#closed) throw new KeystoreError('io', 'The keystore has been closed.');
    return this.#shared;
  }

  #write<T>(action: (shared: Shared) => T): Promise<T> {
    return new Promise((resolve) => {
      const shared = this.#open();
      const result = action(shared);
      shared.writes += 1;
      this.#ownWrites += 1;
      resolve(result);
    });
  }
}

function isTaken(credentials: CredentialIndex, credential: Credential): boolean {
  return credentials.get(credential.id) !== undefined || credentials.sameAccount(credential) !== undefined;
}

function applyChange(shared: Shared, change: DeviceStateChange | undefined): void {
  if (change !== undefined && !isEmpty(change)) shared.state = changeState(shared.state, copyOf(change));
}
