import { slowAlgorithms, withKeyPool, type KeyPool } from '../crypto/key-pool.ts';
import { createNodeCrypto } from '../crypto/node/provider.ts';
import { createRsaChild } from '../crypto/node/rsa-child.ts';
import { factoryState } from '../authenticator/factory-state.ts';
import type { LeaseInfo } from '../keystore/lease.ts';
import { createMemoryKeystore } from '../keystore/memory.ts';
import type { Keystore } from '../ports/keystore.ts';
import type { ControlledKey, KeyHost } from '../control/handle.ts';
import type {
  KeyUi,
  ProfileName,
  RunningControl,
  RunningKey,
  RunningRig,
  StartOptions,
} from './api-start.ts';
import { createTerminalUser, habitOf } from './consent.ts';
import { controlPaths, serveControl } from './control-socket.ts';
import { createKeyHost } from './key-host.ts';
import { createKeyLog, type KeyLog } from './key-log.ts';
import { identityOf, profileOf } from './key-settings.ts';
import { Cleanup } from './cleanup.ts';
import { rememberProfile, type NamedProfile } from './named-profile.ts';
import { requirePossible } from './require-possible.ts';
import { openStore } from './store.ts';
import { systemRandom } from './system.ts';

/** What a key that is being started has gathered so far. */
interface Storage {
  readonly keystore: Keystore;
  /** Another handle of the same key, for those who look after it while it runs. */
  readonly admin: Keystore;
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
  const host = createKeyHost({ crypto: pool });
  cleanup.add(() => host.close());
  const key = await host.add({
    id: options.key,
    name: options.key,
    named,
    keystore: storage.keystore,
    admin: storage.admin,
    identity: identityOf(options),
    transports: options.transports,
    ...(options.allowRemote && { allowRemote: true }),
    consent: habitOf(options),
    ...(options.consent === 'ask' && {
      alsoAsk: createTerminalUser(ui, { keystore: storage.keystore, crypto }),
    }),
    ...(storage.path !== undefined && { place: storage.path }),
    instruments: options.control !== undefined,
    onEvent: (event) => {
      log.event(event);
      ui.event(event);
    },
  });
  const control = await openControl(host, options, log, cleanup);
  const notes = [...(control?.notes ?? []), ...(await listenForOthers(key, storage, cleanup))];
  const rigs = await openRigs(host, options, ui, cleanup);
  return present(key, storage, pool, cleanup, {
    notes,
    rigs,
    profile: nameOf(named),
    ...(control && { control: control.shown }),
  });
}

/** The control server, if it is wanted; it is loaded only then. */
async function openControl(
  host: KeyHost,
  { allowRemote = false, control }: StartOptions,
  log: KeyLog,
  cleanup: Cleanup,
): Promise<{ readonly shown: RunningControl; readonly notes: readonly string[] } | undefined> {
  if (!control) return undefined;
  const { startControlServer } = await import('./control-server.ts');
  const onDefect = (error: unknown) => log.event({ type: 'defect', error });
  const transports = transportsOfMore(host.list().flatMap((key) => key.describe().addresses));
  const server = await startControlServer(host, { ...control, allowRemote, onDefect, transports });
  cleanup.add(() => server.close());
  const { notes, token, tokenFile, url } = server;
  return { shown: { url, token, ...(tokenFile !== undefined && { tokenFile }) }, notes };
}

/** The rigs that are wanted; they are loaded only then. */
async function openRigs(
  host: KeyHost,
  { rigs = [] }: StartOptions,
  ui: KeyUi,
  cleanup: Cleanup,
): Promise<readonly RunningRig[]> {
  if (rigs.length === 0) return [];
  const { startRig } = await import('./rigs.ts');
  const running: RunningRig[] = [];
  for (const options of rigs) {
    const rig = await startRig(host, options, (results) => ui.rigResults?.(results));
    cleanup.add(() => rig.close());
    running.push({ kind: rig.kind, url: rig.url });
  }
  return running;
}

/** How a second key is reached where the first one is at these addresses: by the same ways, at ports that are free. */
function transportsOfMore(addresses: readonly string[]): readonly string[] {
  const shared = addresses.filter((address) => /^(?:uhid|usbip:)/.test(address));
  return shared.length > 0 ? shared.map((address) => address.replace(/\/.*$/, '')) : ['tcp:127.0.0.1:0'];
}

function nameOf({ name, changed }: NamedProfile): ProfileName {
  return { name, changed };
}

async function openStorage(options: StartOptions, named: NamedProfile, cleanup: Cleanup): Promise<Storage> {
  const factory = factoryState(named.profile, systemRandom);
  if (options.memory) {
    const keystore = createMemoryKeystore({ random: systemRandom, factory });
    return { keystore, admin: keystore.openHandle(), announce: async () => Promise.resolve() };
  }
  const store = await openStore(options, { create: true });
  cleanup.add(() => store.close());
  const keystore = await store.open(options.key, { factory });
  cleanup.add(() => keystore.close());
  const admin = await store.open(options.key);
  cleanup.add(() => admin.close());
  const lease = await store.acquireLease(options.key);
  cleanup.add(() => lease.release());
  return {
    keystore,
    admin,
    path: store.path,
    announce: async (info) => {
      await rememberProfile(store, options.key, named);
      await lease.update(info);
    },
  };
}

/** Lets `fauxkey power-cycle` and `fauxkey info` find this process. The key also runs where nobody can listen. */
async function listenForOthers(
  key: ControlledKey,
  storage: Storage,
  cleanup: Cleanup,
): Promise<readonly string[]> {
  if (storage.path === undefined) return [];
  const paths = controlPaths(storage.path, key.id);
  const server = await serveControl(paths, () => key.powerCycle()).catch(() => undefined);
  cleanup.add(() => server?.close());
  await storage.announce({ addresses: key.describe().addresses, ...(server && { control: server.path }) });
  return server ? [] : ['`fauxkey power-cycle` cannot reach this key: there is no place for its socket.'];
}

function present(
  key: ControlledKey,
  storage: Storage,
  pool: KeyPool,
  cleanup: Cleanup,
  facts: Pick<RunningKey, 'control' | 'notes' | 'profile' | 'rigs'>,
): RunningKey {
  pool.warm();
  let resolveClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (resolveClosed = resolve));
  const { addresses, credentialCount, name, notes, pinSet } = key.describe();
  return {
    name,
    ...(storage.path !== undefined && { keystore: storage.path }),
    addresses,
    credentialCount,
    pinSet,
    profile: facts.profile,
    ...(facts.control && { control: facts.control }),
    ...(facts.rigs && { rigs: facts.rigs }),
    notes: [...notes, ...facts.notes],
    powerCycle: () => key.powerCycle(),
    close: async () => {
      await cleanup.run();
      resolveClosed();
    },
    closed,
  };
}
