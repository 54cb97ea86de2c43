import type { HostHappening } from '../../control/handle.ts';
import type { Keystore } from '../../ports/keystore.ts';

/** How many credentials a key has, for those who ask often: ten thousand of them take a while to count. */
export interface CredentialCount {
  read(): number;
  /** To be told whatever happens to the key. */
  notice(happening: HostHappening): void;
}

/** `keystore` is the key's own handle: it tells of what was written through all others. */
export function createCredentialCount(keystore: Keystore): CredentialCount {
  let known: { readonly generation: number; readonly count: number } | undefined;
  return {
    read() {
      const { generation } = keystore;
      if (known?.generation !== generation) known = { generation, count: keystore.count() };
      return known.count;
    },
    notice({ type }) {
      if (type === 'credential-created' || type === 'credential-deleted') known = undefined;
    },
  };
}
