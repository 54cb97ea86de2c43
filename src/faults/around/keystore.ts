import { KeystoreError, type Keystore } from '../../ports/keystore.ts';
import type { StorageAccess } from '../effect.ts';
import type { FaultSession } from './session.ts';

/** A store that fails. What fails does nothing: no rule leaves half a change behind. */
export function wrapKeystore(session: FaultSession, inner: Keystore): Keystore {
  const access = (kind: StorageAccess): void => {
    const request = session.current;
    if (!request) return;
    for (const { rule, effect } of session.matching('storage', request)) {
      if (!effect.fails(kind, rule.parameters)) continue;
      session.commit(rule, request);
      throw new KeystoreError(effect.problem, `${rule.definition.description.name} was asked for`);
    }
  };
  const read = <T>(run: () => T): T => {
    access('read');
    return run();
  };
  const write = async <T>(run: () => Promise<T>): Promise<T> => {
    access('write');
    return run();
  };
  return {
    get generation() {
      return inner.generation;
    },
    state: () => read(() => inner.state()),
    attestation: () => read(() => inner.attestation()),
    find: (rpIdHash, id) => read(() => inner.find(rpIdHash, id)),
    findById: (id) => read(() => inner.findById(id)),
    discoverable: (rpIdHash) => read(() => inner.discoverable(rpIdHash)),
    discoverableRps: () => read(() => inner.discoverableRps()),
    countDiscoverable: () => read(() => inner.countDiscoverable()),
    count: () => read(() => inner.count()),
    all: () => read(() => inner.all()),
    updateState: (change) => write(() => inner.updateState(change)),
    setAttestation: (material) => write(() => inner.setAttestation(material)),
    add: (credential, state) => write(() => inner.add(credential, state)),
    addAll: (credentials, onConflict, state) => write(() => inner.addAll(credentials, onConflict, state)),
    update: (credential, state) => write(() => inner.update(credential, state)),
    change: (id, make, state) => write(() => inner.change(id, make, state)),
    use: (id, use, state) => write(() => inner.use(id, use, state)),
    remove: (ids, state) => write(() => inner.remove(ids, state)),
    reset: (factory) => write(() => inner.reset(factory)),
    replaceAll: (contents) => write(() => inner.replaceAll(contents)),
    close: () => inner.close(),
  };
}
