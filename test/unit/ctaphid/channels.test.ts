import { describe, expect, it } from 'vitest';
import { ChannelTable, channelsPerHost } from '../../../src/ctaphid/channels.ts';
import type { Random } from '../../../src/ports/random.ts';

const never = (): boolean => false;

function drawing(...values: readonly number[]): Random {
  let index = 0;
  return {
    bytes(length) {
      const bytes = new Uint8Array(length);
      new DataView(bytes.buffer).setUint32(0, values[Math.min(index++, values.length - 1)]!);
      return bytes;
    },
  };
}

describe('channels', () => {
  it('are 32-bit numbers drawn at random', () => {
    expect(new ChannelTable(drawing(0xdeadbeef)).allocate({}, never)).toBe(0xdeadbeef);
  });

  it('are read from a random source that returns views', () => {
    const random: Random = { bytes: () => Uint8Array.of(9, 9, 1, 2, 3, 4).subarray(2) };
    expect(new ChannelTable(random).allocate({}, never)).toBe(0x01020304);
  });

  it.each([
    ['zero', 0, 1],
    ['broadcast', 0xffffffff, 1],
  ])('are never %s', (_, drawn, given) => {
    expect(new ChannelTable(drawing(drawn)).allocate({}, never)).toBe(given);
  });

  it('are unique among all hosts even if the source repeats itself', () => {
    const table = new ChannelTable<object>(drawing(0xfffffffe));
    const channels = [table.allocate({}, never), table.allocate({}, never), table.allocate({}, never)];
    expect(channels).toEqual([0xfffffffe, 1, 2]);
  });

  it('belong to the host that asked, until it goes', () => {
    const table = new ChannelTable<object>(drawing(5, 6));
    const [one, other] = [{}, {}];
    table.allocate(one, never);
    table.allocate(other, never);
    expect(table.ownerOf(5)).toBe(one);
    expect(table.ownerOf(6)).toBe(other);
    table.release(one);
    expect(table.ownerOf(5)).toBeUndefined();
    expect(table.ownerOf(6)).toBe(other);
  });

  it('are limited for each host: the one not used for longest goes', () => {
    const table = new ChannelTable<object>(drawing(1000));
    const [greedy, other] = [{}, {}];
    const mine = table.allocate(other, never);
    const channels = Array.from({ length: channelsPerHost }, () => table.allocate(greedy, never));
    table.claim(channels[0]!, greedy, never);
    table.allocate(greedy, (channel) => channel === channels[1]);
    expect(table.ownerOf(channels[0]!)).toBe(greedy);
    expect(table.ownerOf(channels[1]!)).toBe(greedy);
    expect(table.ownerOf(channels[2]!)).toBeUndefined();
    expect(table.ownerOf(mine)).toBe(other);
  });

  it('that are used again displace nothing', () => {
    const table = new ChannelTable<object>(drawing(1000));
    const host = {};
    const channels = Array.from({ length: channelsPerHost }, () => table.allocate(host, never));
    table.claim(channels.at(-1)!, host, never);
    expect(channels.map((channel) => table.ownerOf(channel))).toEqual(channels.map(() => host));
  });
});
