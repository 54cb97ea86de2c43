import type { Database } from './database.ts';
import type { Kind, RecordMap } from './record-schema.ts';
import { decodeCbor, encodeCbor, requireMap, unknownMembers } from './record-schema.ts';
import type { Sealer } from './sealing.ts';
import { damaged, newerVersion } from './sealing.ts';

/** First byte of each record under its seal. */
const recordVersion = 1;

/** A kind of record that is a map; `labels` are the members that this version knows. */
export type RecordKind<T> = Kind<T> & { readonly labels: ReadonlySet<number> };

/** Reads and writes sealed records. Reads throw KeystoreError for a record that is damaged or too new. */
export class SealedRecords {
  readonly database: Database;
  readonly sealer: Sealer;

  constructor(database: Database, sealer: Sealer) {
    this.database = database;
    this.sealer = sealer;
  }

  read<T>(place: Uint8Array, kind: RecordKind<T>): T | undefined {
    const sealed = this.database.get(place);
    return sealed === undefined ? undefined : this.open(place, sealed, kind);
  }

  /** A record as it is stored, which no other record and no later state of this one is like. */
  requireSealed(place: Uint8Array): Uint8Array {
    const sealed = this.database.get(place);
    if (sealed === undefined) throw damaged(this.database.path);
    return sealed;
  }

  /** Reads what `requireSealed` gave. */
  open<T>(place: Uint8Array, sealed: Uint8Array, kind: RecordKind<T>): T {
    const plain = this.#open(place, sealed);
    try {
      return kind.read(this.#members(plain));
    } catch (error) {
      throw damaged(this.database.path, error);
    }
  }

  /** As `read`, for a record that another one promises. */
  require<T>(place: Uint8Array, kind: RecordKind<T>): T {
    const value = this.read(place, kind);
    if (value === undefined) throw damaged(this.database.path);
    return value;
  }

  /**
   * Inside of a transaction. Members that a later version left in the record stay. Returns false, and writes nothing,
   * if the record says just this already.
   */
  write<T>(place: Uint8Array, kind: RecordKind<T>, value: T): boolean {
    const old = this.#plain(place);
    const map = kind.write(value) as Map<unknown, unknown>;
    if (old !== undefined) {
      if (Buffer.compare(old, framed(map)) === 0) return false;
      for (const [label, item] of unknownMembers(this.#members(old), kind.labels)) map.set(label, item);
    }
    const plain = framed(map);
    if (old !== undefined && Buffer.compare(old, plain) === 0) return false;
    this.database.put(place, this.sealer.seal(place, plain));
    return true;
  }

  readBytes(place: Uint8Array): Uint8Array | undefined {
    const plain = this.#plain(place);
    return plain === undefined ? undefined : new Uint8Array(plain.subarray(1));
  }

  writeBytes(place: Uint8Array, value: Uint8Array): void {
    this.database.put(place, this.sealer.seal(place, Buffer.concat([Uint8Array.of(recordVersion), value])));
  }

  #plain(place: Uint8Array): Uint8Array | undefined {
    const sealed = this.database.get(place);
    return sealed === undefined ? undefined : this.#open(place, sealed);
  }

  #open(place: Uint8Array, sealed: Uint8Array): Uint8Array {
    const plain = this.sealer.open(place, sealed);
    if ((plain[0] ?? 0) > recordVersion) throw newerVersion(this.database.path);
    return plain;
  }

  #members(plain: Uint8Array): RecordMap {
    return requireMap(decodeCbor(plain.subarray(1)));
  }
}

function framed(map: Map<unknown, unknown>): Uint8Array {
  return Buffer.concat([Uint8Array.of(recordVersion), encodeCbor(map)]);
}
