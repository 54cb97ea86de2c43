import { describe, expect, it } from 'vitest';
import { hidCommand, hidError } from '../../../src/ctaphid/command.ts';
import { broadcastChannel } from '../../../src/ctaphid/packet.ts';
import { createBench } from '../../support/hid-bench.ts';
import { settle } from '../../support/fake-clock.ts';

const error = (channel: number, code: number) => ({ channel, command: hidCommand.error, payload: [code] });
const served = new Set<number>([
  hidCommand.ping,
  hidCommand.msg,
  hidCommand.lock,
  hidCommand.init,
  hidCommand.wink,
  hidCommand.cbor,
  hidCommand.cancel,
]);

function openOne() {
  const bench = createBench();
  const host = bench.host();
  return { ...bench, host, channel: host.open() };
}

describe('INVALID_CMD', () => {
  it('answers every command that is not served, KEEPALIVE, ERROR and vendor commands among them', () => {
    for (let command = 0; command < 0x80; command++) {
      if (served.has(command)) continue;
      const { host, channel } = openOne();
      host.sendMessage(channel, command, [1]);
      expect(host.take()).toEqual([error(channel, hidError.invalidCommand)]);
    }
  });

  it('comes once and at once for an unknown command of several packets', () => {
    const { host, channel, clock } = openOne();
    host.sendInit(channel, 0x22, 100);
    expect(host.take()).toEqual([error(channel, hidError.invalidCommand)]);
    host.sendContinuation(channel, 0);
    clock.advance(10_000);
    expect(host.take()).toEqual([]);
  });

  it('answers MSG exactly while the core does not speak U2F', () => {
    const { host, channel, handler } = openOne();
    handler.speaksU2f = false;
    host.sendMessage(channel, hidCommand.msg, [0, 3, 0, 0]);
    expect(host.take()).toEqual([error(channel, hidError.invalidCommand)]);
    handler.speaksU2f = true;
    host.sendMessage(channel, hidCommand.msg, [0, 3, 0, 0]);
    expect(handler.calls).toMatchObject([{ kind: 'msg', message: [0, 3, 0, 0] }]);
  });

  it('answers CBOR exactly while the core does not speak CTAP2', () => {
    const { host, channel, handler } = openOne();
    handler.speaksCtap2 = false;
    host.sendMessage(channel, hidCommand.cbor, [4]);
    expect(host.take()).toEqual([error(channel, hidError.invalidCommand)]);
    expect(handler.calls).toEqual([]);
  });
});

describe('INVALID_LEN', () => {
  it.each([
    ['PING', hidCommand.ping, 7610],
    ['PING', hidCommand.ping, 0xffff],
    ['MSG', hidCommand.msg, 7610],
    ['CBOR', hidCommand.cbor, 7610],
    ['CBOR', hidCommand.cbor, 0],
    ['LOCK', hidCommand.lock, 0],
    ['LOCK', hidCommand.lock, 2],
    ['WINK', hidCommand.wink, 1],
    ['WINK', hidCommand.wink, 300],
  ])(
    'answers %s (command %i) of %i bytes at once, before any continuation, and once',
    (_, command, length) => {
      const { host, channel, clock, handler } = openOne();
      host.sendInit(channel, command, length);
      expect(host.take()).toEqual([error(channel, hidError.invalidLength)]);
      host.sendContinuation(channel, 0);
      clock.advance(10_000);
      expect(host.take()).toEqual([]);
      expect(handler.calls).toEqual([]);
      expect(handler.winks).toBe(0);
    },
  );

  it.each([0, 57, 58, 7609])('does not answer PING of %i bytes', (length) => {
    const { host, channel } = openOne();
    const payload = Array.from({ length }, (_, index) => index & 0xff);
    host.sendMessage(channel, hidCommand.ping, payload);
    expect(host.take()).toEqual([{ channel, command: hidCommand.ping, payload }]);
  });

  it('does not answer MSG without a byte: the core knows what to say', () => {
    const { host, channel, handler } = openOne();
    host.sendMessage(channel, hidCommand.msg);
    expect(handler.calls).toMatchObject([{ kind: 'msg', message: [] }]);
  });
});

describe('INVALID_CHANNEL', () => {
  it.each([
    ['zero', 0],
    ['broadcast', broadcastChannel],
    ['never given out', 0x12345678],
  ])('answers a request on channel %s, on that channel', (_, channel) => {
    const { host } = openOne();
    host.sendMessage(channel, hidCommand.ping, [1]);
    host.sendInit(channel, 0x22, 9999);
    expect(host.take()).toEqual([
      error(channel, hidError.invalidChannel),
      error(channel, hidError.invalidChannel),
    ]);
  });

  it('goes before CHANNEL_BUSY', () => {
    const { host, channel } = openOne();
    host.sendMessage(channel, hidCommand.cbor, [4]);
    host.sendMessage(0x12345678, hidCommand.ping);
    expect(host.take()).toEqual([error(0x12345678, hidError.invalidChannel)]);
  });

  it.each([0, broadcastChannel, 0x12345678])(
    'is not sent for CANCEL or a continuation (channel %i)',
    (channel) => {
      const { host } = openOne();
      host.sendMessage(channel, hidCommand.cancel);
      host.sendContinuation(channel, 0);
      expect(host.take()).toEqual([]);
    },
  );
});

describe('OTHER', () => {
  it('answers when the core rejects, and the key goes on', async () => {
    const { host, channel, handler, defects } = openOne();
    host.sendMessage(channel, hidCommand.cbor, [4]);
    const defect = new Error('a defect');
    handler.calls[0]?.fail(defect);
    await settle();
    expect(host.take()).toEqual([error(channel, hidError.other)]);
    expect(defects).toEqual([defect]);
    host.sendMessage(channel, hidCommand.ping, [1]);
    expect(host.take()).toEqual([{ channel, command: hidCommand.ping, payload: [1] }]);
  });

  it('answers when the response fits no message', async () => {
    const { host, channel, handler, defects } = openOne();
    host.sendMessage(channel, hidCommand.cbor, [4]);
    handler.calls[0]?.answer(new Array<number>(7610).fill(0));
    await settle();
    expect(host.take()).toEqual([error(channel, hidError.other)]);
    expect(defects).toHaveLength(1);
  });

  it('answers when the core throws at once', async () => {
    const { host, channel, handler, defects } = openOne();
    handler.cbor = () => {
      throw new Error('a defect');
    };
    host.sendMessage(channel, hidCommand.cbor, [4]);
    await settle();
    expect(host.take()).toEqual([error(channel, hidError.other)]);
    expect(defects).toHaveLength(1);
  });

  it('answers when the sign of WINK fails', () => {
    const { host, channel, handler, defects } = openOne();
    handler.wink = () => {
      throw new Error('no lamp');
    };
    host.sendMessage(channel, hidCommand.wink);
    expect(host.take()).toEqual([error(channel, hidError.other)]);
    expect(defects).toHaveLength(1);
  });
});

describe('what is no report', () => {
  it.each([0, 1, 63, 65])('%i bytes are ignored', (length) => {
    const { host, clock } = openOne();
    host.link.receive(new Uint8Array(length));
    clock.advance(10_000);
    expect(host.take()).toEqual([]);
  });
});
