import { expect, it } from 'vitest';
import { parsePacket } from '../../src/ctaphid/packet.ts';
import { hidCommand } from '../../src/ctaphid/command.ts';
import { encodeCbor } from '../../src/cbor/encode.ts';
import { encodeMakeCredential } from '../../src/client/ctap-client.ts';
import { concatBytes } from '../../src/ctap/bytes.ts';
import { registration } from '../support/protocol.ts';
import { createRig } from './rig.ts';
import type { FaultRig } from './rig.ts';

const makeCredential = concatBytes(Uint8Array.of(1), encodeCbor(encodeMakeCredential(registration())));

/** Sends a registration to a key whose user takes a second; what came until everything was quiet, without keep-alives. */
async function exchange(rig: FaultRig): Promise<{ readonly packets: number; readonly keepAlives: number }> {
  rig.user.otherwise(
    () => new Promise((resolve) => void rig.clock.after(1000, () => resolve({ outcome: 'approved' }))),
  );
  const host = rig.bench();
  const channel = host.open();
  const before = host.reports.length;
  host.sendMessage(channel, hidCommand.cbor, makeCredential);
  await rig.clock.advanceAsync(5000);
  const came = host.reports.slice(before).map((report) => parsePacket(report)!);
  const keepAlives = came.filter(
    (packet) => packet.kind === 'init' && packet.command === hidCommand.keepalive,
  );
  return { packets: came.length - keepAlives.length, keepAlives: keepAlives.length };
}

const whole = await exchange(createRig());

it.each([
  ['before', 0, 0, 0],
  ['asking', 0, 0, 0],
  ['during', Math.floor(whole.packets / 2), whole.keepAlives, 1],
  ['after', whole.packets, whole.keepAlives, 1],
])('usb.unplug %s the answer', async (when, packets, keepAlives, credentials) => {
  const rig = createRig();
  rig.add('usb.unplug', { when });
  expect(await exchange(rig)).toEqual({ packets, keepAlives });
  expect(rig.plug).toEqual(['out']);
  // Nobody cancels a command but the app, which here only takes note.
  expect([...rig.key.keystore.all()]).toHaveLength(when === 'asking' ? 1 : credentials);
  expect(rig.applied).toMatchObject([{ fault: 'usb.unplug', command: 'makeCredential' }]);
});

it('usb.unplug leaves a host talking to nobody', async () => {
  const rig = createRig();
  rig.add('usb.unplug', { when: 'before' });
  const host = rig.bench();
  const channel = host.open();
  host.sendMessage(channel, hidCommand.cbor, makeCredential);
  host.sendMessage(channel, hidCommand.ping, [1, 2, 3]);
  host.sendMessage(channel, hidCommand.cbor, Uint8Array.of(4));
  await rig.clock.advanceAsync(5000);
  expect(host.take()).toEqual([]);
  expect(rig.bench().open()).toBeGreaterThan(0);
});

it('usb.replug comes back after its time', async () => {
  const rig = createRig();
  rig.add('usb.replug', { when: 'before', afterMs: 700 });
  const host = rig.bench();
  const channel = host.open();
  host.sendMessage(channel, hidCommand.cbor, Uint8Array.of(4));
  expect(rig.plug).toEqual([]);
  host.take();
  host.sendMessage(channel, hidCommand.cbor, makeCredential);
  await rig.clock.advanceAsync(699);
  expect(rig.plug).toEqual(['out']);
  await rig.clock.advanceAsync(1);
  expect(rig.plug).toEqual(['out', 'in']);
  expect(host.init().channel).toBeGreaterThan(0);
});

it('an app that cannot plug is heard of', async () => {
  const { createFaults } = await import('../../src/faults/faults.ts');
  const { createKey } = await import('../../src/app/create-key.ts');
  const { createFakeClock, settle } = await import('../support/fake-clock.ts');
  const { connectBenchHost } = await import('../support/hid-bench.ts');
  const { localRandom } = await import('../support/local-key.ts');
  const defects: unknown[] = [];
  const [clock, random] = [createFakeClock(), localRandom()];
  const faults = createFaults({
    clock,
    random,
    onUnplug: () => Promise.reject(new RangeError('stuck')),
    onReplug: () => undefined,
    onDefect: (error) => void defects.push(error),
  });
  const host = connectBenchHost(createKey({ clock, random, wrap: faults.wrap }).endpoint);
  faults.add({ fault: 'usb.unplug', parameters: { when: 'before' }, scope: { command: 'getInfo' } });
  host.sendMessage(host.open(), hidCommand.cbor, Uint8Array.of(4));
  await settle();
  expect(defects).toEqual([new RangeError('stuck')]);
});
