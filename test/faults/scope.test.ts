import { describe, expect, it } from 'vitest';
import { u2fControl } from '../../src/client/u2f-client.ts';
import { ctapCommand } from '../../src/ctap/command.ts';
import { UsageError } from '../../src/ports/errors.ts';
import { createFaults } from '../../src/faults/faults.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { localRandom } from '../support/local-key.ts';
import { assertion, outcome, provider, rawOutcome, registration, resident } from '../support/protocol.ts';
import { createRig } from './rig.ts';

const denied = { status: 'OPERATION_DENIED' };

describe('a rule', () => {
  it('is spent after as many requests as it says, and counts only those that it spoiled', async () => {
    const rig = createRig();
    const client = await rig.client();
    const id = rig.add('ctap.status', denied, { next: 2 });
    expect(await outcome(client.getInfo())).toBe('OK');
    expect(await outcome(client.makeCredential(registration()))).toBe('OPERATION_DENIED');
    expect(rig.faults.list()).toEqual([
      {
        id,
        fault: 'ctap.status',
        parameters: { status: 0x27, execute: false },
        scope: { next: 1 },
        applied: 1,
      },
    ]);
    expect(await outcome(client.getAssertion(assertion()))).toBe('OPERATION_DENIED');
    expect(rig.faults.list()).toEqual([]);
    expect(await outcome(client.makeCredential(registration()))).toBe('OK');
    const common = { id, fault: 'ctap.status', rpId: 'example.com', time: rig.clock.wall() };
    expect(rig.applied).toEqual([
      { ...common, command: 'makeCredential', remaining: 1 },
      { ...common, command: 'getAssertion', remaining: 0 },
    ]);
  });

  it('keeps to its command, also to one that is no ceremony', async () => {
    const rig = createRig();
    const client = await rig.client();
    rig.add('ctap.status', denied, { command: 'getInfo' });
    expect(await outcome(client.makeCredential(registration()))).toBe('OK');
    expect(await outcome(client.getInfo())).toBe('OPERATION_DENIED');
    rig.faults.clear();
    rig.add('ctap.status', denied, { command: 'any' });
    expect(await outcome(client.getInfo())).toBe('OPERATION_DENIED');
    expect(await outcome(client.selection())).toBe('OPERATION_DENIED');
    expect(await rawOutcome(client, 0x55)).toBe('OPERATION_DENIED');
    rig.faults.clear();
    expect(await rawOutcome(client, 0x55)).toBe('INVALID_COMMAND');
    expect(rig.applied.map(({ command }) => command)).toEqual(['getInfo', 'getInfo', 'selection', 'unknown']);
  });

  it('keeps to its RP, by name or by hash', async () => {
    const rig = createRig();
    const client = await rig.client();
    rig.add('ctap.status', denied, { rpId: 'example.com', command: 'any' });
    const elsewhere = registration({ rp: { id: 'other.example' } });
    expect(await outcome(client.makeCredential(elsewhere))).toBe('OK');
    expect(await outcome(client.getInfo())).toBe('OK');
    expect(await outcome(client.getAssertion(assertion()))).toBe('OPERATION_DENIED');
    const hash = (rpId: string) => provider.sha256(new TextEncoder().encode(rpId));
    const enumerate = (rpId: string) =>
      rawOutcome(
        client,
        ctapCommand.credentialManagement,
        new Map<number, number | Map<number, Uint8Array>>([
          [1, 4],
          [2, new Map([[1, hash(rpId)]])],
        ]),
      );
    expect(await enumerate('example.com')).toBe('OPERATION_DENIED');
    expect(await enumerate('other.example')).toBe('PUAT_REQUIRED');
    rig.add('ctap.u2f-status', {}, { rpId: 'example.com' });
    const u2f = await rig.u2f();
    await expect(u2f.register(new Uint8Array(32), hash('example.com'))).rejects.toMatchObject({
      statusWord: 0x6985,
    });
    await u2f.register(new Uint8Array(32), hash('other.example'));
  });

  it('follows an assertion into the next ones', async () => {
    const rig = createRig();
    const client = await rig.client();
    await client.makeCredential(resident(1));
    await client.makeCredential(resident(2));
    rig.add('ctap.counter', { how: 'jump' }, { command: 'getNextAssertion', rpId: 'example.com' });
    const [first, second] = await client.getAssertions(assertion());
    expect(first.parsed.signCount).toBe(1);
    expect(second?.parsed.signCount).toBe(1001);
  });

  it('is not spent on the silent requests by which browsers look for a credential', async () => {
    const rig = createRig();
    const client = await rig.client();
    const u2f = await rig.u2f();
    const site = provider.sha256(new TextEncoder().encode('example.com'));
    const made = await u2f.register(new Uint8Array(32), site);
    const allowList = [{ id: made.keyHandle, type: 'public-key' }];
    rig.add('ctap.signature');
    rig.add('ctap.u2f-status', { statusWord: 'WRONG_DATA' });
    expect(await outcome(client.getAssertion(assertion({ allowList, options: { up: false } })))).toBe('OK');
    await expect(
      u2f.authenticate(u2fControl.checkOnly, new Uint8Array(32), site, made.keyHandle),
    ).rejects.toMatchObject({ statusWord: 0x6985 });
    expect(rig.applied).toEqual([]);
    expect(await outcome(client.getAssertion(assertion({ allowList })))).toBe('OK');
    expect(rig.applied.map(({ fault }) => fault)).toEqual(['ctap.signature']);
    rig.add('ctap.status', {}, { command: 'silentAssertion' });
    expect(await outcome(client.getAssertion(assertion({ allowList, options: { up: false } })))).toBe(
      'OTHER',
    );
  });

  it('works together with others, in the order in which they were added', async () => {
    const rig = createRig();
    const client = await rig.client();
    await client.makeCredential(resident(1));
    rig.add('ctap.flag', { flag: 'UP' });
    rig.add('ctap.flag', { flag: 'BE', set: true });
    rig.add('ctap.counter', { how: 'jump', by: 9 });
    rig.add('ctap.unknown-member', { key: 99 });
    const { response } = await client.send(
      2,
      new Map<number, string | Uint8Array>([
        [1, 'example.com'],
        [2, new Uint8Array(32)],
      ]),
    );
    const authDataAt = Buffer.from(response).indexOf(
      Buffer.from(provider.sha256(new TextEncoder().encode('example.com'))),
    );
    expect([...response.subarray(authDataAt + 32, authDataAt + 37)]).toEqual([0x08, 0, 0, 0, 10]);
    expect(rig.applied).toHaveLength(4);
    rig.add('ctap.status', { status: 'PIN_BLOCKED' });
    rig.add('ctap.status', { status: 'PIN_INVALID' });
    expect(await outcome(client.getAssertion(assertion()))).toBe('PIN_BLOCKED');
    expect(await outcome(client.getAssertion(assertion()))).toBe('PIN_INVALID');
  });

  it('is told to those who listen, until they stop', async () => {
    const rig = createRig();
    const client = await rig.client();
    const heard: string[] = [];
    const stop = rig.faults.onApplied(({ fault }) => void heard.push(fault));
    rig.add('ctap.status', denied, {});
    await outcome(client.getAssertion(assertion()));
    stop();
    await outcome(client.getAssertion(assertion()));
    expect(heard).toEqual(['ctap.status']);
    expect(rig.applied).toHaveLength(2);
  });
});

it('refuses faults of the plug for a key that has none', () => {
  const faults = createFaults({ clock: createFakeClock(), random: localRandom() });
  expect(() => faults.add({ fault: 'usb.unplug' })).toThrow(UsageError);
  expect(faults.list()).toEqual([]);
});
