import { describe, expect, it } from 'vitest';

import type { HidHost, HidLink } from '../../src/ports/hid.ts';
import { createFakeUhid } from '../unit/transports/fake-uhid.ts';
import { uhidEvent } from '../unit/transports/uhid-vectors.ts';
import { createUhidTransport } from '../../src/transports/uhid.ts';
import { createFakeClock, settle } from '../support/fake-clock.ts';
import { createMemoryKeystore } from '../../src/keystore/memory.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { dialTcp, LongLife } from './ceremonies.ts';

/** Sockets and servers of this process; what is being closed is closed first. The test's own timers are no matter. */
async function openResources(): Promise<string[]> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return process.getActiveResourcesInfo().filter((name) => /TCP/.test(name));
}

// Figures of memory and latency belong to `npm run endurance`; here is what must be so after any number of ceremonies.
describe('a key that is used for long', () => {
  it('holds no timer, and no more than its credentials', async () => {
    const clock = createFakeClock();
    const keystore = createMemoryKeystore({ random: createSeededRandom('endurance') });
    const life = new LongLife({ clock, keystore });
    for (let round = 0; round < 60; round += 1) {
      await life.round();
      if (round % 20 === 19) await life.plugCycle();
      expect(clock.pending).toBe(0);
    }
    expect(keystore.countDiscoverable()).toBe(20);
    await life.close();
  });

  it('forgets its hosts when it is pulled out, each time', async () => {
    let [links, open] = [0, 0];
    const life = new LongLife({});
    const { endpoint } = life.key;
    const counted = {
      ...endpoint,
      identity: endpoint.identity,
      powerCycle: () => endpoint.powerCycle(),
      connect(host: HidHost): HidLink {
        const link = endpoint.connect(host);
        links += 1;
        open += 1;
        let isOpen = true;
        return {
          receive: (report) => link.receive(report),
          close() {
            if (isOpen) open -= 1;
            isOpen = false;
            link.close();
          },
        };
      },
    };
    const kernel = createFakeUhid();
    const device = await createUhidTransport(kernel.system).open(counted);
    for (let cycle = 0; cycle < 300; cycle += 1) {
      for (const event of ['open', 'output'] as const) kernel.say(uhidEvent(event));
      await settle();
      await device.replug();
    }
    await device.close();
    expect([open, kernel.clock.pending, kernel.isOpen]).toEqual([0, 0, false]);
    expect(links).toBe(300);
    await life.close();
  });

  it('leaves nothing open in its process after many hosts and plug cycles', async () => {
    const before = await openResources();
    let address = '';
    const life = new LongLife({}, () => dialTcp(address));
    const open = await life.key.attach('tcp:127.0.0.1:0');
    address = open.address;
    await life.round();
    const during = await openResources();
    const listeners = process.eventNames().map((name) => process.listenerCount(name));
    for (let cycle = 0; cycle < 50; cycle += 1) await life.plugCycle();
    await life.round();
    expect(await openResources()).toEqual(during);
    expect(process.eventNames().map((name) => process.listenerCount(name))).toEqual(listeners);
    await life.close();
    expect(await openResources()).toEqual(before);
  });
});
