import { factoryState } from '../authenticator/factory-state.ts';
import { createNodeCrypto } from '../crypto/node/provider.ts';
import { exportKey, importCredentials, parseExportDocument } from '../keystore/exchange.ts';
import type { KeystoreDirectory } from '../keystore/lmdb.ts';
import { UsageError } from '../ports/errors.ts';
import type { Keystore } from '../ports/keystore.ts';
import type { OpenKey } from './api-admin.ts';
import type { KeySelection } from './api-start.ts';
import { describeAttestation, importAttestation } from './attestation-admin.ts';
import { changeCredential } from './change-credential.ts';
import { describeKey } from './key-info.ts';
import { nameProfile, recallProfile, type RememberedProfile } from './named-profile.ts';
import { createPinAdmin } from './pin-admin.ts';
import { openStore } from './store.ts';
import { systemRandom } from './system.ts';

/** Opens one key of a store for administration, also while another process runs it. It is judged as what it last ran as. */
export async function openKey(
  selection: KeySelection,
  { create }: { readonly create: boolean },
): Promise<OpenKey> {
  const store = await openStore(selection, { create });
  try {
    const name = selection.key;
    const named = recallProfile(store, name);
    const factory = factoryState(named.profile, systemRandom);
    return administer(store, name, named, await store.open(name, { create, factory }));
  } catch (error) {
    await store.close();
    throw error;
  }
}

function administer(
  store: KeystoreDirectory,
  name: string,
  named: RememberedProfile,
  keystore: Keystore,
): OpenKey {
  const crypto = createNodeCrypto();
  const { profile } = named;
  return {
    keystore: store.path,
    key: name,
    get keys() {
      return store.names();
    },
    pin: createPinAdmin({ keystore, crypto, random: systemRandom, profile }),
    credentials: () => [...keystore.all()],
    remove: (ids) => keystore.remove(ids, renewed()),
    change: (id, change) => changeCredential(keystore, id, change, renewed()),
    reset: () => keystore.reset(factoryState(profile, systemRandom, keystore.state().signCount)),
    info: () => describeKey(store.currentLease(name), named, keystore, crypto),
    attestation: (other) =>
      describeAttestation(keystore, crypto, profile, other === undefined ? named : nameProfile(other)),
    importAttestation: (pem) => importAttestation(keystore, crypto, profile, pem),
    setEnterpriseAttestation: async (enabled) => {
      requireEnterprise(named);
      await keystore.updateState({ enterpriseAttestation: enabled });
    },
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

/** The discoverable credentials changed: platforms that cached them have to read them again. */
function renewed(): { readonly credStoreState: Uint8Array } {
  return { credStoreState: systemRandom.bytes(16) };
}

function requireEnterprise({ name, profile }: RememberedProfile): void {
  if (profile.enterpriseAttestation) return;
  throw new UsageError(`A key of the profile ${name} is not capable of enterprise attestation.`, {
    hint: 'Start it once with --profile enterprise.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError('The document is not JSON.', { cause: error });
  }
}
