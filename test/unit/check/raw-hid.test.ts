import { describe, expect, it } from 'vitest';
import { CheckFailure } from '../../../src/check/check.ts';
import { describeValue, statusOf } from '../../../src/check/expect.ts';
import { quietTime, RawHid } from '../../../src/check/raw-hid.ts';
import { CtapHidError, CtapStatusError } from '../../../src/client/errors.ts';
import { hidCommand, hidError } from '../../../src/ctaphid/command.ts';
import { buildInitPacket, fragmentMessage } from '../../../src/ctaphid/packet.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { channelId, countingRandom, createScriptedPipe } from '../client/scripted-pipe.ts';

type React = Parameters<typeof createScriptedPipe>[0];
const patience = 1000;

function open(react: React = () => undefined) {
  const clock = createFakeClock();
  const pipe = createScriptedPipe(react);
  return { clock, pipe, raw: new RawHid(pipe, clock, countingRandom(), patience) };
}

const packet = (channel: number, command: number, ...data: readonly number[]) =>
  buildInitPacket(channel, command, data.length, Uint8Array.from(data));

async function failureOf(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CheckFailure);
  return (error as CheckFailure).message;
}

describe('packets as they are', () => {
  it('come one by one, those of other channels are passed over', async () => {
    const { raw, pipe, clock } = open();
    pipe.deliver(packet(7, hidCommand.ping, 1), packet(channelId, hidCommand.ping, 2));
    expect(await raw.packet(channelId)).toMatchObject({ channel: channelId, length: 1 });
    expect(clock.pending).toBe(0);
  });

  it('are nothing when none comes in time, or the key is gone', async () => {
    const { raw, clock, pipe } = open();
    const waited = raw.packet(channelId);
    await clock.advanceAsync(patience);
    expect(await waited).toBeUndefined();
    pipe.end();
    expect(await raw.packet(channelId)).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it('pass on what goes wrong below', async () => {
    const { clock } = open();
    const broken = { ...open().pipe, read: () => Promise.reject(new RangeError('unplugged')) };
    const raw = new RawHid(broken, clock, countingRandom(), patience);
    await expect(raw.packet(channelId)).rejects.toThrow('unplugged');
    expect(clock.pending).toBe(0);
  });

  it('wait on the channel that is kept, while another is listened to', async () => {
    const { raw, pipe } = open();
    raw.keep(7);
    pipe.deliver(packet(7, hidCommand.keepalive, 2), packet(channelId, hidCommand.ping));
    await raw.packet(channelId);
    expect(raw.answerWaits).toBe(false);
    pipe.deliver(packet(7, hidCommand.cbor, 0), packet(channelId, hidCommand.ping));
    await raw.packet(channelId);
    expect(raw.answerWaits).toBe(true);
    expect(await raw.packet(7)).toMatchObject({ command: hidCommand.keepalive });
    expect(await raw.packet(7)).toMatchObject({ command: hidCommand.cbor });
    expect(raw.answerWaits).toBe(false);
  });
});

describe('a whole message', () => {
  const long = new Uint8Array(100).fill(5);
  const [first, second] = fragmentMessage(channelId, hidCommand.ping, long) as [Uint8Array, Uint8Array];

  it('is put together, keep-alives left out', async () => {
    const { raw, pipe } = open();
    pipe.deliver(packet(channelId, hidCommand.keepalive, 1), first, second);
    expect(await raw.message(channelId)).toEqual({ command: hidCommand.ping, payload: long });
  });

  it.each([
    ['it sends a continuation packet without a beginning', [second]],
    ['its message is interrupted by another', [first, packet(channelId, hidCommand.ping)]],
    ['a part of its message is missing', [first, second.with(4, 1)]],
  ])('fails when %s', async (sentence, reports) => {
    const { raw, pipe } = open();
    pipe.deliver(...reports);
    expect(await failureOf(raw.message(channelId))).toBe(sentence);
  });
});

describe('INIT', () => {
  it('gives a channel', async () => {
    expect(await open().raw.allocate()).toBe(channelId);
  });

  it('passes over answers that are not to this question', async () => {
    const { raw, pipe } = open((key, command, nonce, channel) => {
      expect(command).toBe(hidCommand.init);
      key.answer(hidCommand.ping, [1], channel);
      key.answer(hidCommand.init, [...nonce.map((byte) => byte ^ 1), 0, 0, 0, 9, 2, 1, 1, 1, 4], channel);
      key.answer(hidCommand.init, [...nonce, 0, 0, 0, 8, 2, 1, 1, 1, 4], channel);
    });
    expect(await raw.init(channelId)).toMatchObject({ channel: 8 });
    expect(pipe.commands()).toEqual([hidCommand.init]);
  });

  it('is nothing after an ERROR or silence', async () => {
    const refusing = open((key) => key.answer(hidCommand.error, [hidError.invalidChannel]));
    expect(await refusing.raw.init(channelId)).toBeUndefined();
    const { raw, clock } = open();
    const asked = raw.init(channelId);
    await clock.advanceAsync(patience);
    expect(await asked).toBeUndefined();
  });
});

describe('what is expected', () => {
  const expectError = (react: React) => {
    const { raw, clock } = open(react);
    const run = raw
      .sendMessage(channelId, 0x40)
      .then(() => raw.expectError(channelId, 'asked so', hidError.invalidCommand, hidError.channelBusy));
    return { run, clock };
  };

  it('is an ERROR of one of the codes', async () => {
    await expectError((key) => key.answer(hidCommand.error, [hidError.channelBusy])).run;
    const wanted = 'ERROR INVALID_COMMAND or CHANNEL_BUSY';
    expect(await failureOf(expectError((key) => key.answer(hidCommand.error, [0x55])).run)).toBe(
      `asked so, it answers ERROR 0X55, not ${wanted}`,
    );
    expect(await failureOf(expectError((key) => key.answer(hidCommand.ping, [1])).run)).toBe(
      `asked so, it answers command 1, not ${wanted}`,
    );
    expect(await failureOf(expectError((key) => key.answer(hidCommand.error, [1, 1])).run)).toBe(
      'its ERROR has 2 bytes, not 1',
    );
    const silent = expectError(() => undefined);
    const failure = failureOf(silent.run);
    await silent.clock.advanceAsync(patience);
    expect(await failure).toBe(`asked so, it says nothing; ${wanted} is due`);
  });

  it('is silence', async () => {
    const { raw, pipe, clock } = open();
    const quiet = raw.expectSilence(channelId, 'asked so');
    await clock.advanceAsync(quietTime);
    await quiet;
    pipe.answer(hidCommand.ping, []);
    expect(await failureOf(raw.expectSilence(channelId, 'asked so'))).toBe(
      'asked so, it answers, although nothing is due',
    );
  });

  it.each<[string, React]>([
    ['with 1 bytes that are not the same', (key) => key.answer(hidCommand.ping, [9])],
    ['with ERROR OTHER', (key) => key.answer(hidCommand.error, [hidError.other])],
    ['with ERROR 0X0', (key) => key.answer(hidCommand.error, [])],
    ['with command 16', (key) => key.answer(hidCommand.cbor, [0])],
  ])('is PING, not an answer %s', async (words, react) => {
    const { raw } = open(react);
    expect(await failureOf(raw.expectPing(channelId, 'after that'))).toBe(
      `after that, it answers PING of 8 bytes ${words}`,
    );
  });

  it('is PING', async () => {
    const { raw } = open((key, command, data) => key.answer(command, data));
    await raw.expectPing(channelId, 'after that');
  });
});

describe('sentences', () => {
  it('name the status, or what came below it', async () => {
    expect(await statusOf(Promise.resolve())).toBe('OK');
    expect(await statusOf(Promise.reject(new CtapStatusError(0x31)))).toBe('PIN_INVALID');
    expect(await statusOf(Promise.reject(new CtapHidError(1)))).toBe('a CTAPHID error 1');
    await expect(statusOf(Promise.reject(new RangeError('gone')))).rejects.toThrow('gone');
  });

  it.each([
    [undefined, 'nothing'],
    [Uint8Array.of(0xab), 'ab'],
    [['a'], 'a list or map'],
    [new Map(), 'a list or map'],
    [null, 'null'],
    [-7, '-7'],
  ])('describe a value: %o', (value, words) => {
    expect(describeValue(value)).toBe(words);
  });
});
