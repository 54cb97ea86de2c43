import { defaultProfile } from '../authenticator/default-profile.ts';
import { factoryState } from '../authenticator/factory-state.ts';
import { versions, clientPin } from '../authenticator/features.ts';
import { toHex } from '../ctap/bytes.ts';
import { createNodeCrypto } from '../crypto/node/provider.ts';
import { exportKey, importCredentials, parseExportDocument } from '../keystore/exchange.ts';
import type { KeystoreDirectory } from '../keystore/lmdb.ts';
import { UsageError } from '../ports/errors.ts';
import type { Keystore } from '../ports/keystore.ts';
import type { KeyInfo, KeySelection, OpenKey } from './api.ts';
import { createPinAdmin } from './pin-admin.ts';
import { openStore } from './store.ts';
import { systemRandom } from './system.ts';

/** Opens one key of a store for administration, also while another process runs it. */
export async function openKey(
  selection: KeySelection,
  { create }: { readonly create: boolean },
): Promise<OpenKey> {
  const store = await openStore(selection, { create });
  try {
    const factory = factoryState(defaultProfile, systemRandom);
    return administer(store, selection.key, await store.open(selection.key, { create, factory }));
  } catch (error) {
    await store.close();
    throw error;
  }
}

function administer(store: KeystoreDirectory, name: string, keystore: Keystore): OpenKey {
  const crypto = createNodeCrypto();
  const renewed = (): { credStoreState: Uint8Array } => ({ credStoreState: systemRandom.bytes(16) });
  return {
    keystore: store.path,
    key: name,
    get keys() {
      return store.names();
    },
    pin: createPinAdmin({ keystore, crypto, random: systemRandom, profile: defaultProfile }),
    credentials: () => [...keystore.all()],
    remove: (ids) => keystore.remove(ids, renewed()),
    reset: () => keystore.reset(factoryState(defaultProfile, systemRandom, keystore.state().signCount)),
    info: () => describe(store, name, keystore),
    exportDocument: ({ withSecrets }) => exportKey(keystore, { name, withSecrets }),
    importDocument: async (text, options) =>
      importCredentials(keystore, parseExportDocument(parseJson(text)), {
        ...options,
        crypto,
        random: systemRandom,
      }),
    close: async () => {
      await keystore.close();
      await store.close();
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError('The document is not JSON.', { cause: error });
  }
}

function describe(store: KeystoreDirectory, name: string, keystore: Keystore): KeyInfo {
  const source = { profile: defaultProfile, keystore };
  const running = store.currentLease(name);
  return {
    aaguid: toHex(defaultProfile.aaguid),
    versions: versions(source),
    extensions: defaultProfile.extensions,
    algorithms: defaultProfile.algorithms,
    options: { rk: true, clientPin: clientPin(source) ?? false },
    signCount: keystore.state().signCount,
    ...(running && { running: { pid: running.pid, addresses: running.addresses ?? [] } }),
  };
}
