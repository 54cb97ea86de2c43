import { createKeyHost } from '../app/key-host.ts';
import { createWebAuthnBridge, type WebAuthnBridge } from '../app/webauthn-bridge.ts';
import type { AsyncSuffixTest } from '../app/webauthn-bridge-suffix.ts';
import type { Attachment } from '../client/webauthn/context.ts';
import type { ConsentHabit, ControlledKey, NewCredential, NewKey } from '../control/handle.ts';
import type { ActiveFault, FaultRule } from '../faults/fault.ts';
import type { Credential } from '../ports/credential.ts';
import { createBrowserUser, type BrowserUser } from './browser-user.ts';
import { createTestUser, type TestUser } from './test-user.ts';

export interface SecurityKeyOptions {
  /**
   * A preset's name or settings; `keypad` unless given: a key that does everything and verifies its user by itself, so
   * that no browser has to ask for a PIN.
   */
  readonly profile?: NewKey['profile'];
  /** What the user does when no rule says something else; allows at once unless given. */
  readonly consent?: ConsentHabit;
  /** The PIN of the key, and the one that the user knows; none unless given. */
  readonly pin?: string;
  /** Transport specs, e.g. `uhid`; none unless given. */
  readonly transports?: readonly string[];
  /** How pages see the key where they do not see a USB device: `cross-platform` unless given. */
  readonly attachment?: Attachment;
  /** A snapshot that the key starts from. */
  readonly snapshot?: NewKey['snapshot'];
  /** The public suffix list of a browser. */
  readonly isPublicSuffix?: AsyncSuffixTest;
}

/** A key for one test: in memory, with nothing on it, and with a user who does what the test says. */
export interface SecurityKey {
  readonly user: TestUser;
  /** The person in front of the browser, where there is no browser that asks by itself. */
  readonly browserUser: BrowserUser;
  readonly attachment: Attachment;
  /** Newest first, private keys included. */
  credentials(): readonly Credential[];
  /** Puts a credential into the key. Throws UsageError for one that it has already. */
  addCredential(credential: NewCredential): Promise<Credential>;
  /** Whether there was one. */
  removeCredential(id: Uint8Array): Promise<boolean>;
  clearCredentials(): Promise<number>;
  /** Sets or replaces the PIN; the user knows it from then on. Throws UsageError for a PIN that the key refuses. */
  setPin(pin: string): Promise<void>;
  /**
   * Makes the key misbehave, e.g. `{ fault: 'ctap.signature', scope: { next: 1 } }`. Throws UsageError, with the names
   * that there are, for a rule that is not well-formed.
   */
  addFault(rule: FaultRule): ActiveFault;
  clearFaults(): void;
  plug(): Promise<void>;
  unplug(): Promise<void>;
  powerCycle(): Promise<void>;
  /** Everything else that can be done to a key. */
  readonly key: ControlledKey;
  /** The WebAuthn client that answers for pages. */
  readonly bridge: WebAuthnBridge;
  /** Pulls the key out and forgets it. */
  close(): Promise<void>;
}

/** Makes a key and plugs it in. Throws UsageError for a profile that no key can have, TransportError for a transport. */
export async function openSecurityKey(options: SecurityKeyOptions = {}): Promise<SecurityKey> {
  const { attachment = 'cross-platform', consent, isPublicSuffix, pin, snapshot, transports } = options;
  const host = createKeyHost();
  const profile = options.profile ?? (snapshot ? undefined : 'keypad');
  const key = await host.create({
    ...(profile !== undefined && { profile }),
    ...(consent && { consent }),
    ...(snapshot && { snapshot }),
    ...(transports && { transports }),
  });
  const browserUser = createBrowserUser();
  const setPin = async (value: string): Promise<void> => {
    await key.pin.set(value);
    browserUser.knowPin(value);
  };
  if (pin !== undefined) await setPin(pin);
  return {
    key,
    user: createTestUser(key.user),
    browserUser,
    attachment,
    bridge: createWebAuthnBridge({
      connect: () => key.connect(),
      ...(isPublicSuffix && { isPublicSuffix }),
    }),
    credentials: () => key.credentials.list(),
    addCredential: (credential) => key.credentials.add(credential),
    removeCredential: (id) => key.credentials.remove(id),
    clearCredentials: () => key.credentials.clear(),
    setPin,
    addFault: (rule) => key.faults.add(rule),
    clearFaults: () => key.faults.clear(),
    plug: () => key.plug(),
    unplug: () => key.unplug(),
    powerCycle: () => key.powerCycle(),
    close: () => host.close(),
  };
}
