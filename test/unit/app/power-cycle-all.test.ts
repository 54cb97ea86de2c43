import { describe, expect, it } from 'vitest';
import { createKey } from '../../../src/app/create-key.ts';
import type { HidEndpoint } from '../../../src/ports/hid.ts';
import type { Transport } from '../../../src/ports/transport.ts';

/** A transport that counts how often its hosts saw the key leave and return. */
function countingTransport(): Transport & { endpoint?: HidEndpoint; replugs: number } {
  const transport = {
    spec: 'counting',
    replugs: 0,
    endpoint: undefined as HidEndpoint | undefined,
    open(endpoint: HidEndpoint) {
      transport.endpoint = endpoint;
      return Promise.resolve({
        address: 'counting',
        replug: () => {
          transport.replugs += 1;
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      });
    },
  };
  return transport as Transport & { endpoint?: HidEndpoint; replugs: number };
}

describe('a power cycle that one transport asks for', () => {
  it('reaches the core once, and the hosts of every transport', async () => {
    const events: string[] = [];
    const key = createKey({ onEvent: ({ type }) => void events.push(type) });
    const [one, other] = [countingTransport(), countingTransport()];
    await key.attach(one);
    await key.attach(other);
    one.endpoint?.powerCycle();
    expect(events).toEqual(['power-cycle']);
    expect([one.replugs, other.replugs]).toEqual([1, 1]);
    await key.close();
  });
});
