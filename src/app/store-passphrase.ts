import type { KeySelection } from './api-start.ts';
import { openStore } from './store.ts';

/** Seals a store with what `choose` gives, or with a key file for undefined. It is asked once the store is open. */
export async function setPassphrase(
  selection: Pick<KeySelection, 'keystore' | 'passphrase'>,
  choose: () => Promise<string | undefined>,
): Promise<{ readonly keystore: string }> {
  const store = await openStore(selection, { create: false });
  try {
    await store.setPassphrase(await choose());
    return { keystore: store.path };
  } finally {
    await store.close();
  }
}
