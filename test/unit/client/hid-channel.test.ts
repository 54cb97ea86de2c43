import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lock, openHidChannel, ping, wink } from '../../../src/client/hid-channel.ts';
import type { HidChannel } from '../../../src/client/hid-channel.ts';
import type { HidChannelOptions } from '../../../src/client/hid-wire.ts';
import { hidCommand, hidError } from '../../../src/ctaphid/command.ts';
import { createCtapHidEngine } from '../../../src/ctaphid/engine.ts';
import {
  broadcastChannel,
  buildContinuationPacket,
  buildInitPacket,
  fragmentMessage,
  maxMessageSize,
} from '../../../src/ctaphid/packet.ts';
import type { MessageHandler } from '../../../src/ports/message-handler.ts';
import { createFakeClock, settle } from '../../support/fake-clock.ts';
import { connectEndpoint } from '../../support/local-key.ts';
import { channelId, countingRandom, createScriptedPipe, initReply } from './scripted-pipe.ts';
import type { ScriptedPipe } from './scripted-pipe.ts';

const { cbor, cancel, error, init, keepalive, msg } = hidCommand;

function open(
  react: Parameters<typeof createScriptedPipe>[0],
  options: Partial<HidChannelOptions> = {},
): { pipe: ScriptedPipe; clock: ReturnType<typeof createFakeClock>; channel: Promise<HidChannel> } {
  const pipe = createScriptedPipe(react);
  const clock = createFakeClock();
  const channel = openHidChannel({ pipe, clock, random: countingRandom(), ...options });
  return { pipe, clock, channel };
}

describe('opening a channel', () => {
  it('reads what the key says of itself and leaves no timer', async () => {
    const { channel, clock } = open(() => undefined);
    expect(await channel).toMatchObject({ id: channelId, device: { version: [1, 2, 3], capabilities: 5 } });
    expect(clock.pending).toBe(0);
  });

  it('skips replies with the nonce of another host', async () => {
    const pipe = createScriptedPipe(() => undefined);
    pipe.deliver(initReply(broadcastChannel, new Uint8Array(8), 7));
    const channel = await openHidChannel({ pipe, clock: createFakeClock(), random: countingRandom() });
    expect(channel.id).toBe(channelId);
  });

  it('gives up after the timeout', async () => {
    const pipe = { ...createScriptedPipe(() => undefined), write: () => Promise.resolve() };
    const clock = createFakeClock();
    const opening = openHidChannel({ pipe, clock, random: countingRandom(), timeoutMs: 300 });
    const outcome = expect(opening).rejects.toMatchObject({ name: 'HidTransportError', problem: 'timeout' });
    await clock.advanceAsync(300);
    await outcome;
  });

  it('reports a pipe that ends', async () => {
    const pipe = createScriptedPipe(() => undefined);
    const silent = {
      ...pipe,
      write: () => {
        pipe.end();
        return Promise.resolve();
      },
    };
    const opening = openHidChannel({ pipe: silent, clock: createFakeClock(), random: countingRandom() });
    await expect(opening).rejects.toMatchObject({ problem: 'closed' });
  });
});

describe('an exchange', () => {
  it('skips reports of other channels, also between the packets of its answer', async () => {
    const { channel } = open((pipe) => {
      const answer = fragmentMessage(channelId, cbor, new Uint8Array(100).fill(9));
      pipe.answer(cbor, [1], 99);
      pipe.deliver(answer[0]!);
      pipe.answer(error, [6], 99);
      pipe.deliver(answer[1]!);
    });
    expect(await (await channel).transact(cbor, Uint8Array.of(4))).toEqual(new Uint8Array(100).fill(9));
  });

  it('skips a continuation that continues nothing', async () => {
    const { channel } = open((pipe) => {
      pipe.deliver(buildContinuationPacket(channelId, 0, Uint8Array.of(7)));
      pipe.answer(cbor, [1]);
    });
    expect(await (await channel).transact(cbor, Uint8Array.of(4))).toEqual(Uint8Array.of(1));
  });

  it('gives CTAPHID errors by their code', async () => {
    const { channel } = open((pipe) => pipe.answer(error, [hidError.invalidLength]));
    await expect((await channel).transact(cbor, Uint8Array.of(4))).rejects.toMatchObject({
      name: 'CtapHidError',
      code: hidError.invalidLength,
      message: 'the key answered with CTAPHID error invalidLength',
    });
  });

  it('tells keep-alives, and each of them gives the key new time', async () => {
    const { channel, pipe, clock } = open(() => undefined, { timeoutMs: 300 });
    const seen: string[] = [];
    const answer = (await channel).transact(cbor, Uint8Array.of(4), {
      onKeepAlive: (s) => void seen.push(s),
    });
    for (const code of [1, 2, 2]) {
      await clock.advanceAsync(299);
      pipe.answer(keepalive, [code]);
      await settle();
    }
    await clock.advanceAsync(299);
    pipe.answer(cbor, [0]);
    expect(await answer).toEqual(Uint8Array.of(0));
    expect(seen).toEqual(['processing', 'upneeded', 'upneeded']);
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['an answer to another command', [buildInitPacket(channelId, msg, 1, Uint8Array.of(0))]],
    [
      'a length that no message has',
      [buildInitPacket(channelId, cbor, maxMessageSize + 1, Uint8Array.of(0))],
    ],
    [
      'a missing part',
      [
        buildInitPacket(channelId, cbor, 200, Uint8Array.of(0)),
        buildContinuationPacket(channelId, 1, new Uint8Array()),
      ],
    ],
    [
      'a message inside another',
      [
        buildInitPacket(channelId, cbor, 200, Uint8Array.of(0)),
        buildInitPacket(channelId, keepalive, 1, Uint8Array.of(1)),
      ],
    ],
  ])('does not accept %s', async (_, reports) => {
    const { channel } = open((pipe) => pipe.deliver(...reports));
    const exchange = (await channel).transact(cbor, Uint8Array.of(4));
    await expect(exchange).rejects.toMatchObject({ name: 'HidTransportError', problem: 'protocol' });
  });

  it('resynchronises before the next exchange after one that broke off, and skips the late answer', async () => {
    const { channel, pipe, clock } = open(
      (key, command, data, on) => {
        if (command === init)
          key.deliver(buildInitPacket(on, cbor, 1, Uint8Array.of(9)), initReply(on, data, on));
        else if (data[0] === 5) key.answer(cbor, [5]);
      },
      { timeoutMs: 300 },
    );
    const first = expect((await channel).transact(cbor, Uint8Array.of(4))).rejects.toMatchObject({
      problem: 'timeout',
    });
    await clock.advanceAsync(300);
    await first;
    expect(await (await channel).transact(cbor, Uint8Array.of(5))).toEqual(Uint8Array.of(5));
    expect(pipe.commands()).toEqual([init, cbor, init, cbor]);
  });

  it('runs one after the other', async () => {
    const { channel, pipe } = open((key, _, data) => {
      if (data[0] === 2) key.answer(cbor, [2]);
    });
    const [a, b] = [
      (await channel).transact(cbor, Uint8Array.of(1)),
      (await channel).transact(cbor, Uint8Array.of(2)),
    ];
    await settle();
    expect(pipe.commands()).toEqual([init, cbor]);
    pipe.answer(cbor, [1]);
    expect([await a, await b]).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
  });
});

describe('a busy key', () => {
  it('is an error at once without retries', async () => {
    const { channel } = open((pipe) => pipe.answer(error, [hidError.channelBusy]));
    await expect((await channel).transact(cbor, Uint8Array.of(4))).rejects.toMatchObject({ code: 6 });
  });

  it('is asked again every 100 ms, as often as allowed', async () => {
    let refusals = 2;
    const { channel, pipe, clock } = open(
      (key) => (refusals-- > 0 ? key.answer(error, [6]) : key.answer(cbor, [0])),
      { busyRetries: 2 },
    );
    const answer = (await channel).transact(cbor, Uint8Array.of(4));
    await clock.advanceAsync(99);
    expect(pipe.commands()).toEqual([init, cbor]);
    await clock.advanceAsync(101);
    expect(await answer).toEqual(Uint8Array.of(0));
    refusals = 3;
    const refused = expect((await channel).transact(cbor, Uint8Array.of(4))).rejects.toMatchObject({
      code: 6,
    });
    await clock.advanceAsync(200);
    await refused;
  });

  it('is not asked again after an abort', async () => {
    const controller = new AbortController();
    const { channel, pipe, clock } = open((key) => key.answer(error, [6]), { busyRetries: 9 });
    const exchange = (await channel).transact(cbor, Uint8Array.of(4), { signal: controller.signal });
    const outcome = expect(exchange).rejects.toThrow('enough');
    await settle();
    controller.abort(new Error('enough'));
    await outcome;
    expect(clock.pending).toBe(0);
    expect(pipe.commands()).toEqual([init, cbor]);
  });
});

describe('cancelling', () => {
  it('sends CANCEL once and gives the one final answer', async () => {
    const controller = new AbortController();
    const { channel, pipe } = open((key, command) => {
      if (command === cancel) key.answer(cbor, [0x2d]);
    });
    const answer = (await channel).transact(cbor, Uint8Array.of(1), { signal: controller.signal });
    await settle();
    controller.abort();
    expect(await answer).toEqual(Uint8Array.of(0x2d));
    expect(pipe.commands()).toEqual([init, cbor, cancel]);
  });

  it('never puts CANCEL between the packets of the request', async () => {
    const controller = new AbortController();
    const { channel, pipe } = open((key, command) => {
      if (command === cbor) controller.abort();
      if (command === cancel) key.answer(cbor, [0x2d]);
    });
    await (await channel).transact(cbor, new Uint8Array(150), { signal: controller.signal });
    const types = pipe.written.slice(1).map((report) => report[4]);
    expect(types).toEqual([0x90, 0x00, 0x01, 0x91]);
  });

  it('sends nothing for a signal that was aborted before', async () => {
    const { channel, pipe } = open(() => undefined);
    const exchange = (await channel).transact(cbor, Uint8Array.of(1), {
      signal: AbortSignal.abort(new Error('no')),
    });
    await expect(exchange).rejects.toThrow('no');
    expect(pipe.commands()).toEqual([init]);
  });

  it('does not send CANCEL to a U2F message', async () => {
    const controller = new AbortController();
    const { channel, pipe } = open((key) => {
      controller.abort();
      key.answer(msg, [0x90, 0]);
    });
    await (await channel).transact(msg, Uint8Array.of(0), { signal: controller.signal });
    expect(pipe.commands()).toEqual([init, msg]);
  });
});

describe('against the engine of a key', () => {
  function engine(handler: Partial<MessageHandler> = {}) {
    const clock = createFakeClock();
    const endpoint = createCtapHidEngine({
      identity: {
        vendorId: 1,
        productId: 2,
        manufacturer: 'm',
        product: 'p',
        serial: 's',
        version: [4, 5, 6],
      },
      handler: {
        cbor: (message) => Promise.resolve(message),
        msg: () => Promise.resolve(Uint8Array.of(0x90, 0)),
        wink: () => undefined,
        speaksU2f: true,
        speaksCtap2: true,
        ...handler,
      },
      clock,
      random: countingRandom(),
    });
    const connect = () =>
      openHidChannel({ pipe: connectEndpoint(endpoint), clock, random: countingRandom() });
    return { endpoint, clock, connect };
  }

  it('carries messages of every length both ways', async () => {
    const { connect } = engine();
    const channel = await connect();
    const lengths = fc.oneof(
      fc.integer({ min: 1, max: 300 }),
      fc.constantFrom(57, 58, 116, 117, maxMessageSize),
    );
    await fc.assert(
      fc.asyncProperty(lengths, fc.nat(255), async (length, seed) => {
        const payload = Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 0xff);
        expect(await ping(channel, payload)).toEqual(payload);
        expect(await channel.transact(cbor, payload)).toEqual(payload);
      }),
      { numRuns: 50 },
    );
  });

  it('winks, and locks out another host', async () => {
    let winks = 0;
    const { connect } = engine({
      wink: () => {
        winks++;
      },
    });
    const [mine, other] = [await connect(), await connect()];
    await wink(mine);
    expect(winks).toBe(1);
    await lock(mine, 10);
    await expect(ping(other, Uint8Array.of(1))).rejects.toMatchObject({ code: hidError.channelBusy });
    await lock(mine, 0);
    expect(await ping(other, Uint8Array.of(1))).toEqual(Uint8Array.of(1));
  });

  it('hears keep-alives and cancels', async () => {
    const { connect, clock } = engine({
      cbor: (_, transaction) => {
        transaction.setStatus('upneeded');
        return new Promise((resolve) => {
          transaction.signal.addEventListener('abort', () => resolve(Uint8Array.of(0x2d)));
        });
      },
    });
    const channel = await connect();
    const controller = new AbortController();
    const seen: string[] = [];
    const answer = channel.transact(cbor, Uint8Array.of(1), {
      signal: controller.signal,
      onKeepAlive: (status) => void seen.push(status),
    });
    await clock.advanceAsync(250);
    controller.abort();
    expect(await answer).toEqual(Uint8Array.of(0x2d));
    expect(seen.at(-1)).toBe('upneeded');
  });

  it('ends a running command with resync', async () => {
    let aborted = false;
    const { connect } = engine({
      cbor: (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve(Uint8Array.of(0x2d));
          });
        }),
    });
    const pipeChannel = await connect();
    const running = pipeChannel.transact(cbor, Uint8Array.of(1));
    running.catch(() => undefined);
    await settle();
    await pipeChannel.close();
    await expect(running).rejects.toMatchObject({ problem: 'closed' });
    expect(aborted).toBe(true);
    const next = await connect();
    await next.resync();
    expect(next.device.version).toEqual([4, 5, 6]);
  });
});
