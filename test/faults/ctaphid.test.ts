import { describe, expect, it } from 'vitest';
import { hidCommand, hidError } from '../../src/ctaphid/command.ts';
import { buildInitPacket, parsePacket } from '../../src/ctaphid/packet.ts';
import type { Packet } from '../../src/ctaphid/packet.ts';
import { holdTimeout } from '../../src/faults/around/endpoint.ts';
import type { FaultParameters } from '../../src/faults/fault.ts';
import { registration } from '../support/protocol.ts';
import { createRig } from './rig.ts';
import type { FaultRig } from './rig.ts';

/** A PING whose echo, like itself, takes four packets. */
const payload = Uint8Array.from({ length: 57 + 3 * 59 }, (_, index) => index);
const scope = { next: 1, command: 'ping' } as const;

interface Wire {
  readonly rig: FaultRig;
  readonly channel: number;
  /** Sends the PING and waits; what comes until everything is quiet. */
  readonly ask: () => Promise<readonly Packet[]>;
  readonly host: ReturnType<FaultRig['bench']>;
}

function openWire(): Wire {
  const rig = createRig();
  const host = rig.bench();
  const channel = host.open();
  return {
    rig,
    host,
    channel,
    async ask() {
      const before = host.reports.length;
      host.sendMessage(channel, hidCommand.ping, payload);
      await rig.clock.advanceAsync(3000);
      return host.reports.slice(before).map((report) => parsePacket(report)!);
    },
  };
}

/** Sequence numbers, with `init` for the first packet of a message. */
function order(packets: readonly Packet[]): readonly (number | string)[] {
  return packets.map((packet) => (packet.kind === 'init' ? 'init' : packet.sequence));
}

function errors(packets: readonly Packet[]): readonly number[] {
  return packets.flatMap((packet) =>
    packet.kind === 'init' && packet.command === hidCommand.error ? [packet.data[0]!] : [],
  );
}

describe('packets to the host', () => {
  const whole = ['init', 0, 1, 2];

  it.each<[string, FaultParameters, readonly (number | string)[]]>([
    ['ctaphid.lost', {}, [0, 1, 2]],
    ['ctaphid.lost', { packet: 2 }, ['init', 0, 2]],
    ['ctaphid.lost', { packet: 128 }, ['init', 0, 1]],
    ['ctaphid.doubled', {}, ['init', 'init', 0, 1, 2]],
    ['ctaphid.doubled', { packet: 128 }, ['init', 0, 1, 2, 2]],
    ['ctaphid.reordered', {}, [0, 'init', 1, 2]],
    ['ctaphid.reordered', { packet: 128 }, ['init', 0, 2, 1]],
    ['ctaphid.wrong-sequence', {}, ['init', 1, 1, 2]],
    ['ctaphid.wrong-sequence', { packet: 3 }, ['init', 0, 1, 3]],
    ['ctaphid.delayed', {}, whole],
  ])('%s %o', async (fault, parameters, expected) => {
    const { ask, rig } = openWire();
    const good = await ask();
    expect(order(good)).toEqual(whole);
    rig.faults.add({ fault, parameters, scope });
    expect(order(await ask())).toEqual(expected);
    expect(rig.applied).toHaveLength(1);
    expect(await ask()).toEqual(good);
  });

  it('ctaphid.wrong-channel: one packet comes on another', async () => {
    const { ask, channel, rig } = openWire();
    rig.faults.add({ fault: 'ctaphid.wrong-channel', parameters: { packet: 1 }, scope });
    const packets = await ask();
    expect(order(packets)).toEqual(whole);
    expect(packets.map((packet) => packet.channel === channel)).toEqual([true, false, true, true]);
  });

  it('ctaphid.delayed: the packet and all behind it are late, also behind later answers', async () => {
    const { channel, host, rig } = openWire();
    rig.faults.add({ fault: 'ctaphid.delayed', parameters: { packet: 2, delayMs: 800 }, scope });
    host.sendMessage(channel, hidCommand.ping, payload);
    await rig.clock.advanceAsync(799);
    expect(host.reports.length).toBe(1 + 2);
    host.sendMessage(channel, hidCommand.wink);
    expect(host.reports.length).toBe(1 + 2);
    await rig.clock.advanceAsync(1);
    const messages = host.take();
    expect(messages.map(({ command }) => command)).toEqual([hidCommand.ping, hidCommand.wink]);
  });

  it('a message of one packet has nothing to swap and no sequence', () => {
    const { channel, host, rig } = openWire();
    rig.faults.add({ fault: 'ctaphid.reordered', scope: { command: 'ping' } });
    rig.faults.add({ fault: 'ctaphid.wrong-sequence', scope: { command: 'ping' } });
    host.sendMessage(channel, hidCommand.ping, [1, 2, 3]);
    expect(host.take()).toEqual([{ channel, command: hidCommand.ping, payload: [1, 2, 3] }]);
    expect(rig.applied).toEqual([]);
  });
});

describe('packets to the key', () => {
  it.each<[string, FaultParameters, readonly number[]]>([
    ['ctaphid.lost', { packet: 0 }, []],
    ['ctaphid.lost', { packet: 1 }, [hidError.invalidSequence]],
    ['ctaphid.lost', { packet: 128 }, [hidError.messageTimeout]],
    ['ctaphid.doubled', { packet: 0 }, [hidError.invalidSequence]],
    ['ctaphid.doubled', { packet: 1 }, [hidError.invalidSequence]],
    ['ctaphid.reordered', { packet: 1 }, [hidError.invalidSequence]],
    ['ctaphid.wrong-sequence', { packet: 1 }, [hidError.invalidSequence]],
    ['ctaphid.wrong-channel', { packet: 0 }, [hidError.invalidChannel]],
    ['ctaphid.delayed', { packet: 2, delayMs: 600 }, [hidError.messageTimeout]],
    ['ctaphid.delayed', { packet: 2, delayMs: 400 }, []],
  ])('%s %o', async (fault, parameters, expected) => {
    const { ask, rig } = openWire();
    rig.faults.add({ fault, parameters: { direction: 'to-key', ...parameters }, scope });
    expect(errors(await ask())).toEqual(expected);
    expect(rig.applied).toHaveLength(1);
    expect(order(await ask())).toEqual(['init', 0, 1, 2]);
  });

  it('go on if the rest of a message never comes, or something else does', async () => {
    const { channel, host, rig } = openWire();
    rig.faults.add({
      fault: 'ctaphid.lost',
      parameters: { direction: 'to-key' },
      scope: { command: 'reset' },
    });
    host.sendInit(channel, hidCommand.cbor, 100);
    await rig.clock.advanceAsync(holdTimeout + 499);
    expect(host.take()).toEqual([]);
    await rig.clock.advanceAsync(1);
    expect(host.take()).toMatchObject([{ command: hidCommand.error, payload: [hidError.messageTimeout] }]);
    host.sendInit(channel, hidCommand.cbor, 100);
    host.sendContinuation(channel, 5);
    expect(host.take()).toMatchObject([{ command: hidCommand.error, payload: [hidError.invalidSequence] }]);
    host.sendInit(channel, hidCommand.cbor, 100);
    host.sendMessage(channel, hidCommand.ping, [9]);
    expect(host.take()).toMatchObject([{ command: hidCommand.error, payload: [hidError.invalidSequence] }]);
    host.link.receive(new Uint8Array(3));
    host.sendInit(channel, hidCommand.cbor, 0xffff);
    expect(host.take()).toMatchObject([{ command: hidCommand.error, payload: [hidError.invalidLength] }]);
  });

  it('that were kept back are forgotten with their host', async () => {
    const { channel, host, rig } = openWire();
    rig.faults.add({
      fault: 'ctaphid.lost',
      parameters: { direction: 'to-key' },
      scope: { command: 'reset' },
    });
    host.sendInit(channel, hidCommand.cbor, 100);
    host.link.close();
    expect(rig.clock.pending).toBe(0);
    await rig.clock.advanceAsync(2000);
    expect(host.take()).toEqual([]);
  });
});

describe('messages', () => {
  it.each(Object.entries(hidError))('ctaphid.error %s', async (code, value) => {
    const { ask, rig } = openWire();
    rig.faults.add({ fault: 'ctaphid.error', parameters: { code }, scope });
    expect(errors(await ask())).toEqual([value]);
    expect(rig.events).toEqual([]);
    expect(errors(await ask())).toEqual([]);
  });

  it('ctaphid.busy: a client that tries again gets through', async () => {
    const { ask, rig } = openWire();
    rig.faults.add({ fault: 'ctaphid.busy', scope: { next: 2, command: 'ping' } });
    expect(errors(await ask())).toEqual([hidError.channelBusy]);
    expect(errors(await ask())).toEqual([hidError.channelBusy]);
    expect(errors(await ask())).toEqual([]);
  });

  it('ctaphid.error can be the answer to INIT', () => {
    const rig = createRig();
    const host = rig.bench();
    rig.faults.add({ fault: 'ctaphid.error', parameters: { code: 5 }, scope: { next: 1, command: 'init' } });
    host.link.receive(buildInitPacket(0xffffffff, hidCommand.init, 8, new Uint8Array(8)));
    expect(host.take()).toEqual([{ channel: 0xffffffff, command: hidCommand.error, payload: [5] }]);
    expect(host.open()).toBeGreaterThan(0);
  });
});

describe('keep-alives', () => {
  /** A user who takes a second. */
  async function slow(fault?: string, parameters: FaultParameters = {}) {
    const rig = createRig();
    rig.user.otherwise(
      () => new Promise((resolve) => void rig.clock.after(1000, () => resolve({ outcome: 'approved' }))),
    );
    const client = await rig.client();
    const heard: string[] = [];
    if (fault !== undefined) rig.add(fault, parameters);
    const controller = new AbortController();
    const register = (): Promise<unknown> =>
      client.makeCredential(registration(), {
        onKeepAlive: (status) => void heard.push(status),
        signal: controller.signal,
      });
    return { rig, heard, controller, register };
  }

  it('come every 100 ms, but for ctaphid.no-keep-alive', async () => {
    const { heard, register, rig } = await slow('ctaphid.no-keep-alive');
    await rig.settle(register());
    expect(heard).toEqual([]);
    await rig.settle(register());
    expect(heard.length).toBeGreaterThanOrEqual(9);
    expect(rig.applied).toHaveLength(1);
  });

  it.each(['processing', 'upneeded'])('say %s for ever, until the host cancels', async (status) => {
    const { controller, heard, register, rig } = await slow('ctaphid.endless-keep-alive', { status });
    const running = register();
    running.catch(() => undefined);
    await rig.clock.advanceAsync(60_000);
    expect(heard.length).toBeGreaterThanOrEqual(598);
    expect(new Set(heard.slice(1))).toEqual(new Set([status]));
    expect(rig.user.questions).toEqual([]);
    controller.abort();
    await expect(rig.settle(running)).rejects.toMatchObject({ statusName: 'KEEPALIVE_CANCEL' });
    expect([...rig.key.keystore.all()]).toEqual([]);
  });

  it('end when the rule is taken away, and the command runs', async () => {
    const { register, rig } = await slow();
    const id = rig.add('ctaphid.endless-keep-alive', {}, {});
    const running = register();
    await rig.clock.advanceAsync(5000);
    rig.add('ctap.unknown-member', {}, { command: 'reset' });
    rig.faults.remove(id);
    await rig.settle(running);
    expect([...rig.key.keystore.all()]).toHaveLength(1);
  });
});
