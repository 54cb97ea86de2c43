import type { Attester } from '../ports/attester.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConsentSource } from '../ports/consent.ts';
import type { CryptoProvider } from '../ports/crypto.ts';
import type { EventSink } from '../ports/events.ts';
import type { Keystore } from '../ports/keystore.ts';
import type { Random } from '../ports/random.ts';
import type { Profile } from './profile.ts';
import type { RpIdHashes } from './rp-id-hashes.ts';
import type { Continuation } from './state/continuation.ts';
import type { PowerCycle } from './state/power-cycle.ts';
import type { Scratch } from './state/scratch.ts';

/** What the core is given from outside. */
export interface AuthenticatorPorts {
  /** The name by which the user knows this key. */
  readonly name: string;
  readonly profile: Profile;
  readonly keystore: Keystore;
  readonly crypto: CryptoProvider;
  readonly clock: Clock;
  readonly random: Random;
  readonly consent: ConsentSource;
  readonly attester: Attester;
  readonly emit: EventSink;
}

/** The ports together with the volatile state that the core owns. */
export interface Environment extends AuthenticatorPorts {
  readonly power: PowerCycle;
  readonly continuation: Continuation;
  readonly scratch: Scratch;
  readonly rpIdHashes: RpIdHashes;
}
