import { keystoreLocation } from '../keystore/location.ts';
import { openKeystoreDirectory, type KeystoreDirectory } from '../keystore/lmdb.ts';
import type { KeySelection } from './api-start.ts';
import { systemClock, systemRandom } from './system.ts';

/** Opens the store that the options name, or the default one. Throws KeystoreError, or UsageError unless `create`. */
export function openStore(
  { keystore, passphrase }: Pick<KeySelection, 'keystore' | 'passphrase'>,
  { create }: { readonly create: boolean },
): Promise<KeystoreDirectory> {
  return openKeystoreDirectory({
    directory: keystoreLocation(keystore),
    random: systemRandom,
    clock: systemClock,
    create,
    ...(passphrase !== undefined && { passphrase }),
  });
}
