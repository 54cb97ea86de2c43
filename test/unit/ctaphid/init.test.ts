import { describe, expect, it } from 'vitest';
import { hidCommand, hidError } from '../../../src/ctaphid/command.ts';
import { broadcastChannel } from '../../../src/ctaphid/packet.ts';
import { createBench } from '../../support/hid-bench.ts';

const nonce = [1, 2, 3, 4, 5, 6, 7, 8];
const error = (channel: number, code: number) => ({ channel, command: hidCommand.error, payload: [code] });

describe('INIT', () => {
  it('gives a fresh channel on broadcast and answers there, with nonce, versions and capabilities', () => {
    const { host } = createBench();
    const one = host();
    one.sendMessage(broadcastChannel, hidCommand.init, nonce);
    one.sendMessage(broadcastChannel, hidCommand.init, nonce);
    expect(one.take()).toEqual([
      {
        channel: broadcastChannel,
        command: hidCommand.init,
        payload: [...nonce, 0, 0, 0, 1, 2, 1, 2, 3, 0x05],
      },
      {
        channel: broadcastChannel,
        command: hidCommand.init,
        payload: [...nonce, 0, 0, 0, 2, 2, 1, 2, 3, 0x05],
      },
    ]);
  });

  it('says that MSG is not implemented when the core does not speak U2F at this moment', () => {
    const { host, handler } = createBench();
    const one = host();
    handler.speaksU2f = false;
    expect(one.init().capabilities).toBe(0x0d);
    handler.speaksU2f = true;
    expect(one.init().capabilities).toBe(0x05);
    handler.speaksCtap2 = false;
    expect(one.init().capabilities).toBe(0x01);
  });

  it('resynchronises a channel in use: same channel, answered on it', () => {
    const { host } = createBench();
    const one = host();
    const channel = one.open();
    one.sendMessage(channel, hidCommand.init, nonce);
    const [answer] = one.take();
    expect(answer?.channel).toBe(channel);
    expect(answer?.payload.slice(8, 12)).toEqual([0, 0, 0, channel]);
  });

  it('on a channel that was never given out is echoed and makes it usable', () => {
    const { host } = createBench();
    const one = host();
    expect(one.init(0x77777777).channel).toBe(0x77777777);
    one.sendMessage(0x77777777, hidCommand.ping, [1]);
    expect(one.take()).toEqual([{ channel: 0x77777777, command: hidCommand.ping, payload: [1] }]);
  });

  it('on a channel of another host is refused, and the other keeps it', () => {
    const { host } = createBench();
    const [one, other] = [host(), host()];
    const channel = one.open();
    other.sendMessage(channel, hidCommand.init, nonce);
    expect(other.take()).toEqual([error(channel, hidError.invalidChannel)]);
    one.sendMessage(channel, hidCommand.ping, [1]);
    expect(one.take()).toEqual([{ channel, command: hidCommand.ping, payload: [1] }]);
    expect(other.take()).toEqual([]);
  });

  it('on channel 0 is an invalid channel, whatever its length', () => {
    const { host } = createBench();
    const one = host();
    one.sendMessage(0, hidCommand.init, nonce);
    one.sendMessage(0, hidCommand.init, []);
    expect(one.take()).toEqual([error(0, hidError.invalidChannel), error(0, hidError.invalidChannel)]);
  });

  it.each([0, 7, 9, 17, 100, 0xffff])('with %i bytes is a length error and gives no channel', (length) => {
    const { host } = createBench();
    const one = host();
    one.sendInit(broadcastChannel, hidCommand.init, length);
    one.sendInit(0x55555555, hidCommand.init, length);
    one.sendMessage(0x55555555, hidCommand.ping);
    expect(one.take()).toEqual([
      error(broadcastChannel, hidError.invalidLength),
      error(0x55555555, hidError.invalidLength),
      error(0x55555555, hidError.invalidChannel),
    ]);
  });
});
