import type { ReadableKey } from './api-admin.ts';
import type { KeySelection } from './api-start.ts';
import { openStore } from './store.ts';

/** Opens one key of a store to list what is in it. Throws KeystoreError, or UsageError `no-such-key`. */
export async function readKey(selection: KeySelection): Promise<ReadableKey> {
  const store = await openStore(selection, { create: false });
  try {
    const keystore = await store.open(selection.key, { create: false });
    return {
      key: selection.key,
      credentials: () => [...keystore.all()],
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
