import { describe, expect, it } from 'vitest';
import { hidCommand, hidError } from '../../../src/ctaphid/command.ts';
import { createBench } from '../../support/hid-bench.ts';
import { settle } from '../../support/fake-clock.ts';

/** The rows and columns of the transaction table, CTAP 2.3 §11.2.5. */

const error = (channel: number, code: number) => ({ channel, command: hidCommand.error, payload: [code] });
const pong = (channel: number, payload: readonly number[]) => ({
  channel,
  command: hidCommand.ping,
  payload,
});
const long = Array.from({ length: 100 }, (_, index) => index);

function openTwo() {
  const bench = createBench();
  const host = bench.host();
  return { ...bench, host, mine: host.open(), other: host.open() };
}

/** PING of 100 bytes of which 57 have come. */
function assembling() {
  const bench = openTwo();
  bench.host.sendInit(bench.mine, hidCommand.ping, 100, long.slice(0, 57));
  return bench;
}

/** CBOR that the core is at work on. */
function processing() {
  const bench = openTwo();
  bench.host.sendMessage(bench.mine, hidCommand.cbor, [4]);
  return bench;
}

function expectAssemblyGoesOn({ host, mine }: ReturnType<typeof assembling>): void {
  host.sendContinuation(mine, 0, long.slice(57));
  expect(host.take()).toEqual([pong(mine, long)]);
}

describe('idle', () => {
  it('starts a transaction with any request', () => {
    const { host, mine } = openTwo();
    host.sendMessage(mine, hidCommand.ping, long);
    expect(host.take()).toEqual([pong(mine, long)]);
  });

  it.each([0, 1])('ignores a continuation with sequence %i', (sequence) => {
    const { host, mine, clock } = openTwo();
    host.sendContinuation(mine, sequence, long.slice(57));
    clock.advance(10_000);
    expect(host.take()).toEqual([]);
  });

  it('ignores CANCEL, with and without a payload', () => {
    const { host, mine, clock } = openTwo();
    host.sendMessage(mine, hidCommand.cancel);
    host.sendMessage(mine, hidCommand.cancel, [1, 2]);
    clock.advance(10_000);
    expect(host.take()).toEqual([]);
  });

  it('sets no timer and says nothing', () => {
    const { host, mine, clock } = openTwo();
    host.sendMessage(mine, hidCommand.ping, long);
    host.take();
    expect(clock.pending).toBe(0);
  });
});

describe('assembling, on the same channel', () => {
  it('INIT aborts the message and is answered', () => {
    const { host, mine, clock } = assembling();
    expect(host.init(mine).channel).toBe(mine);
    host.sendContinuation(mine, 0, long.slice(57));
    clock.advance(10_000);
    expect(host.take()).toEqual([]);
  });

  it('INIT of a wrong length is one error and ends the message too', () => {
    const { host, mine, clock } = assembling();
    host.sendInit(mine, hidCommand.init, 7);
    clock.advance(10_000);
    expect(host.take()).toEqual([error(mine, hidError.invalidLength)]);
  });

  it.each([hidCommand.ping, hidCommand.cbor, hidCommand.lock, 0x40])(
    'another initialization packet (command %i) is a sequence error, once, and drops the message',
    (command) => {
      const { host, mine, clock } = assembling();
      host.sendInit(mine, command, 100);
      host.sendContinuation(mine, 0, long.slice(57));
      clock.advance(10_000);
      expect(host.take()).toEqual([error(mine, hidError.invalidSequence)]);
      host.sendMessage(mine, hidCommand.ping, [1]);
      expect(host.take()).toEqual([pong(mine, [1])]);
    },
  );

  it('the expected continuation completes it', () => {
    expectAssemblyGoesOn(assembling());
  });

  it.each([1, 0x7f])('sequence %i instead of 0 is an error, once, and drops the message', (sequence) => {
    const { host, mine, clock } = assembling();
    host.sendContinuation(mine, sequence, long.slice(57));
    host.sendContinuation(mine, 0, long.slice(57));
    clock.advance(10_000);
    expect(host.take()).toEqual([error(mine, hidError.invalidSequence)]);
  });

  it('CANCEL drops the message without a sound', () => {
    const { host, mine, clock } = assembling();
    host.sendMessage(mine, hidCommand.cancel);
    host.sendContinuation(mine, 0, long.slice(57));
    clock.advance(10_000);
    expect(host.take()).toEqual([]);
  });
});

describe('assembling, seen from other channels', () => {
  it('INIT is answered, on broadcast and as resync, and the message goes on', () => {
    const bench = assembling();
    expect(bench.host.open()).toBe(3);
    expect(bench.host.init(bench.other).channel).toBe(bench.other);
    expectAssemblyGoesOn(bench);
  });

  it('INIT from another channel does not prolong or end the timeout', () => {
    const { host, mine, clock } = assembling();
    clock.advance(499);
    host.open();
    clock.advance(1);
    expect(host.take()).toEqual([error(mine, hidError.messageTimeout)]);
  });

  it.each([hidCommand.ping, hidCommand.cbor, hidCommand.msg, hidCommand.lock, 0x40])(
    'another initialization packet (command %i) finds the channel busy, and its continuations silence',
    (command) => {
      const bench = assembling();
      bench.host.sendInit(bench.other, command, 100);
      bench.host.sendContinuation(bench.other, 0);
      bench.host.sendContinuation(bench.other, 5);
      expect(bench.host.take()).toEqual([error(bench.other, hidError.channelBusy)]);
      expectAssemblyGoesOn(bench);
    },
  );

  it('CANCEL is ignored', () => {
    const bench = assembling();
    bench.host.sendMessage(bench.other, hidCommand.cancel);
    expectAssemblyGoesOn(bench);
  });
});

describe('processing, on the same channel', () => {
  it('INIT aborts the command, is answered, and nothing of the command follows', async () => {
    const { host, mine, clock, handler } = processing();
    expect(host.init(mine).channel).toBe(mine);
    expect(handler.calls[0]?.transaction.signal.aborted).toBe(true);
    await clock.advanceAsync(10_000);
    expect(host.take()).toEqual([]);
  });

  it('INIT of a wrong length is an error and leaves the command alone', async () => {
    const { host, mine, handler } = processing();
    host.sendInit(mine, hidCommand.init, 9);
    handler.calls[0]?.answer([0]);
    await settle();
    expect(host.take()).toEqual([
      error(mine, hidError.invalidLength),
      { channel: mine, command: hidCommand.cbor, payload: [0] },
    ]);
  });

  it('another initialization packet finds the channel busy', async () => {
    const { host, mine, handler } = processing();
    host.sendMessage(mine, hidCommand.ping, [1]);
    expect(host.take()).toEqual([error(mine, hidError.channelBusy)]);
    handler.calls[0]?.answer([0]);
    await settle();
    expect(host.take()).toEqual([{ channel: mine, command: hidCommand.cbor, payload: [0] }]);
  });

  it.each([0, 9])('a continuation (sequence %i) is ignored', async (sequence) => {
    const { host, mine, handler } = processing();
    host.sendContinuation(mine, sequence);
    handler.calls[0]?.answer([0]);
    await settle();
    expect(host.take()).toEqual([{ channel: mine, command: hidCommand.cbor, payload: [0] }]);
  });
});

describe('processing, seen from other channels', () => {
  it('INIT is answered, on broadcast and as resync, and the command goes on', async () => {
    const { host, mine, other, handler } = processing();
    expect(host.open()).toBe(3);
    expect(host.init(other).channel).toBe(other);
    expect(handler.calls[0]?.transaction.signal.aborted).toBe(false);
    handler.calls[0]?.answer([0]);
    await settle();
    expect(host.take()).toEqual([{ channel: mine, command: hidCommand.cbor, payload: [0] }]);
  });

  it('another request finds the channel busy, and its continuations silence', () => {
    const { host, other, handler } = processing();
    host.sendMessage(other, hidCommand.cbor, long);
    expect(host.take()).toEqual([error(other, hidError.channelBusy)]);
    expect(handler.calls).toHaveLength(1);
  });

  it('CANCEL is ignored', async () => {
    const { host, mine, other, handler } = processing();
    host.sendMessage(other, hidCommand.cancel);
    expect(handler.calls[0]?.transaction.signal.aborted).toBe(false);
    handler.calls[0]?.answer([0, 1]);
    await settle();
    expect(host.take()).toEqual([{ channel: mine, command: hidCommand.cbor, payload: [0, 1] }]);
  });
});

describe('the timeout of a message', () => {
  it('ends it 500 ms after its last packet with one error, and then the key is free', () => {
    const { host, mine, other, clock } = openTwo();
    host.sendInit(mine, hidCommand.ping, 200);
    clock.advance(400);
    host.sendContinuation(mine, 0);
    clock.advance(499);
    expect(host.take()).toEqual([]);
    clock.advance(1);
    expect(host.take()).toEqual([error(mine, hidError.messageTimeout)]);
    host.sendContinuation(mine, 1);
    clock.advance(10_000);
    host.sendMessage(other, hidCommand.ping, [7]);
    expect(host.take()).toEqual([pong(other, [7])]);
  });

  it('is off once the message is whole', () => {
    const { host, mine, handler, clock } = openTwo();
    host.sendMessage(mine, hidCommand.msg, long);
    expect(handler.calls).toHaveLength(1);
    clock.advance(10_000);
    expect(host.take()).toEqual([]);
  });
});
