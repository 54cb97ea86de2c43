import type { Credential } from '../ports/credential.ts';
import type { CredentialUse } from '../ports/keystore.ts';
import type { WrittenUse } from './credential-records.ts';
import { CredentialRecords } from './credential-records.ts';
import { byteKey } from './bytes.ts';
import type { KeySpace } from './layout.ts';
import { endOf, readSequence, sequenceBytes } from './layout.ts';
import type { Tally } from './records.ts';
import { tally } from './records.ts';
import type { SealedRecords } from './sealed-records.ts';
import { damaged, tagLength } from './sealing.ts';

/** How many credentials `all` reads at a time. */
const chunk = 64;
/** Places of credentials that are remembered, to spare a keyed hash. */
const knownPlaces = 1024;

/**
 * The credentials of one key in the database, with their indexes. Reads see the current snapshot; the methods that
 * write have to be called inside of a transaction.
 */
export class CredentialTable {
  readonly #records: SealedRecords;
  readonly #space: KeySpace;
  readonly entries: CredentialRecords;
  readonly #places = new Map<string, Uint8Array>();

  constructor(records: SealedRecords, space: KeySpace) {
    this.#records = records;
    this.#space = space;
    this.entries = new CredentialRecords(records, space);
  }

  /** The credential's place in the order of creation. */
  sequenceOf(id: Uint8Array): number | undefined {
    return this.#number(this.#placeOf(id));
  }

  get(id: Uint8Array): Credential | undefined {
    const sequence = this.sequenceOf(id);
    if (sequence === undefined) return undefined;
    const credential = this.entries.at(sequence);
    if (Buffer.compare(credential.id, id) !== 0) throw damaged(this.#records.database.path);
    return credential;
  }

  ofSite(rpIdHash: Uint8Array): Credential[] {
    return this.#keys(this.#space.site(this.#siteTag(rpIdHash))).map((key) => {
      const credential = this.entries.at(readSequence(key));
      const isListedRightly = credential.discoverable && Buffer.compare(credential.rpIdHash, rpIdHash) === 0;
      if (!isListedRightly) throw damaged(this.#records.database.path);
      return credential;
    });
  }

  /** Skips from site to site, so that the cost is in sites and not in credentials. */
  newestOfEachSite(): Credential[] {
    const { database } = this.#records;
    const start = this.#space.sites;
    const found: Credential[] = [];
    for (let end = endOf(start); ;) {
      const [key] = database.keys({ start, end, newestFirst: true, limit: 1 });
      if (key === undefined) return found;
      found.push(this.entries.at(readSequence(key)));
      end = key.subarray(0, start.length + tagLength);
    }
  }

  countDiscoverable(): number {
    return this.#tally().discoverable;
  }

  count(): number {
    return this.#total(this.#tally());
  }

  /** The newest credentials that are older than `before`, and where to go on. */
  page(before = Infinity): {
    readonly credentials: readonly Credential[];
    readonly next: number | undefined;
  } {
    const start = this.#space.credentials;
    const end = before === Infinity ? endOf(start) : this.#space.cold(before);
    const keys = this.#records.database.keys({ start, end, newestFirst: true, limit: chunk });
    const sequences = keys.map(readSequence);
    return { credentials: sequences.map((sequence) => this.entries.peek(sequence)), next: sequences.at(-1) };
  }

  /** Whether the id is taken, or the account of a discoverable credential. */
  isTaken(credential: Credential): boolean {
    return this.sequenceOf(credential.id) !== undefined || this.#rival(credential) !== undefined;
  }

  /** As the newest one; the one with its id and the discoverable one of its account go. */
  add(credential: Credential): void {
    this.remove(credential.id);
    this.#removeRival(credential);
    const { nextSequence } = this.#tally();
    this.#count({ nextSequence: 1, credentials: 1, discoverable: credential.discoverable ? 1 : 0 });
    this.#place(nextSequence, credential);
  }

  /** False if there is none with its id. */
  replace(credential: Credential): boolean {
    const old = this.get(credential.id);
    const sequence = this.sequenceOf(credential.id);
    if (old === undefined || sequence === undefined) return false;
    if (isListedAlike(old, credential)) {
      this.entries.write(sequence, credential);
      return true;
    }
    this.#count({ discoverable: Number(credential.discoverable) - Number(old.discoverable) });
    this.#unlist(sequence, old);
    this.#removeRival(credential);
    this.#place(sequence, credential);
    return true;
  }

  remove(id: Uint8Array): boolean {
    const credential = this.get(id);
    const sequence = this.sequenceOf(id);
    if (credential === undefined || sequence === undefined) return false;
    this.#count({ credentials: -1, discoverable: credential.discoverable ? -1 : 0 });
    this.#unlist(sequence, credential);
    this.#records.database.delete(this.#placeOf(id));
    this.entries.delete(sequence);
    return true;
  }

  clear(): void {
    this.entries.release();
    const { database } = this.#records;
    for (const start of this.#space.credentialParts) {
      for (const key of database.keys({ start, end: endOf(start) })) database.delete(key);
    }
    this.#records.write(this.#space.tally, tally, { ...this.#tally(), discoverable: 0, credentials: 0 });
  }

  /** Notes a use without writing, if its counter was reserved; false if it has to be written. */
  useReserved(id: Uint8Array, use: CredentialUse): boolean {
    const sequence = this.sequenceOf(id);
    return sequence !== undefined && this.entries.useReserved(sequence, use);
  }

  /** Writes a use; undefined if there is no such credential. */
  use(id: Uint8Array, use: CredentialUse): WrittenUse | undefined {
    const sequence = this.sequenceOf(id);
    return sequence === undefined ? undefined : this.entries.use(sequence, use);
  }

  #placeOf(id: Uint8Array): Uint8Array {
    const key = byteKey(id);
    const known = this.#places.get(key);
    if (known) return known;
    if (this.#places.size >= knownPlaces) this.#places.clear();
    const place = this.#space.byId(this.#records.sealer.tag('id', id));
    this.#places.set(key, place);
    return place;
  }

  #place(sequence: number, credential: Credential): void {
    const { database } = this.#records;
    database.put(this.#placeOf(credential.id), sequenceBytes(sequence));
    this.entries.write(sequence, credential);
    if (!credential.discoverable) return;
    database.put(this.#accountKey(credential), sequenceBytes(sequence));
    database.put(this.#space.inSite(this.#siteTag(credential.rpIdHash), sequence), Uint8Array.of(1));
  }

  #unlist(sequence: number, credential: Credential): void {
    if (!credential.discoverable) return;
    const { database } = this.#records;
    database.delete(this.#accountKey(credential));
    database.delete(this.#space.inSite(this.#siteTag(credential.rpIdHash), sequence));
  }

  /** The discoverable credential that has its account. */
  #removeRival(credential: Credential): void {
    const rival = this.#rival(credential);
    if (rival !== undefined) this.remove(rival.id);
  }

  #rival(credential: Credential): Credential | undefined {
    if (!credential.discoverable) return undefined;
    const sequence = this.#number(this.#accountKey(credential));
    return sequence === undefined ? undefined : this.entries.at(sequence);
  }

  #tally(): Tally {
    return this.#records.require(this.#space.tally, tally);
  }

  /** Before what is counted is changed: a total that nobody kept is counted here, place by place. */
  #count({ credentials = 0, discoverable = 0, nextSequence = 0 }: Partial<Tally>): void {
    const counts = this.#tally();
    this.#records.write(this.#space.tally, tally, {
      nextSequence: counts.nextSequence + nextSequence,
      discoverable: counts.discoverable + discoverable,
      credentials: this.#total(counts) + credentials,
    });
  }

  #total({ credentials }: Tally): number {
    const start = this.#space.credentials;
    return credentials ?? this.#records.database.count({ start, end: endOf(start) });
  }

  #keys(start: Uint8Array): Uint8Array[] {
    return this.#records.database.keys({ start, end: endOf(start), newestFirst: true });
  }

  #number(key: Uint8Array): number | undefined {
    return this.#records.database.getNumber(key);
  }

  #siteTag(rpIdHash: Uint8Array): Uint8Array {
    return this.#records.sealer.tag('site', rpIdHash);
  }

  #accountKey(credential: Credential): Uint8Array {
    const { rpIdHash, user, id } = credential;
    const { sealer } = this.#records;
    return this.#space.byAccount(
      user === undefined ? sealer.tag('no account', rpIdHash, id) : sealer.tag('account', rpIdHash, user.id),
    );
  }
}

/** Whether both belong at the same places of the indexes. */
function isListedAlike(a: Credential, b: Credential): boolean {
  return (
    a.discoverable === b.discoverable &&
    Buffer.compare(a.rpIdHash, b.rpIdHash) === 0 &&
    Buffer.compare(a.user?.id ?? a.id, b.user?.id ?? b.id) === 0 &&
    (a.user === undefined) === (b.user === undefined)
  );
}
