import { slowAlgorithms, withKeyPool, type KeyPool } from '../crypto/key-pool.ts';
import { createNodeCrypto } from '../crypto/node/provider.ts';
import { createRsaChild } from '../crypto/node/rsa-child.ts';
import { factoryState } from '../authenticator/factory-state.ts';
import type { Profile } from '../authenticator/profile.ts';
import { createMemoryKeystore } from '../keystore/memory.ts';
import type { Keystore } from '../ports/keystore.ts';
import type { KeyUi, RunningKey, StartOptions } from './api.ts';
import { createConsent } from './consent.ts';
import { controlPath, serveControl } from './control-socket.ts';
import { createKey, type Key } from './create-key.ts';
import { createKeyLog } from './key-log.ts';
import { identityOf, profileOf } from './key-settings.ts';
import { Cleanup } from './cleanup.ts';
import { requirePossible } from './require-possible.ts';
import { openStore } from './store.ts';
import { systemRandom } from './system.ts';

/** What a key that is being started has gathered so far. */
interface Storage {
  readonly keystore: Keystore;
  readonly path?: string;
  /** Tells other processes where the key is, once that is known. */
  announce(control: string, addresses: readonly string[]): Promise<void>;
}

/**
 * Starts a key from command-line options and keeps it running until `close`. Throws KeystoreError (`locked` when another
 * process runs the key), TransportError or UsageError; everything that was opened by then is closed again.
 */
export async function runKey(options: StartOptions, ui: KeyUi): Promise<RunningKey> {
  const cleanup = new Cleanup();
  try {
    return await start(options, ui, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function start(options: StartOptions, ui: KeyUi, cleanup: Cleanup): Promise<RunningKey> {
  const crypto = createNodeCrypto();
  const profile = profileOf(options);
  requirePossible(profile, crypto);
  const storage = await openStorage(options, profile, cleanup);
  const pool = withKeyPool(crypto, slowAlgorithms(profile.algorithms), {
    generate: createRsaChild(crypto, process.execPath),
  });
  cleanup.add(() => pool.stop());
  const log = createKeyLog(options);
  cleanup.add(() => log.close());
  const key = createKey({
    name: options.key,
    profile,
    keystore: storage.keystore,
    identity: identityOf(options),
    crypto: pool,
    consent: createConsent(options, ui, { keystore: storage.keystore, crypto }),
    onEvent: (event) => {
      log.event(event);
      ui.event(event);
    },
  });
  cleanup.add(() => key.close());
  const { addresses, notes } = await attachAll(key, options.transports);
  await listenForOthers(key, storage, addresses, cleanup);
  return present(key, storage, pool, cleanup, { addresses, notes });
}

async function openStorage(options: StartOptions, profile: Profile, cleanup: Cleanup): Promise<Storage> {
  const factory = factoryState(profile, systemRandom);
  if (options.memory) {
    const keystore = createMemoryKeystore({ random: systemRandom, factory });
    return { keystore, announce: async () => Promise.resolve() };
  }
  const store = await openStore(options, { create: true });
  cleanup.add(() => store.close());
  const keystore = await store.open(options.key, { factory });
  cleanup.add(() => keystore.close());
  const lease = await store.acquireLease(options.key);
  cleanup.add(() => lease.release());
  return {
    keystore,
    path: store.path,
    announce: (control, addresses) => lease.update({ control, addresses }),
  };
}

async function attachAll(
  key: Key,
  specs: readonly string[],
): Promise<{ addresses: readonly string[]; notes: readonly string[] }> {
  const addresses: string[] = [];
  const notes: string[] = [];
  for (const spec of specs) {
    const { address, notice, warning } = await key.attach(spec);
    addresses.push(address);
    notes.push(...[notice, warning].filter((note) => note !== undefined));
  }
  return { addresses, notes };
}

/** Lets `fauxkey power-cycle` and `fauxkey info` find this process. */
async function listenForOthers(
  key: Key,
  storage: Storage,
  addresses: readonly string[],
  cleanup: Cleanup,
): Promise<void> {
  if (storage.path === undefined) return;
  const control = controlPath(storage.path, key.name);
  const server = await serveControl(control, () => key.powerCycle());
  cleanup.add(() => void server.close());
  await storage.announce(control, addresses);
}

function present(
  key: Key,
  storage: Storage,
  pool: KeyPool,
  cleanup: Cleanup,
  where: Pick<RunningKey, 'addresses' | 'notes'>,
): RunningKey {
  pool.warm();
  let resolveClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (resolveClosed = resolve));
  return {
    name: key.name,
    ...(storage.path !== undefined && { keystore: storage.path }),
    ...where,
    credentialCount: [...key.keystore.all()].length,
    pinSet: key.keystore.state().pin !== undefined,
    powerCycle: () => key.powerCycle(),
    close: async () => {
      await cleanup.run();
      resolveClosed();
    },
    closed,
  };
}
