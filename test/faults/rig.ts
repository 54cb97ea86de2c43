import { createKey } from '../../src/app/create-key.ts';
import type { CreateKeyOptions, Key } from '../../src/app/create-key.ts';
import { CtapClient } from '../../src/client/ctap-client.ts';
import { openHidChannel } from '../../src/client/hid-channel.ts';
import type { HidChannel } from '../../src/client/hid-channel.ts';
import { U2fClient } from '../../src/client/u2f-client.ts';
import { ScriptedConsent } from '../../src/consent/scripted.ts';
import { createFaults } from '../../src/faults/faults.ts';
import type { Faults } from '../../src/faults/faults.ts';
import type { AppliedFault, FaultRule } from '../../src/faults/fault.ts';
import type { KeyEvent } from '../../src/ports/events.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import { connectEndpoint, localRandom } from '../support/local-key.ts';
import { provider } from '../support/protocol.ts';

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
  add(rule: FaultRule): string;
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
    crypto: provider,
    consent: user,
    onEvent: (event) => void events.push(event),
    wrap: faults.wrap,
    ...options,
  });
  const channel = () => openHidChannel({ pipe: connectEndpoint(key.endpoint), clock, random });
  return {
    key,
    faults,
    clock,
    user,
    events,
    applied,
    plug,
    channel,
    client: async () => new CtapClient(await channel(), { crypto: provider, random }),
    u2f: async () => new U2fClient(await channel()),
    add: (rule) => faults.add(rule),
  };
}
