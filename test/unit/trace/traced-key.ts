import { createKey } from '../../../src/app/create-key.ts';
import type { CreateKeyOptions, Key } from '../../../src/app/create-key.ts';
import { CtapClient } from '../../../src/client/ctap-client.ts';
import { openHidChannel } from '../../../src/client/hid-channel.ts';
import { U2fClient } from '../../../src/client/u2f-client.ts';
import { ScriptedConsent } from '../../../src/consent/scripted.ts';
import { createTrace } from '../../../src/trace/trace.ts';
import type { Trace, TraceOptions } from '../../../src/trace/trace.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { connectBenchHost } from '../../support/hid-bench.ts';
import type { BenchHost } from '../../support/hid-bench.ts';
import { connectEndpoint, localRandom } from '../../support/local-key.ts';
import { provider } from '../../support/protocol.ts';

export interface TracedKey {
  readonly key: Key;
  readonly trace: Trace;
  readonly clock: FakeClock;
  readonly user: ScriptedConsent;
  readonly client: () => Promise<CtapClient>;
  readonly u2f: () => Promise<U2fClient>;
  readonly bench: () => BenchHost;
}

/** A key with a trace around it, and hosts of every kind. */
export function createTracedKey(
  limits: Omit<TraceOptions, 'clock'> = {},
  options: CreateKeyOptions = {},
): TracedKey {
  const [clock, random, user] = [createFakeClock(), localRandom(), new ScriptedConsent()];
  const trace = createTrace({ clock, ...limits });
  const key = createKey({ clock, random, crypto: provider, consent: user, wrap: trace.wrap, ...options });
  const channel = () => openHidChannel({ pipe: connectEndpoint(key.endpoint), clock, random });
  return {
    key,
    trace,
    clock,
    user,
    client: async () => new CtapClient(await channel(), { crypto: provider, random }),
    u2f: async () => new U2fClient(await channel()),
    bench: () => connectBenchHost(key.endpoint),
  };
}
