import { generateKeyPairSync } from 'node:crypto';
import { createKey } from '../../src/app/create-key.ts';
import type { CreateKeyOptions, Key } from '../../src/app/create-key.ts';
import { CtapClient } from '../../src/client/ctap-client.ts';
import { openHidChannel } from '../../src/client/hid-channel.ts';
import type { HidChannel } from '../../src/client/hid-channel.ts';
import { U2fClient } from '../../src/client/u2f-client.ts';
import { ScriptedConsent } from '../../src/consent/scripted.ts';
import { coseAlgorithm } from '../../src/cose/algorithm.ts';
import { createFaults } from '../../src/faults/faults.ts';
import type { Faults } from '../../src/faults/faults.ts';
import type { AppliedFault, FaultRule } from '../../src/faults/fault.ts';
import type { CryptoProvider } from '../../src/ports/crypto.ts';
import type { KeyEvent } from '../../src/ports/events.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import { connectBenchHost } from '../support/hid-bench.ts';
import type { BenchHost } from '../support/hid-bench.ts';
import { connectEndpoint, localRandom } from '../support/local-key.ts';
import { provider } from '../support/protocol.ts';
import { Site } from './site.ts';

/** Makes keys at once instead of on another thread, so that nothing but the fake clock makes a test wait. */
const promptCrypto: CryptoProvider = {
  ...provider,
  generateKeyPair: (alg) => {
    if (alg !== coseAlgorithm.ES256) return provider.generateKeyPair(alg);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return provider.importPrivateKey(alg, privateKey.export({ format: 'der', type: 'pkcs8' }));
  },
};

/** A whole key as users build it, with its faults and everything that a test looks at. */
export interface FaultRig {
  readonly key: Key;
  readonly faults: Faults;
  readonly clock: FakeClock;
  readonly user: ScriptedConsent;
  readonly events: readonly KeyEvent[];
  readonly applied: readonly AppliedFault[];
  /** What was done to the plug. */
  readonly plug: readonly ('out' | 'in')[];
  channel(): Promise<HidChannel>;
  client(): Promise<CtapClient>;
  u2f(): Promise<U2fClient>;
  site(): Promise<Site>;
  /** A host that sees single reports. */
  bench(): BenchHost;
  /** Puts a fault in force, for the next request unless a scope is given. */
  add(fault: string, parameters?: FaultRule['parameters'], scope?: FaultRule['scope']): string;
  /** Lets time pass until the promise has settled, at most two minutes. */
  settle<T>(promise: Promise<T>): Promise<T>;
}

export function createRig(options: CreateKeyOptions = {}): FaultRig {
  const [clock, random, user] = [createFakeClock(), localRandom(), new ScriptedConsent()];
  const events: KeyEvent[] = [];
  const plug: ('out' | 'in')[] = [];
  const applied: AppliedFault[] = [];
  const faults = createFaults({
    clock,
    random,
    onUnplug: () => void plug.push('out'),
    onReplug: () => void plug.push('in'),
  });
  faults.onApplied((fault) => void applied.push(fault));
  const key = createKey({
    clock,
    random,
    crypto: promptCrypto,
    consent: user,
    onEvent: (event) => void events.push(event),
    wrap: faults.wrap,
    ...options,
  });
  const channel = () => openHidChannel({ pipe: connectEndpoint(key.endpoint), clock, random });
  const client = async () => new CtapClient(await channel(), { crypto: provider, random });
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    const outcome = { settled: false };
    const end = () => void (outcome.settled = true);
    promise.then(end, end);
    for (let ms = 0; !outcome.settled && ms < 120_000; ms += 100) await clock.advanceAsync(100);
    if (!outcome.settled) throw new Error('Two minutes have passed.');
    return promise;
  };
  return {
    key,
    faults,
    clock,
    user,
    events,
    applied,
    plug,
    channel,
    client,
    u2f: async () => new U2fClient(await channel()),
    site: async () => new Site(await client(), clock, settle),
    bench: () => connectBenchHost(key.endpoint),
    add: (fault, parameters = {}, scope = { next: 1 }) => faults.add({ fault, parameters, scope }),
    settle,
  };
}
