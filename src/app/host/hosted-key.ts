import { factoryState } from '../../authenticator/factory-state.ts';
import { RemoteConsent, type Habit } from '../../consent/remote.ts';
import type {
  ControlledKey,
  HostHappening,
  KeyDescription,
  OtherKeyEvent,
  UserPart,
} from '../../control/handle.ts';
import { toHex } from '../../ctap/bytes.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConsentSource } from '../../ports/consent.ts';
import type { CryptoProvider } from '../../ports/crypto.ts';
import type { EventSink, KeyEvent } from '../../ports/events.ts';
import type { UsbIdentity } from '../../ports/hid.ts';
import type { Keystore } from '../../ports/keystore.ts';
import type { PortWrappers } from '../../ports/port-wrappers.ts';
import type { Random } from '../../ports/random.ts';
import { describeAttestation } from '../attestation-admin.ts';
import { isPin } from '../consent.ts';
import { assembleKey } from '../create-key.ts';
import { describeKey } from '../key-info.ts';
import type { NamedProfile } from '../named-profile.ts';
import { createCredentialsPart, type PartContext } from './credentials-part.ts';
import { createFingerprintsPart } from './fingerprints-part.ts';
import { createInstruments, type Instruments } from './instruments.ts';
import { createPinPart } from './pin-part.ts';
import { Socket } from './socket.ts';
import { restoreSnapshot, takeSnapshot } from './snapshot.ts';
import { watchKeystore } from './watched-keystore.ts';

/** A key for a host, with everything decided. */
export interface HostedKeyOptions {
  readonly id: string;
  readonly name: string;
  readonly named: NamedProfile;
  /** What the key itself works on. */
  readonly keystore: Keystore;
  /** Another handle of the same store, so that the key notices what is changed from outside. */
  readonly admin: Keystore;
  readonly identity: UsbIdentity;
  readonly transports: readonly string[];
  /** Lets `usbip` listen on an address that other machines reach. */
  readonly allowRemote?: boolean;
  readonly consent: Habit;
  /** Is asked too when a question is left open, e.g. a terminal. */
  readonly alsoAsk?: ConsentSource;
  /** Directory of the store. */
  readonly place?: string;
  readonly onEvent?: EventSink;
  readonly wrap?: readonly PortWrappers[];
  /** False: no faults and no trace, and no commands among the events; nothing is decoded twice then. */
  readonly instruments?: boolean;
}

export interface HostedKeyPorts {
  readonly clock: Clock;
  readonly crypto: CryptoProvider;
  readonly random: Random;
  readonly tell: (happening: HostHappening) => void;
}

/** One key of a host. It is not plugged in yet. Throws UsageError for a profile that no key can have. */
export function createHostedKey(options: HostedKeyOptions, ports: HostedKeyPorts): ControlledKey {
  const { named } = options;
  const { clock, crypto, random, tell } = ports;
  const { profile } = named;
  const admin = watchKeystore(options.admin, 'control', tell);
  const user = createUser(options, ports);
  const instruments = createInstruments(ports, {
    unplug: () => socket.unplug(),
    plug: () => socket.plug(),
  });
  const key = assembleKey(profile, {
    name: options.name,
    keystore: watchKeystore(options.keystore, 'host', tell),
    identity: options.identity,
    crypto,
    clock,
    random,
    consent: user,
    onEvent: (event) => {
      // A key that is being pulled out loses its power too, but nobody puts it back.
      if (event.type === 'power-cycle' && socket.isMoving) return;
      options.onEvent?.(event);
      instruments.notice(event);
      if (isOwnEvent(event)) tell(event);
    },
    wrap: [...(options.instruments === false ? [] : instruments.wrap), ...(options.wrap ?? [])],
  });
  const socket = new Socket(key, options, tell);
  const context: PartContext = { keystore: admin, crypto, random, clock, profile };
  return control(options, context, socket, user, instruments);
}

function control(
  options: HostedKeyOptions,
  context: PartContext,
  socket: Socket,
  user: RemoteConsent,
  { faults, trace }: Instruments,
): ControlledKey {
  const { id, named } = options;
  const { crypto, keystore: admin, profile, random } = context;
  return {
    id,
    get plugged() {
      return socket.isPlugged;
    },
    describe: () => describe(options, socket, user.habit),
    info: async () => ({ ...(await describeKey(undefined, { ...named, remembered: true }, admin, crypto)) }),
    attestation: async () => ({ ...(await describeAttestation(admin, crypto, profile, named)) }),
    plug: () => socket.plug(),
    unplug: () => socket.unplug(),
    powerCycle: () => socket.powerCycle(),
    connect: () => socket.connect(),
    snapshot: () => takeSnapshot(context),
    restore: (snapshot) => restoreSnapshot(context, snapshot),
    reset: () => admin.reset(factoryState(profile, random, admin.state().signCount)),
    credentials: createCredentialsPart(context),
    user: createUserPart(user),
    pin: createPinPart(context),
    fingerprints: createFingerprintsPart(context),
    faults,
    trace,
  };
}

/** The user who is driven from outside tells of questions and answers, the trace of commands: both know more of them. */
function isOwnEvent(event: KeyEvent): event is OtherKeyEvent {
  return !['question', 'answer', 'command', 'u2f'].includes(event.type);
}

function createUser(
  { admin, alsoAsk, consent }: HostedKeyOptions,
  { clock, crypto, tell }: HostedKeyPorts,
): RemoteConsent {
  return new RemoteConsent({
    clock,
    habit: consent,
    comparePin: (pin) => (admin.state().pin ? isPin({ crypto, keystore: admin }, pin) : undefined),
    onEvent: tell,
    ...(alsoAsk && { alsoAsk }),
  });
}

function createUserPart(user: RemoteConsent): UserPart {
  return {
    questions: (filter) => user.questions(filter),
    waitFor: (filter, timeoutMs, signal) => user.waitFor(filter, timeoutMs, signal),
    answer: (id, reply) => user.answer(id, reply),
    policies: () => user.policies,
    addPolicy: (rule) => user.addPolicy(rule),
    removePolicy: (id) => user.removePolicy(id),
    clearPolicies: () => user.clearPolicies(),
    get habit() {
      return user.habit;
    },
    setHabit: (habit) => user.setHabit(habit),
  };
}

function describe(options: HostedKeyOptions, socket: Socket, consent: Habit): KeyDescription {
  const { admin, id, identity, name, named, place, transports } = options;
  return {
    id,
    name,
    profile: { name: named.name, changed: named.changed },
    usb: identity,
    plugged: socket.isPlugged,
    transports,
    addresses: socket.addresses,
    notes: socket.notes,
    consent,
    credentialCount: admin.count(),
    pinSet: admin.state().pin !== undefined,
    aaguid: toHex(named.profile.aaguid),
    ...(place !== undefined && { keystore: place }),
  };
}
