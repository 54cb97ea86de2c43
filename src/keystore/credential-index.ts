import type { Credential } from '../ports/credential.ts';
import type { CredentialUse } from '../ports/keystore.ts';
import { byteKey } from './bytes.ts';

interface Entry {
  /** Order of creation. */
  readonly sequence: number;
  credential: Credential;
}

interface Site {
  readonly byUser: Map<string, Entry>;
  newest: Entry;
}

/** Credentials in memory, found by id and by RP without a scan. */
export class CredentialIndex {
  readonly #byId = new Map<string, Entry>();
  readonly #sites = new Map<string, Site>();
  #lastSequence = 0;
  #discoverable = 0;

  get count(): number {
    return this.#byId.size;
  }

  get countDiscoverable(): number {
    return this.#discoverable;
  }

  get(id: Uint8Array): Credential | undefined {
    return this.#byId.get(byteKey(id))?.credential;
  }

  /** The discoverable credential of the same RP and account. */
  sameAccount(credential: Credential): Credential | undefined {
    return this.#entryOfAccount(credential)?.credential;
  }

  /** Adds a credential as the newest one; the one with its id and the discoverable one of its account go. */
  add(credential: Credential): void {
    this.remove(credential.id);
    this.#place({ sequence: ++this.#lastSequence, credential });
  }

  /** Replaces the credential with the same id; false if there is none. */
  replace(credential: Credential): boolean {
    const old = this.#byId.get(byteKey(credential.id));
    if (old === undefined) return false;
    if (isListedAlike(old.credential, credential)) {
      old.credential = credential;
      return true;
    }
    this.#leaveSite(old);
    this.#place({ sequence: old.sequence, credential });
    return true;
  }

  /** Notes a use; false if there is no such credential. */
  use(id: Uint8Array, use: CredentialUse): boolean {
    const entry = this.#byId.get(byteKey(id));
    if (entry === undefined) return false;
    entry.credential = { ...entry.credential, ...use };
    return true;
  }

  remove(id: Uint8Array): boolean {
    const key = byteKey(id);
    const entry = this.#byId.get(key);
    if (entry === undefined) return false;
    this.#byId.delete(key);
    this.#leaveSite(entry);
    return true;
  }

  clear(): void {
    this.#byId.clear();
    this.#sites.clear();
    this.#discoverable = 0;
  }

  /** Discoverable credentials of an RP, newest first. */
  ofSite(rpIdHash: Uint8Array): Credential[] {
    const entries = [...(this.#sites.get(byteKey(rpIdHash))?.byUser.values() ?? [])];
    return entries.sort((a, b) => b.sequence - a.sequence).map((entry) => entry.credential);
  }

  /** In the order of the RP ID hashes, so that a change elsewhere does not shuffle a listing. */
  newestOfEachSite(): Credential[] {
    const sites = [...this.#sites].sort(([a], [b]) => (a < b ? -1 : 1));
    return sites.map(([, site]) => site.newest.credential);
  }

  /** All credentials, newest first. */
  all(): Credential[] {
    return [...this.#byId.values()].map((entry) => entry.credential).reverse();
  }

  #entryOfAccount(credential: Credential): Entry | undefined {
    if (!credential.discoverable) return undefined;
    return this.#sites.get(byteKey(credential.rpIdHash))?.byUser.get(accountKey(credential));
  }

  #place(entry: Entry): void {
    const { credential } = entry;
    const rival = this.#entryOfAccount(credential);
    if (rival !== undefined) this.remove(rival.credential.id);
    this.#byId.set(byteKey(credential.id), entry);
    if (credential.discoverable) this.#joinSite(entry);
  }

  #joinSite(entry: Entry): void {
    const key = byteKey(entry.credential.rpIdHash);
    const site = this.#sites.get(key) ?? { byUser: new Map<string, Entry>(), newest: entry };
    site.byUser.set(accountKey(entry.credential), entry);
    if (entry.sequence > site.newest.sequence) site.newest = entry;
    this.#sites.set(key, site);
    this.#discoverable += 1;
  }

  #leaveSite(entry: Entry): void {
    const key = byteKey(entry.credential.rpIdHash);
    const site = this.#sites.get(key);
    if (!entry.credential.discoverable || site === undefined) return;
    site.byUser.delete(accountKey(entry.credential));
    this.#discoverable -= 1;
    if (site.newest === entry) settleNewest(site);
    if (site.byUser.size === 0) this.#sites.delete(key);
  }
}

/** Whether both belong at the same places of the index. Accounts that are one and the same object need no look. */
function isListedAlike(a: Credential, b: Credential): boolean {
  const sameSite = a.rpIdHash === b.rpIdHash || byteKey(a.rpIdHash) === byteKey(b.rpIdHash);
  const sameAccount = a.user === b.user || accountKey(a) === accountKey(b);
  return sameSite && sameAccount && a.discoverable === b.discoverable;
}

function settleNewest(site: Site): void {
  let newest: Entry | undefined;
  for (const entry of site.byUser.values()) {
    if (newest === undefined || entry.sequence > newest.sequence) newest = entry;
  }
  if (newest !== undefined) site.newest = newest;
}

function accountKey(credential: Credential): string {
  return credential.user === undefined
    ? `id ${byteKey(credential.id)}`
    : `user ${byteKey(credential.user.id)}`;
}
