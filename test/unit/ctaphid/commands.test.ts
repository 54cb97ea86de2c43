import { describe, expect, it } from 'vitest';
import { hidCommand, hidError } from '../../../src/ctaphid/command.ts';
import { createBench } from '../../support/hid-bench.ts';
import type { BenchOptions } from '../../support/hid-bench.ts';
import { settle } from '../../support/fake-clock.ts';

const error = (channel: number, code: number) => ({ channel, command: hidCommand.error, payload: [code] });
const alive = (channel: number, status: number) => ({
  channel,
  command: hidCommand.keepalive,
  payload: [status],
});
const cbor = (channel: number, payload: readonly number[]) => ({
  channel,
  command: hidCommand.cbor,
  payload,
});

function openTwo(options?: BenchOptions) {
  const bench = createBench(options);
  const host = bench.host();
  return { ...bench, bench, host, mine: host.open(), other: host.open() };
}

describe('CBOR and MSG', () => {
  it.each([
    ['cbor', hidCommand.cbor],
    ['msg', hidCommand.msg],
  ] as const)(
    'bring %s whole to the core and its answer back, in several packets each',
    async (kind, command) => {
      const { host, mine, handler } = openTwo();
      const request = Array.from({ length: 300 }, (_, index) => index & 0xff);
      const response = Array.from({ length: 1200 }, (_, index) => (index * 3) & 0xff);
      host.sendMessage(mine, command, request);
      expect(handler.calls).toMatchObject([{ kind, message: request, transaction: { channel: mine } }]);
      handler.calls[0]?.answer(response);
      await settle();
      expect(host.take()).toEqual([{ channel: mine, command, payload: response }]);
    },
  );

  it('serve one command after the other', async () => {
    const { host, mine, other, handler } = openTwo();
    for (const channel of [mine, other, mine]) {
      host.sendMessage(channel, hidCommand.cbor, [4]);
      handler.calls.at(-1)?.answer([0, channel]);
      await settle();
      expect(host.take()).toEqual([cbor(channel, [0, channel])]);
    }
  });
});

describe('KEEPALIVE', () => {
  it('comes every 100 ms while CBOR runs, never after the answer', async () => {
    const { host, mine, handler, clock } = openTwo();
    host.sendMessage(mine, hidCommand.cbor, [4]);
    clock.advance(99);
    expect(host.take()).toEqual([]);
    clock.advance(1);
    expect(host.take()).toEqual([alive(mine, 1)]);
    clock.advance(200);
    expect(host.take()).toEqual([alive(mine, 1), alive(mine, 1)]);
    handler.calls[0]?.answer([0]);
    await clock.advanceAsync(1000);
    expect(host.take()).toEqual([cbor(mine, [0])]);
    expect(clock.pending).toBe(0);
  });

  it('comes at once when the status changes, then 100 ms later', () => {
    const { host, mine, handler, clock } = openTwo();
    host.sendMessage(mine, hidCommand.cbor, [1]);
    clock.advance(50);
    handler.calls[0]?.transaction.setStatus('upneeded');
    expect(host.take()).toEqual([alive(mine, 2)]);
    handler.calls[0]?.transaction.setStatus('upneeded');
    clock.advance(99);
    expect(host.take()).toEqual([]);
    clock.advance(1);
    expect(host.take()).toEqual([alive(mine, 2)]);
    handler.calls[0]?.transaction.setStatus('processing');
    expect(host.take()).toEqual([alive(mine, 1)]);
  });

  it('is not sent when the answer is ready at once', async () => {
    const { host, mine, handler } = openTwo();
    host.sendMessage(mine, hidCommand.cbor, [4]);
    handler.calls[0]?.answer([0]);
    await settle();
    expect(host.take()).toEqual([cbor(mine, [0])]);
  });

  it('is never sent during MSG, not even when the status changes', async () => {
    const { host, mine, handler, clock } = openTwo();
    host.sendMessage(mine, hidCommand.msg, [0, 1, 3, 0]);
    handler.calls[0]?.transaction.setStatus('upneeded');
    await clock.advanceAsync(5000);
    expect(host.take()).toEqual([]);
    handler.calls[0]?.answer([0x69, 0x85]);
    await settle();
    expect(host.take()).toEqual([{ channel: mine, command: hidCommand.msg, payload: [0x69, 0x85] }]);
  });

  it('stops when the host, in the same process, cancels at the sight of one', async () => {
    const { engine, clock } = openTwo({ answerAborts: false });
    const reports: Uint8Array[] = [];
    const link = engine.connect({
      send: (report) => {
        reports.push(report);
        if (report[4] === 0xbb)
          link.receive(Uint8Array.of(0, 0, 0, 3, 0x91, ...new Array<number>(59).fill(0)));
      },
    });
    link.receive(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x86, 0, 8, ...new Array<number>(57).fill(0)));
    link.receive(Uint8Array.of(0, 0, 0, 3, 0x90, 0, 1, 4, ...new Array<number>(56).fill(0)));
    await clock.advanceAsync(1000);
    expect(reports.map((report) => report[4])).toEqual([0x86, 0xbb]);
    expect(clock.pending).toBe(0);
  });

  it('is over after the answer, whatever the core still says', async () => {
    const { host, mine, handler } = openTwo();
    host.sendMessage(mine, hidCommand.cbor, [4]);
    handler.calls[0]?.answer([0]);
    await settle();
    host.take();
    handler.calls[0]?.transaction.setStatus('upneeded');
    expect(host.take()).toEqual([]);
  });

  it('never comes between the packets of a message, though the host answers from inside', async () => {
    const { engine, handler, clock, host } = openTwo();
    const reports: Uint8Array[] = [];
    // A host that asks again as soon as it sees the first packet of an answer.
    const link = engine.connect({
      send: (report) => {
        reports.push(report);
        if (reports.length === 2)
          link.receive(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x86, 0, 8, ...report.slice(7)));
      },
    });
    link.receive(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x86, 0, 8, ...new Array<number>(57).fill(0)));
    link.receive(Uint8Array.of(0, 0, 0, 3, 0x90, 0, 1, 4, ...new Array<number>(56).fill(0)));
    handler.calls[0]?.answer(new Array<number>(100).fill(7));
    await clock.advanceAsync(0);
    expect(reports.map((report) => report[4])).toEqual([0x86, 0x90, 0x00, 0x86]);
    expect(host.take()).toEqual([]);
  });
});

describe('CANCEL', () => {
  it('is not answered; the command ends with its own single answer', async () => {
    const { host, mine, handler, clock } = openTwo();
    host.sendMessage(mine, hidCommand.cbor, [1]);
    clock.advance(150);
    host.take();
    host.sendMessage(mine, hidCommand.cancel);
    await clock.advanceAsync(1000);
    expect(handler.calls[0]?.transaction.signal.aborted).toBe(true);
    expect(host.take()).toEqual([cbor(mine, [0x2d])]);
  });

  it('stops keep-alives at once, however long the core takes', async () => {
    const { host, mine, handler, clock } = openTwo({ answerAborts: false });
    host.sendMessage(mine, hidCommand.cbor, [1]);
    host.sendMessage(mine, hidCommand.cancel);
    handler.calls[0]?.transaction.setStatus('upneeded');
    await clock.advanceAsync(1000);
    expect(host.take()).toEqual([]);
    handler.calls[0]?.answer([0, 9]);
    await settle();
    expect(host.take()).toEqual([cbor(mine, [0, 9])]);
  });

  it('with a payload, and a second one, change nothing', async () => {
    const { host, mine } = openTwo();
    host.sendMessage(mine, hidCommand.cbor, [1]);
    host.sendMessage(mine, hidCommand.cancel, [1, 2, 3]);
    host.sendMessage(mine, hidCommand.cancel);
    await settle();
    host.sendMessage(mine, hidCommand.cancel);
    expect(host.take()).toEqual([cbor(mine, [0x2d])]);
  });

  it('leaves the channel busy until the answer is out', async () => {
    const { host, mine, handler } = openTwo({ answerAborts: false });
    host.sendMessage(mine, hidCommand.cbor, [1]);
    host.sendMessage(mine, hidCommand.cancel);
    host.sendMessage(mine, hidCommand.ping);
    expect(host.take()).toEqual([error(mine, hidError.channelBusy)]);
    handler.calls[0]?.answer([0x2d]);
    await settle();
    expect(host.take()).toEqual([cbor(mine, [0x2d])]);
  });

  it('does not touch MSG', async () => {
    const { host, mine, handler } = openTwo();
    host.sendMessage(mine, hidCommand.msg, [0, 1, 0, 0]);
    host.sendMessage(mine, hidCommand.cancel);
    expect(handler.calls[0]?.transaction.signal.aborted).toBe(false);
    handler.calls[0]?.answer([0x90, 0]);
    await settle();
    expect(host.take()).toEqual([{ channel: mine, command: hidCommand.msg, payload: [0x90, 0] }]);
  });
});

describe('a command that nobody waits for any more', () => {
  it('frees the channel at once, and the next waits for its end in the core', async () => {
    const { host, mine, other, handler, clock } = openTwo({ answerAborts: false });
    host.sendMessage(mine, hidCommand.cbor, [1]);
    host.init(mine);
    host.sendMessage(mine, hidCommand.ping, [5]);
    expect(host.take()).toEqual([{ channel: mine, command: hidCommand.ping, payload: [5] }]);
    host.sendMessage(other, hidCommand.cbor, [4]);
    await clock.advanceAsync(100);
    expect(handler.calls).toHaveLength(1);
    expect(host.take()).toEqual([alive(other, 1)]);
    handler.calls[0]?.answer([0x2d]);
    await settle();
    expect(handler.calls[1]).toMatchObject({ message: [4], transaction: { channel: other } });
    handler.calls[1]?.answer([0]);
    await settle();
    expect(host.take()).toEqual([cbor(other, [0])]);
  });

  it('leaves nothing behind: a command long after its end starts at once', async () => {
    const { host, mine, handler } = openTwo();
    host.sendMessage(mine, hidCommand.cbor, [1]);
    host.init(mine);
    await settle();
    host.sendMessage(mine, hidCommand.cbor, [2]);
    expect(handler.calls.map((call) => call.message)).toEqual([[1], [2]]);
  });

  it('may be followed by others that give up as well: the core sees only the last', async () => {
    const { host, mine, handler } = openTwo({ answerAborts: false });
    for (const command of [1, 2, 3, 4]) {
      host.init(mine);
      host.sendMessage(mine, hidCommand.cbor, [command]);
    }
    handler.calls[0]?.answer([0x2d]);
    await settle();
    expect(handler.calls.map((call) => call.message)).toEqual([[1], [4]]);
    handler.calls[1]?.answer([0]);
    await settle();
    expect(host.take()).toEqual([cbor(mine, [0])]);
  });

  it('may be cancelled before the core sees it: the core learns so and answers once', async () => {
    const { host, mine, handler } = openTwo({ answerAborts: false });
    host.sendMessage(mine, hidCommand.cbor, [1]);
    host.init(mine);
    host.sendMessage(mine, hidCommand.cbor, [2]);
    host.sendMessage(mine, hidCommand.cancel);
    handler.calls[0]?.answer([0]);
    await settle();
    expect(handler.calls[1]?.transaction.signal.aborted).toBe(true);
    handler.calls[1]?.answer([0x2d]);
    await settle();
    expect(host.take()).toEqual([cbor(mine, [0x2d])]);
  });

  it('may reject: that is reported, and the next runs', async () => {
    const { host, mine, handler, defects } = openTwo({ answerAborts: false });
    host.sendMessage(mine, hidCommand.cbor, [1]);
    host.init(mine);
    host.sendMessage(mine, hidCommand.cbor, [2]);
    handler.calls[0]?.fail(new Error('a defect'));
    await settle();
    expect(defects).toHaveLength(1);
    expect(handler.calls).toHaveLength(2);
    expect(host.take()).toEqual([]);
  });
});

describe('WINK', () => {
  it('gives a sign and answers empty, at once', () => {
    const { host, mine, bench } = openTwo();
    host.sendMessage(mine, hidCommand.wink);
    expect(host.take()).toEqual([{ channel: mine, command: hidCommand.wink, payload: [] }]);
    expect(bench.handler.winks).toBe(1);
  });
});

describe('LOCK', () => {
  const locked = (channel: number) => ({ channel, command: hidCommand.lock, payload: [] });

  it('gives the channel sole use until its time is over', () => {
    const { host, mine, other, clock } = openTwo();
    host.sendMessage(mine, hidCommand.lock, [3]);
    expect(host.take()).toEqual([locked(mine)]);
    clock.advance(2999);
    host.sendMessage(other, hidCommand.ping, [1]);
    host.sendMessage(other, hidCommand.lock, [1]);
    host.sendMessage(mine, hidCommand.ping, [2]);
    expect(host.take()).toEqual([
      error(other, hidError.channelBusy),
      error(other, hidError.channelBusy),
      { channel: mine, command: hidCommand.ping, payload: [2] },
    ]);
    clock.advance(1);
    host.sendMessage(other, hidCommand.ping, [1]);
    expect(host.take()).toEqual([{ channel: other, command: hidCommand.ping, payload: [1] }]);
  });

  it('lets everybody have a channel, and nobody else resynchronise', () => {
    const { host, mine, other } = openTwo();
    host.sendMessage(mine, hidCommand.lock, [10]);
    host.take();
    const third = host.open();
    host.sendMessage(other, hidCommand.init, new Array<number>(8).fill(1));
    host.sendMessage(0x66666666, hidCommand.init, new Array<number>(8).fill(1));
    host.sendMessage(third, hidCommand.cbor, [4]);
    expect(host.take()).toEqual([
      error(other, hidError.channelBusy),
      error(0x66666666, hidError.channelBusy),
      error(third, hidError.channelBusy),
    ]);
    expect(host.init(mine).channel).toBe(mine);
  });

  it('of 0 seconds releases, and the last LOCK counts', () => {
    const { host, mine, other, clock } = openTwo();
    host.sendMessage(mine, hidCommand.lock, [10]);
    host.sendMessage(mine, hidCommand.lock, [1]);
    clock.advance(1000);
    host.sendMessage(other, hidCommand.lock, [10]);
    host.sendMessage(other, hidCommand.lock, [0]);
    host.sendMessage(mine, hidCommand.ping, [1]);
    expect(host.take()).toEqual([
      locked(mine),
      locked(mine),
      locked(other),
      locked(other),
      { channel: mine, command: hidCommand.ping, payload: [1] },
    ]);
  });

  it.each([11, 255])('of %i seconds is a bad parameter and locks nothing', (seconds) => {
    const { host, mine, other } = openTwo();
    host.sendMessage(mine, hidCommand.lock, [seconds]);
    host.sendMessage(other, hidCommand.ping, [1]);
    expect(host.take()).toEqual([
      error(mine, hidError.invalidParameter),
      { channel: other, command: hidCommand.ping, payload: [1] },
    ]);
  });
});
