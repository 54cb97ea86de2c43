import type { CredentialNote, HostHappening } from '../../control/handle.ts';
import { sameBytes } from '../../ctap/bytes.ts';
import type { Credential } from '../../ports/credential.ts';
import type { KeyContents, Keystore } from '../../ports/keystore.ts';

export type CredentialHappening = Extract<HostHappening, { readonly credential: CredentialNote }>;

function noteOf({ id, rpId, signCount, user }: Credential): CredentialNote {
  return { id, signCount, ...(rpId !== undefined && { rpId }), ...(user && { user }) };
}

/** A keystore that tells what becomes of credentials, each time after it is durable. */
export function watchKeystore(
  keystore: Keystore,
  by: CredentialHappening['by'],
  tell: (event: CredentialHappening) => void,
): Keystore {
  const told = (type: CredentialHappening['type'], credentials: readonly Credential[]): void => {
    for (const credential of credentials) tell({ type, credential: noteOf(credential), by });
  };
  const rivals = (credential: Credential): readonly Credential[] => rivalsOf(keystore, credential);
  return {
    get generation() {
      return keystore.generation;
    },
    ...unwatched(keystore),
    async add(credential, state) {
      const gone = rivals(credential);
      await keystore.add(credential, state);
      told('credential-deleted', gone);
      told('credential-created', [credential]);
    },
    async addAll(credentials, onConflict, state) {
      const before = new Map(credentials.map((credential) => [credential, rivals(credential)]));
      const result = await keystore.addAll(credentials, onConflict, state);
      const isFree = (credential: Credential) => before.get(credential)?.length === 0;
      if (onConflict === 'fail' && result.conflicts.length > 0) return result;
      if (onConflict === 'replace') told('credential-deleted', [...before.values()].flat());
      told('credential-created', onConflict === 'skip' ? credentials.filter(isFree) : credentials);
      return result;
    },
    async update(credential, state) {
      const old = keystore.findById(credential.id);
      const exists = await keystore.update(credential, state);
      const isUse = by === 'host' && old?.lastUsedAt !== credential.lastUsedAt;
      if (exists) told(isUse ? 'credential-used' : 'credential-changed', [credential]);
      return exists;
    },
    async change(id, make, state) {
      const changed = await keystore.change(id, make, state);
      if (changed) told('credential-changed', [changed]);
      return changed;
    },
    async use(id, use, state) {
      const exists = await keystore.use(id, use, state);
      const used = exists ? keystore.findById(id) : undefined;
      if (used) told('credential-used', [used]);
      return exists;
    },
    async remove(ids, state) {
      const gone = ids.map((id) => keystore.findById(id)).filter((found) => found !== undefined);
      const count = await keystore.remove(ids, state);
      told('credential-deleted', gone);
      return count;
    },
    ...watchedWhole(keystore, told),
  };
}

/** What changes the key as a whole. */
function watchedWhole(
  keystore: Keystore,
  told: (type: CredentialHappening['type'], credentials: readonly Credential[]) => void,
): Pick<Keystore, 'reset' | 'replaceAll'> {
  const replaceAll = async (contents: KeyContents): Promise<void> => {
    const gone = [...keystore.all()];
    await keystore.replaceAll(contents);
    told('credential-deleted', gone);
    told('credential-created', contents.credentials);
  };
  return { replaceAll, reset: (factory) => replaceAll({ state: factory, credentials: [] }) };
}

/** What changes no credential. */
function unwatched(
  keystore: Keystore,
): Omit<
  Keystore,
  'generation' | 'add' | 'addAll' | 'update' | 'change' | 'use' | 'remove' | 'reset' | 'replaceAll'
> {
  return {
    state: () => keystore.state(),
    updateState: (change) => keystore.updateState(change),
    attestation: () => keystore.attestation(),
    setAttestation: (material) => keystore.setAttestation(material),
    find: (rpIdHash, id) => keystore.find(rpIdHash, id),
    findById: (id) => keystore.findById(id),
    discoverable: (rpIdHash) => keystore.discoverable(rpIdHash),
    discoverableRps: () => keystore.discoverableRps(),
    countDiscoverable: () => keystore.countDiscoverable(),
    count: () => keystore.count(),
    all: () => keystore.all(),
    close: () => keystore.close(),
  };
}

/** What has to make room for a credential: the same id, or the same account of the same RP. */
function rivalsOf(
  keystore: Keystore,
  { discoverable, id, rpIdHash, user }: Credential,
): readonly Credential[] {
  const sameId = keystore.findById(id);
  const sameAccount =
    discoverable && user
      ? keystore
          .discoverable(rpIdHash)
          .filter((other) => other.user && sameBytes(other.user.id, user.id) && !sameBytes(other.id, id))
      : [];
  return [...(sameId ? [sameId] : []), ...sameAccount];
}
