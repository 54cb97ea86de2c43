import { createAttester } from '../attestation/attester.ts';
import { createAuthenticator } from '../authenticator/authenticator.ts';
import { factoryState } from '../authenticator/factory-state.ts';
import type { Profile } from '../authenticator/profile.ts';
import { createAutomaticConsent } from '../consent/automatic.ts';
import { createNodeCrypto } from '../crypto/node/provider.ts';
import { createCtapHidEngine } from '../ctaphid/engine.ts';
import { createMemoryKeystore } from '../keystore/memory.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConsentAnswer, ConsentQuestion, ConsentSource } from '../ports/consent.ts';
import type { CryptoProvider } from '../ports/crypto.ts';
import type { EventSink } from '../ports/events.ts';
import type { HidPipe } from '../ports/hid-pipe.ts';
import type { HidEndpoint, UsbIdentity } from '../ports/hid.ts';
import type { Keystore } from '../ports/keystore.ts';
import type { PortWrappers } from '../ports/port-wrappers.ts';
import type { Random } from '../ports/random.ts';
import type { OpenTransport, Transport } from '../ports/transport.ts';
import { createTransport } from '../transports/create.ts';
import { connectLoopback } from '../transports/loopback.ts';
import { parseTransportSpec } from '../transports/spec.ts';
import { resolveProfile, type ProfileSettings } from './profile-settings.ts';
import { requirePossible } from './require-possible.ts';
import { systemClock, systemRandom } from './system.ts';
import { usbipHub } from './usbip-hub.ts';
import { wrapPorts } from './wrap-ports.ts';

/** A user as a function: what happens when the key asks. */
export type ConsentFunction = (
  question: ConsentQuestion,
  signal: AbortSignal,
) => ConsentAnswer | Promise<ConsentAnswer>;

/** Every member may be left out: the key is then complete, lives in memory and has a user who allows everything. */
export interface CreateKeyOptions {
  /** The name by which the user knows the key; `default` unless given. */
  readonly name?: string;
  /** The name of a preset, or what differs from the complete key. */
  readonly profile?: string | ProfileSettings;
  /** Where credentials live; in memory unless given. See `openKeystoreDirectory` for one on disk. */
  readonly keystore?: Keystore;
  readonly consent?: ConsentSource | ConsentFunction;
  /** What hosts see on the bus; the parts that are left out are Fauxkey's. */
  readonly identity?: Partial<UsbIdentity>;
  /** Everything that happens in the key, for logs and tests. */
  readonly onEvent?: EventSink;
  readonly crypto?: CryptoProvider;
  readonly clock?: Clock;
  readonly random?: Random;
  /** What is put around the ports of the key, e.g. faults and a trace: the first innermost. */
  readonly wrap?: PortWrappers | readonly PortWrappers[];
}

export interface AttachOptions {
  /** Lets `usbip` listen on an address that other machines reach. */
  readonly allowRemote?: boolean;
}

/** A security key. It speaks only after a host connects, by `connect` or over a transport. */
export interface Key {
  readonly name: string;
  readonly profile: Profile;
  readonly keystore: Keystore;
  readonly endpoint: HidEndpoint;
  /** Connects a host in this process: 64-byte CTAPHID reports both ways. */
  connect(): HidPipe;
  /**
   * Attaches the key to a transport, e.g. `udp:127.0.0.1:8111` or `uhid`. Keys of this process that are attached to the
   * same `usbip:HOST:PORT` share the port. Throws TransportError or UsageError.
   */
  attach(transport: string | Transport, options?: AttachOptions): Promise<OpenTransport>;
  /** Like pulling the key out and putting it back: volatile state goes, hosts see it leave and return. */
  powerCycle(): Promise<void>;
  /** Detaches all transports. The keystore stays open: it belongs to the caller. */
  close(): Promise<void>;
}

/** What hosts see unless the caller says otherwise: a number pair for prototypes, so that no real product is claimed. */
export const defaultIdentity: UsbIdentity = {
  vendorId: 0xf1d0,
  productId: 0xfa0c,
  manufacturer: 'Fauxkey',
  product: 'Fauxkey',
  serial: '0001',
  version: [0, 1, 0],
};

/** Builds a key. Throws UsageError for a profile that no key can have, naming the rule of the standard. */
export function createKey({ profile, ...options }: CreateKeyOptions = {}): Key {
  return assembleKey(resolveProfile(profile), options);
}

/** A key with exactly this profile; throws as `createKey` does. */
export function assembleKey(profile: Profile, options: Omit<CreateKeyOptions, 'profile'>): Key {
  const {
    clock = systemClock,
    crypto = createNodeCrypto(),
    name = 'default',
    random = systemRandom,
  } = options;
  requirePossible(profile, crypto);
  const emit = options.onEvent ?? (() => undefined);
  const keystore =
    options.keystore ?? createMemoryKeystore({ random, factory: factoryState(profile, random) });
  const wrap = wrapPorts(options.wrap, { name, aaguid: profile.aaguid, keystore, crypto });
  const seenKeystore = wrap('keystore', keystore);
  const attester = createAttester({ store: seenKeystore, crypto, clock, random, aaguid: profile.aaguid });
  const authenticator = createAuthenticator({
    name,
    profile,
    keystore: seenKeystore,
    crypto: wrap('crypto', crypto),
    clock,
    random,
    consent: consentOf(options.consent, clock),
    attester: wrap('attester', attester),
    emit,
  });
  const engine = createCtapHidEngine({
    identity: { ...defaultIdentity, ...options.identity },
    handler: wrap('handler', authenticator),
    clock,
    random,
    onPowerCycle: () => authenticator.powerCycle(),
    onDefect: (error) => emit({ type: 'defect', error }),
  });
  const endpoint = wrap('endpoint', engine);
  return { name, profile, keystore, endpoint, ...transportsOf(endpoint, emit) };
}

function consentOf(consent: CreateKeyOptions['consent'], clock: Clock): ConsentSource {
  if (consent === undefined) return createAutomaticConsent(clock);
  return typeof consent === 'function'
    ? { ask: async (question, signal) => consent(question, signal) }
    : consent;
}

/** The part of a key that looks after its transports. */
function transportsOf(
  endpoint: HidEndpoint,
  emit: EventSink,
): Pick<Key, 'connect' | 'attach' | 'powerCycle' | 'close'> {
  const attached: OpenTransport[] = [];
  const powerCycle = async (): Promise<void> => {
    endpoint.powerCycle();
    await Promise.all(attached.map((transport) => transport.replug()));
  };
  /** A power cycle that one transport asks for is one for the hosts of all of them. */
  const shared: HidEndpoint = {
    identity: endpoint.identity,
    connect: (host) => endpoint.connect(host),
    powerCycle: () => void powerCycle().catch((error: unknown) => emit({ type: 'defect', error })),
  };
  return {
    connect: () => connectLoopback(endpoint),
    async attach(transport, { allowRemote = false } = {}) {
      const chosen =
        typeof transport === 'string'
          ? createTransport(parseTransportSpec(transport), undefined, { hub: usbipHub, allowRemote })
          : transport;
      const open = await chosen.open(shared, (message) =>
        emit({ type: 'transport', transport: chosen.spec, message }),
      );
      attached.push(open);
      return open;
    },
    powerCycle,
    async close() {
      await Promise.all(attached.splice(0).map((transport) => transport.close()));
    },
  };
}
