import { describe, expect, it } from 'vitest';
import { MessageAssembler } from '../../../src/ctaphid/assembler.ts';
import { decodeInitResponse, encodeInitResponse } from '../../../src/ctaphid/init-response.ts';
import type { InitPacket, Packet } from '../../../src/ctaphid/packet.ts';
import {
  buildContinuationPacket,
  buildInitPacket,
  fragmentMessage,
  maxMessageSize,
  parsePacket,
} from '../../../src/ctaphid/packet.ts';

const bytes = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 7 + seed) & 0xff);
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

function parse(report: Uint8Array): Packet {
  const packet = parsePacket(report);
  if (!packet) throw new Error('no packet');
  return packet;
}

describe('packets', () => {
  it('has an initialization packet of channel, command with bit 7, length and data, all big-endian', () => {
    const report = buildInitPacket(0xa1b2c3d4, 0x10, 0x1db9, Uint8Array.of(4, 5));
    expect(hex(report)).toBe('a1b2c3d4' + '90' + '1db9' + '0405' + '00'.repeat(55));
  });

  it('has a continuation packet of channel, sequence and data', () => {
    const report = buildContinuationPacket(0x00000102, 0x7f, Uint8Array.of(9));
    expect(hex(report)).toBe('00000102' + '7f' + '09' + '00'.repeat(58));
  });

  it('reads an initialization packet', () => {
    const report = buildInitPacket(0xfffffffe, 0x3f, 0xffff, bytes(57));
    expect(parse(report)).toEqual({
      kind: 'init',
      channel: 0xfffffffe,
      command: 0x3f,
      length: 0xffff,
      data: bytes(57),
    });
  });

  it('reads a continuation packet', () => {
    const report = buildContinuationPacket(7, 3, bytes(59));
    expect(parse(report)).toEqual({ kind: 'continuation', channel: 7, sequence: 3, data: bytes(59) });
  });

  it('reads a report that is a view into a larger buffer', () => {
    const large = new Uint8Array(200);
    large.set(buildInitPacket(0x01020304, 1, 2, Uint8Array.of(5, 6)), 65);
    expect(parse(large.subarray(65, 129))).toMatchObject({ channel: 0x01020304, command: 1, length: 2 });
  });

  it.each([0, 1, 63, 65, 128])('takes a report of %i bytes for no packet', (length) => {
    expect(parsePacket(new Uint8Array(length))).toBeUndefined();
  });
});

describe('messages', () => {
  it('holds at most 7609 bytes', () => {
    expect(maxMessageSize).toBe(7609);
    expect(fragmentMessage(1, 1, bytes(7609))).toHaveLength(129);
    expect(() => fragmentMessage(1, 1, bytes(7610))).toThrow(RangeError);
  });

  it.each([
    [0, 1],
    [57, 1],
    [58, 2],
    [116, 2],
    [117, 3],
  ])('takes for %i bytes %i reports', (length, count) => {
    expect(fragmentMessage(1, 1, bytes(length))).toHaveLength(count);
  });

  // Plain comparisons inside the loops: half a million expectations would take ten seconds.
  it('comes back whole from its packets, for every length, and is whole only with the last', () => {
    const wrong: number[] = [];
    for (let length = 0; length <= maxMessageSize; length++) {
      const payload = bytes(length, length);
      const [first, ...rest] = fragmentMessage(0xabcdef01, 0x10, payload).map(parse);
      const message = new MessageAssembler(first as InitPacket);
      const steps = rest.map((packet) => packet.kind === 'continuation' && message.add(packet));
      const last = steps.pop() ?? 'complete';
      const inOrder = steps.every((step) => step === 'more') && last === 'complete' && message.complete;
      if (!inOrder || Buffer.compare(message.payload, payload) !== 0) wrong.push(length);
    }
    expect(wrong).toEqual([]);
  });

  it('is not disturbed when the report that carried it is used again', () => {
    const report = buildInitPacket(1, 1, 3, Uint8Array.of(1, 2, 3));
    const message = new MessageAssembler(parse(report) as InitPacket);
    report.fill(0);
    expect([...message.payload]).toEqual([1, 2, 3]);
  });

  it.each([
    ['skips', 1],
    ['goes back', 0],
  ])('notices a sequence that %s', (_, wrong) => {
    const [first, second] = fragmentMessage(1, 1, bytes(300)).map(parse);
    const message = new MessageAssembler(first as InitPacket);
    if (wrong === 0 && second?.kind === 'continuation') expect(message.add(second)).toBe('more');
    const packet = parse(buildContinuationPacket(1, wrong, bytes(59)));
    expect(packet.kind === 'continuation' && message.add(packet)).toBe('invalid-sequence');
  });
});

describe('the INIT response', () => {
  it('has 17 bytes: nonce, channel, protocol 2, version, capabilities', () => {
    const response = encodeInitResponse({
      nonce: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      channel: 0xcafe0001,
      version: [9, 8, 7],
      capabilities: 5,
    });
    expect(hex(response)).toBe('0102030405060708' + 'cafe0001' + '02' + '090807' + '05');
    expect(decodeInitResponse(response)).toEqual({
      nonce: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      channel: 0xcafe0001,
      protocolVersion: 2,
      version: [9, 8, 7],
      capabilities: 5,
    });
  });

  it.each([16, 18])('is not read from %i bytes', (length) => {
    expect(decodeInitResponse(new Uint8Array(length))).toBeUndefined();
  });
});
