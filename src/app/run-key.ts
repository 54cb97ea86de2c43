import { slowAlgorithms, withKeyPool, type KeyPool } from '../crypto/key-pool.ts';
import { createNodeCrypto } from '../crypto/node/provider.ts';
import { createRsaChild } from '../crypto/node/rsa-child.ts';
import { factoryState } from '../authenticator/factory-state.ts';
import type { LeaseInfo } from '../keystore/lease.ts';
import { createMemoryKeystore } from '../keystore/memory.ts';
import type { Keystore } from '../ports/keystore.ts';
import type { KeyUi, ProfileName, RunningKey, StartOptions } from './api.ts';
import { createConsent } from './consent.ts';
import { controlPaths, serveControl } from './control-socket.ts';
import { assembleKey, type Key } from './create-key.ts';
import { createKeyLog } from './key-log.ts';
import { identityOf, profileOf } from './key-settings.ts';
import { Cleanup } from './cleanup.ts';
import { rememberProfile, type NamedProfile } from './named-profile.ts';
import { requirePossible } from './require-possible.ts';
import { openStore } from './store.ts';
import { systemRandom } from './system.ts';

/** What a key that is being started has gathered so far. */
interface Storage {
  readonly keystore: Keystore;
  readonly path?: string;
  /** Tells other processes what and where the key is, once it is there. */
  announce(info: LeaseInfo): Promise<void>;
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
  const named = profileOf(options);
  const { profile } = named;
  requirePossible(profile, crypto);
  const storage = await openStorage(options, named, cleanup);
  const pool = withKeyPool(crypto, slowAlgorithms(profile.algorithms), {
    generate: createRsaChild(crypto, process.execPath),
  });
  cleanup.add(() => pool.stop());
  const log = createKeyLog(options, (sentence) => ui.screen.line(sentence));
  cleanup.add(() => log.close());
  const key = assembleKey(profile, {
    name: options.key,
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
  notes.push(...(await listenForOthers(key, storage, addresses, cleanup)));
  return present(key, storage, pool, cleanup, { addresses, notes, profile: nameOf(named) });
}

function nameOf({ name, changed }: NamedProfile): ProfileName {
  return { name, changed };
}

async function openStorage(options: StartOptions, named: NamedProfile, cleanup: Cleanup): Promise<Storage> {
  const factory = factoryState(named.profile, systemRandom);
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
    announce: async (info) => {
      await rememberProfile(store, options.key, named);
      await lease.update(info);
    },
  };
}

async function attachAll(
  key: Key,
  specs: readonly string[],
): Promise<{ addresses: readonly string[]; notes: string[] }> {
  const addresses: string[] = [];
  const notes: string[] = [];
  for (const spec of specs) {
    const { address, notice, warning } = await key.attach(spec);
    addresses.push(address);
    notes.push(...[notice, warning].filter((note) => note !== undefined));
  }
  return { addresses, notes };
}

/** Lets `fauxkey power-cycle` and `fauxkey info` find this process. The key also runs where nobody can listen. */
async function listenForOthers(
  key: Key,
  storage: Storage,
  addresses: readonly string[],
  cleanup: Cleanup,
): Promise<readonly string[]> {
  if (storage.path === undefined) return [];
  const paths = controlPaths(storage.path, key.name);
  const server = await serveControl(paths, () => key.powerCycle()).catch(() => undefined);
  cleanup.add(() => server?.close());
  await storage.announce({ addresses, ...(server && { control: server.path }) });
  return server ? [] : ['`fauxkey power-cycle` cannot reach this key: there is no place for its socket.'];
}

function present(
  key: Key,
  storage: Storage,
  pool: KeyPool,
  cleanup: Cleanup,
  facts: Pick<RunningKey, 'addresses' | 'notes' | 'profile'>,
): RunningKey {
  pool.warm();
  let resolveClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (resolveClosed = resolve));
  return {
    name: key.name,
    ...(storage.path !== undefined && { keystore: storage.path }),
    ...facts,
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
