import { createAuthenticator } from '../../src/authenticator/authenticator.ts';
import type { Authenticator } from '../../src/authenticator/authenticator.ts';
import { factoryState } from '../../src/authenticator/factory-state.ts';
import { CtapClient } from '../../src/client/ctap-client.ts';
import type { HidChannel } from '../../src/client/hid-channel.ts';
import { createAutomaticConsent } from '../../src/consent/automatic.ts';
import { createMemoryKeystore } from '../../src/keystore/memory.ts';
import type { CryptoProvider } from '../../src/ports/crypto.ts';
import type { KeyEvent } from '../../src/ports/events.ts';
import type { Random } from '../../src/ports/random.ts';
import { everyCapability } from '../support/capabilities.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { localAttester, localProfile } from '../support/local-key.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { reproducibleCrypto } from './reproducible-crypto.ts';
import { Finding } from './target.ts';

const fingerprints = { maxTemplates: 3, samplesRequired: 2, maxFriendlyName: 64, kind: 'touch' } as const;
const profile = {
  ...localProfile,
  ...everyCapability,
  builtInUv: { modality: 'fingerprint', maxRetries: 5, attemptsPerOperation: 3 },
  bioEnrollment: fingerprints,
  accountChooser: false,
} as const;

/** A key that can do everything, without CTAPHID around it, whose random numbers follow from a seed. */
export class FuzzKey {
  readonly crypto: CryptoProvider;
  readonly client: CtapClient;
  readonly #random: Random;
  readonly #clock = createFakeClock();
  readonly #defects: KeyEvent[] = [];
  #authenticator: Authenticator;

  constructor(seed: string) {
    this.#random = createSeededRandom(`key ${seed}`);
    this.crypto = reproducibleCrypto(seed);
    this.#authenticator = this.#build();
    this.client = new CtapClient(this.#channel(), { crypto: this.crypto, random: this.#random });
  }

  /** A key fresh from the factory in place of the old one. */
  async refresh(): Promise<void> {
    this.#authenticator.powerCycle();
    if (this.#clock.pending > 0) throw new Finding('A timer outlives the power.');
    this.#authenticator = this.#build();
    await this.client.getInfo();
  }

  send(message: Uint8Array): Promise<Uint8Array> {
    const { signal } = new AbortController();
    return this.#authenticator.cbor(message, {
      channel: 1,
      transport: 'usb',
      signal,
      setStatus: () => undefined,
    });
  }

  requireSound(): void {
    const [defect] = this.#defects;
    if (defect?.type === 'defect')
      throw new Finding(`A defect: ${String(defect.error)}`, { cause: defect.error });
    if (this.#clock.pending > 4) throw new Finding(`${String(this.#clock.pending)} timers are set.`);
  }

  #build(): Authenticator {
    return createAuthenticator({
      name: 'fuzzed',
      profile,
      keystore: createMemoryKeystore({ random: this.#random, factory: factoryState(profile, this.#random) }),
      crypto: this.crypto,
      clock: this.#clock,
      random: this.#random,
      consent: createAutomaticConsent(this.#clock),
      attester: localAttester(this.crypto),
      emit: (event) => {
        if (event.type === 'defect') this.#defects.push(event);
      },
    });
  }

  /** What stands between the client and the core here: nothing. */
  #channel(): HidChannel {
    return {
      id: 1,
      device: { channel: 1 } as HidChannel['device'],
      transact: (_command, payload) => this.send(payload),
      resync: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }
}
