import { describe, expect, it } from 'vitest';
import { channelsPerHost } from '../../../src/ctaphid/channels.ts';
import { hidCommand, hidError } from '../../../src/ctaphid/command.ts';
import { broadcastChannel, buildInitPacket, fragmentMessage } from '../../../src/ctaphid/packet.ts';
import { createBench } from '../../support/hid-bench.ts';
import { settle } from '../../support/fake-clock.ts';

const error = (channel: number, code: number) => ({ channel, command: hidCommand.error, payload: [code] });
const pong = (channel: number, payload: readonly number[]) => ({
  channel,
  command: hidCommand.ping,
  payload,
});

function twoHosts(answerAborts = true) {
  const bench = createBench({ answerAborts });
  const [one, other] = [bench.host(), bench.host()];
  return { ...bench, bench, one, other, mine: one.open(), theirs: other.open() };
}

describe('several hosts', () => {
  it('share the device: one is busy for all', async () => {
    const { one, other, mine, theirs, handler } = twoHosts();
    one.sendMessage(mine, hidCommand.cbor, [1]);
    other.sendMessage(theirs, hidCommand.cbor, [4]);
    expect(other.take()).toEqual([error(theirs, hidError.channelBusy)]);
    handler.calls[0]?.answer([0]);
    await settle();
    expect(one.take()).toEqual([{ channel: mine, command: hidCommand.cbor, payload: [0] }]);
    expect(other.take()).toEqual([]);
  });

  it('cannot use, cancel, continue or resynchronise the channel of another', async () => {
    const { one, other, mine, handler } = twoHosts();
    one.sendMessage(mine, hidCommand.cbor, [1]);
    other.sendMessage(mine, hidCommand.cancel);
    other.sendMessage(mine, hidCommand.ping);
    other.sendMessage(mine, hidCommand.init, new Array<number>(8).fill(1));
    expect(handler.calls[0]?.transaction.signal.aborted).toBe(false);
    expect(other.take()).toEqual([
      error(mine, hidError.invalidChannel),
      error(mine, hidError.invalidChannel),
    ]);
    handler.calls[0]?.answer([0]);
    await settle();
    one.sendInit(mine, hidCommand.ping, 60);
    other.sendContinuation(mine, 9);
    one.sendContinuation(mine, 0);
    expect(one.take().map((message) => message.command)).toEqual([hidCommand.cbor, hidCommand.ping]);
  });

  it('that goes ends its command, and its answer goes nowhere', async () => {
    const { one, other, mine, theirs, handler, clock } = twoHosts();
    one.sendMessage(mine, hidCommand.cbor, [1]);
    one.link.close();
    expect(handler.calls[0]?.transaction.signal.aborted).toBe(true);
    await clock.advanceAsync(1000);
    expect(one.take()).toEqual([]);
    other.sendMessage(theirs, hidCommand.ping, [1]);
    expect(other.take()).toEqual([pong(theirs, [1])]);
  });

  it('that goes drops its partial message, without a late timeout', () => {
    const { one, other, mine, theirs, clock } = twoHosts();
    one.sendInit(mine, hidCommand.ping, 100);
    one.link.close();
    other.sendMessage(theirs, hidCommand.ping, [1]);
    clock.advance(10_000);
    expect(one.take()).toEqual([]);
    expect(other.take()).toEqual([pong(theirs, [1])]);
    expect(clock.pending).toBe(0);
  });

  it('that goes leaves the work and the lock of others alone', () => {
    const { bench, one, other, theirs, handler } = twoHosts();
    other.sendMessage(theirs, hidCommand.cbor, [1]);
    one.link.close();
    expect(handler.calls[0]?.transaction.signal.aborted).toBe(false);
    other.init(theirs);
    other.sendMessage(theirs, hidCommand.lock, [10]);
    bench.host().link.close();
    const third = bench.host();
    third.sendMessage(third.open(), hidCommand.ping);
    expect(third.take()).toMatchObject([{ command: hidCommand.error, payload: [hidError.channelBusy] }]);
  });

  it('that goes leaves the partial message of another alone', () => {
    const { one, other, theirs } = twoHosts();
    other.sendInit(theirs, hidCommand.ping, 60);
    one.link.close();
    other.sendContinuation(theirs, 0);
    expect(other.take()).toEqual([pong(theirs, new Array<number>(60).fill(0))]);
  });

  it('that goes takes its lock and its channels with it', () => {
    const { bench, one, other, mine, theirs } = twoHosts();
    one.sendMessage(mine, hidCommand.lock, [10]);
    one.link.close();
    one.link.close();
    other.sendMessage(theirs, hidCommand.ping, [1]);
    expect(other.take()).toEqual([pong(theirs, [1])]);
    expect(bench.host().init(mine).channel).toBe(mine);
  });

  it('that is gone is not heard any more: it takes no channel', () => {
    const { one, other, mine } = twoHosts();
    one.link.close();
    one.sendInit(mine, hidCommand.init, 8);
    one.sendMessage(mine, hidCommand.ping, [1]);
    expect(one.take()).toEqual([]);
    expect(other.init(mine).channel).toBe(mine);
  });

  it('that goes in the middle of an answer gets no more of it', () => {
    const { engine } = createBench();
    const reports: Uint8Array[] = [];
    const link = engine.connect({
      send: (report) => {
        if (reports.push(report) === 2) link.close();
      },
    });
    link.receive(buildInitPacket(broadcastChannel, hidCommand.init, 8, new Uint8Array(8)));
    for (const report of fragmentMessage(1, hidCommand.ping, new Uint8Array(200))) link.receive(report);
    expect(reports).toHaveLength(2);
  });

  it('that goes during its own WINK gets no answer', () => {
    const { one, mine, handler } = twoHosts();
    handler.wink = () => one.link.close();
    one.sendMessage(mine, hidCommand.wink);
    expect(one.take()).toEqual([]);
  });

  it('that asks for channels without end loses its oldest, not the one it works with', () => {
    const { one, mine, handler } = twoHosts();
    one.sendMessage(mine, hidCommand.cbor, [1]);
    const oldest = one.open();
    for (let count = 0; count < channelsPerHost; count++) one.open();
    one.sendMessage(oldest, hidCommand.ping);
    one.sendMessage(mine, hidCommand.ping);
    expect(one.take()).toEqual([error(oldest, hidError.invalidChannel), error(mine, hidError.channelBusy)]);
    expect(handler.calls[0]?.transaction.signal.aborted).toBe(false);
  });
});

describe('a power cycle', () => {
  it('forgets channels, lock, partial message and command, then tells the rest of the key', async () => {
    const { bench, engine, one, other, mine, theirs, handler, clock } = twoHosts();
    one.sendMessage(mine, hidCommand.lock, [10]);
    one.sendMessage(mine, hidCommand.cbor, [1]);
    one.take();
    engine.powerCycle();
    expect(bench.powerCycles).toBe(1);
    expect(handler.calls[0]?.transaction.signal.aborted).toBe(true);
    await clock.advanceAsync(1000);
    one.sendMessage(mine, hidCommand.ping);
    other.sendMessage(theirs, hidCommand.ping);
    expect(one.take()).toEqual([error(mine, hidError.invalidChannel)]);
    expect(other.take()).toEqual([error(theirs, hidError.invalidChannel)]);
    const fresh = other.open();
    other.sendMessage(fresh, hidCommand.ping, [1]);
    expect(other.take()).toEqual([pong(fresh, [1])]);
  });

  it('drops a partial message', () => {
    const { engine, one, mine, clock } = twoHosts();
    one.sendInit(mine, hidCommand.ping, 100);
    engine.reset();
    clock.advance(10_000);
    expect(one.take()).toEqual([]);
  });

  it('with reset() alone leaves the rest of the key alone', () => {
    const { bench, engine } = twoHosts();
    engine.reset();
    expect(bench.powerCycles).toBe(0);
  });
});
