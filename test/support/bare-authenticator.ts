import { createAuthenticator } from '../../src/authenticator/authenticator.ts';
import type { Authenticator } from '../../src/authenticator/authenticator.ts';
import type { AuthenticatorPorts } from '../../src/authenticator/environment.ts';
import { factoryState } from '../../src/authenticator/factory-state.ts';
import type { Profile } from '../../src/authenticator/profile.ts';
import { encodeCbor } from '../../src/cbor/encode.ts';
import type { CborValue } from '../../src/cbor/value.ts';
import { ScriptedConsent } from '../../src/consent/scripted.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { concatBytes } from '../../src/ctap/bytes.ts';
import { createMemoryKeystore } from '../../src/keystore/memory.ts';
import type { MemoryKeystore } from '../../src/keystore/memory.ts';
import type { HostTransport } from '../../src/ports/message-handler.ts';
import type { KeyEvent } from '../../src/ports/events.ts';
import { createFakeClock } from './fake-clock.ts';
import type { FakeClock } from './fake-clock.ts';
import { localAttester, localProfile, localRandom } from './local-key.ts';

/** The core without CTAPHID around it, for tests that need thousands of commands or another port. */
export interface BareAuthenticator {
  readonly authenticator: Authenticator;
  readonly clock: FakeClock;
  readonly user: ScriptedConsent;
  readonly keystore: MemoryKeystore;
  readonly events: KeyEvent[];
  /** A command with its parameters, encoded or as they are; the answer with its status byte. */
  send(
    command: number,
    parameters?: CborValue,
    channel?: number,
    transport?: HostTransport,
  ): Promise<Uint8Array>;
}

export interface BareOptions {
  readonly profile?: Partial<Profile>;
  readonly ports?: Partial<AuthenticatorPorts>;
}

export function createBareAuthenticator({ ports = {}, profile = {} }: BareOptions = {}): BareAuthenticator {
  const [clock, user, events] = [createFakeClock(), new ScriptedConsent(), [] as KeyEvent[]];
  const random = ports.random ?? localRandom();
  const crypto = ports.crypto ?? createNodeCrypto();
  const whole = { ...localProfile, ...profile };
  const keystore = createMemoryKeystore({ random, factory: factoryState(whole, random) });
  const authenticator = createAuthenticator({
    name: 'bare',
    profile: whole,
    keystore,
    crypto,
    clock,
    random,
    consent: user,
    attester: localAttester(crypto),
    emit: (event) => void events.push(event),
    ...ports,
  });
  return {
    authenticator,
    clock,
    user,
    keystore,
    events,
    send: (command, parameters, channel = 1, transport = 'usb') => {
      const body =
        parameters === undefined
          ? new Uint8Array()
          : parameters instanceof Uint8Array
            ? parameters
            : encodeCbor(parameters);
      return authenticator.cbor(concatBytes(Uint8Array.of(command), body), {
        channel,
        transport,
        signal: new AbortController().signal,
        setStatus: () => undefined,
      });
    },
  };
}
