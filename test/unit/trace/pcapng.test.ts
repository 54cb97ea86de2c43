import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hidCommand } from '../../../src/ctaphid/command.ts';
import { fidoReportDescriptor } from '../../../src/transports/uhid-codec.ts';
import { linkTypeUsbLinuxMmapped } from '../../../src/trace/pcapng.ts';
import { enumerationFrames, reportDescriptor, reportFrames } from '../../../src/trace/usb-frames.ts';
import { concatBytes } from '../../../src/ctap/bytes.ts';
import { benchIdentity } from '../../support/hid-bench.ts';
import { fromHex, toHex } from '../../support/hex.ts';
import { allow, assertion, pin, registration } from '../../support/protocol.ts';
import { createTracedKey } from './traced-key.ts';

interface Block {
  readonly type: number;
  readonly body: Buffer;
}

/** Blocks of a capture file, by the form that the draft describes: type, length, body, length again. */
function blocksOf(file: Uint8Array): readonly Block[] {
  const bytes = Buffer.from(file);
  const blocks: Block[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32LE(at + 4);
    expect(length % 4).toBe(0);
    expect(bytes.readUInt32LE(at + length - 4)).toBe(length);
    blocks.push({ type: bytes.readUInt32LE(at), body: bytes.subarray(at + 8, at + length - 4) });
    at += length;
  }
  return blocks;
}

describe('a USB frame', () => {
  it('has the header of LINKTYPE_USB_LINUX_MMAPPED, byte by byte', () => {
    const data = Uint8Array.from({ length: 64 }, (_, index) => index);
    const [submit, complete] = reportFrames(0x1234, 'to-key', data, 1_700_000_000_123.456);
    // id; type, transfer, endpoint, device; bus, setup and data flags; seconds, microseconds; status; lengths;
    // no setup; interval, start frame, flags, descriptors
    expect(toHex(submit!.bytes.subarray(0, 64))).toBe(
      toHex(
        fromHex(
          '3412000000000000 53 01 01 01 0100 2d 00 00f1536500000000 40e20100 8dffffff 40000000 40000000' +
            '0000000000000000 01000000 00000000 00000000 00000000',
        ),
      ),
    );
    expect(submit!.bytes.subarray(64)).toEqual(data);
    expect(toHex(complete!.bytes)).toBe(
      toHex(
        fromHex(
          '3412000000000000 43 01 01 01 0100 2d 3e 00f1536500000000 40e20100 00000000 40000000 00000000' +
            '0000000000000000 01000000 00000000 00000000 00000000',
        ),
      ),
    );
    const [asked, came] = reportFrames(1, 'to-host', data, 0);
    expect([...asked!.bytes.subarray(8, 16)]).toEqual([0x53, 1, 0x81, 1, 1, 0, 0x2d, 0x3c]);
    expect([...came!.bytes.subarray(8, 16)]).toEqual([0x43, 1, 0x81, 1, 1, 0, 0x2d, 0]);
    expect(came!.bytes.subarray(64)).toEqual(data);
  });

  it('tells the descriptors of the key as a host asks for them', () => {
    const answers = enumerationFrames(benchIdentity, 0)
      .filter((_, index) => index % 2 === 1)
      .map(({ bytes }) => toHex(bytes.subarray(64)));
    expect(answers[0]).toBe('12010002000000400912d0f123010102030 1'.replaceAll(' ', ''));
    expect(answers[1]).toBe(
      ['090229000101008032', '0904000002030000 00', '092111010001222200', '07058103400005', '07050103400005']
        .join('')
        .replaceAll(' ', ''),
    );
    expect(answers[2]).toBe(`1003${Buffer.from('Fauxkey', 'utf16le').toString('hex')}`);
    expect(answers[5]).toBe(toHex(fidoReportDescriptor));
    expect(reportDescriptor).toEqual(fidoReportDescriptor);
  });
});

describe('a capture file', () => {
  async function capture() {
    const { client, trace } = createTracedKey();
    const host = await client();
    await host.clientPin.setPin(pin);
    const made = await host.makeCredential(registration());
    await host.getAssertion(assertion(allow(made)));
    return trace;
  }

  it('is a section with one USB interface and a block for each half of a transfer', async () => {
    const trace = await capture();
    const [section, description, ...packets] = blocksOf(trace.toPcapng());
    expect(section!.type).toBe(0x0a0d0d0a);
    expect(section!.body.readUInt32LE(0)).toBe(0x1a2b3c4d);
    expect([section!.body.readUInt16LE(4), section!.body.readUInt16LE(6)]).toEqual([1, 0]);
    expect(description!.type).toBe(1);
    expect(description!.body.readUInt16LE(0)).toBe(linkTypeUsbLinuxMmapped);
    expect(new Set(packets.map(({ type }) => type))).toEqual(new Set([6]));
    const reports = trace.entries().flatMap((entry) => entry.packets);
    expect(packets).toHaveLength(12 + 2 * reports.length);
    const carried = packets
      .slice(12)
      .filter(({ body }) => body.readUInt32LE(12) === 128)
      .map(({ body }) => body.subarray(20 + 64, 20 + 128).toString('base64url'));
    expect(carried).toEqual(reports.map(({ report }) => report));
    const start = packets[12]!.body;
    const microseconds = start.readUInt32LE(4) * 2 ** 32 + start.readUInt32LE(8);
    expect(microseconds).toBe(Date.UTC(2026, 0, 1) * 1000);
  });

  it('comes in pieces that together are the same file', async () => {
    const trace = await capture();
    const follower = trace.follow({ format: 'pcapng', past: true });
    const pieces: Uint8Array[] = [];
    for (let piece = follower.take(); piece; piece = follower.take()) pieces.push(piece);
    expect(pieces.length).toBe(2);
    expect(concatBytes(...pieces)).toEqual(trace.toPcapng());
  });

  it('begins at once for a follower, before anything passed', () => {
    const { bench, trace } = createTracedKey();
    const follower = trace.follow({ format: 'pcapng' });
    expect(blocksOf(follower.take()!)).toHaveLength(2 + 12);
    expect(follower.take()).toBeUndefined();
    bench().open();
    expect(blocksOf(follower.take()!)).toHaveLength(4);
  });

  it('has no secrets', async () => {
    const trace = await capture();
    const { request } = trace
      .entries({ secrets: true })
      .find(({ command, request: asked }) => command === 'clientPin' && asked?.['newPinEnc'] !== undefined)!;
    const secret = Buffer.from(request!['newPinEnc'] as string, 'base64url');
    // Packets cut it somewhere.
    const pieces = Array.from({ length: 8 }, (_, index) => secret.subarray(10 * index, 10 * index + 10));
    const found = (file: Uint8Array) => pieces.filter((piece) => Buffer.from(file).includes(piece)).length;
    expect(found(trace.toPcapng({ secrets: true }))).toBeGreaterThanOrEqual(6);
    expect(found(trace.toPcapng())).toBe(0);
  });

  it('holds thousands of transactions', () => {
    const { bench, trace } = createTracedKey({ maxEntries: 2000, maxBytes: 1e9 });
    const host = bench();
    const channel = host.open();
    for (let times = 0; times < 1500; times++)
      host.sendMessage(channel, hidCommand.ping, new Uint8Array(300));
    expect(trace.entries()).toHaveLength(1501);
    expect(trace.toPcapng().length).toBeGreaterThan(1500 * 12 * 128);
  });
});

const tshark = spawnSync('tshark', ['--version']).status === 0;

describe.runIf(tshark)('Wireshark', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fauxkey-pcapng-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function ask(file: Uint8Array, ...args: readonly string[]): readonly string[] {
    const path = join(folder, 'trace.pcapng');
    writeFileSync(path, file);
    const output = execFileSync('tshark', ['-r', path, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    return output.toString().trim().split('\n');
  }

  it('opens it, knows the device for a FIDO key, and shows CTAPHID with what was asked', async () => {
    const { client, trace } = createTracedKey();
    const host = await client();
    await host.makeCredential(registration());
    const file = trace.toPcapng();
    const fields = (filter: string, ...names: readonly string[]) =>
      ask(file, '-Y', filter, '-T', 'fields', ...names.flatMap((name) => ['-e', name]));
    expect(fields('usb.idVendor', 'usb.idVendor', 'usb.idProduct')).toEqual(['0xf1d0\t0xfa0c']);
    expect(ask(file, '-V').join('\n')).toMatch(/Usage Page \(FIDO Alliance\)/);
    const reports = trace.entries().flatMap(({ packets }) => packets);
    expect(fields('usb.transfer_type == 1 && frame.len == 128', 'frame.len')).toHaveLength(reports.length);
    const comments = ask(file, '-Y', 'frame.comment', '-T', 'fields', '-e', 'frame.comment').join('\n');
    expect(comments).toContain('CTAPHID ffffffff INIT, 8 bytes');
    expect(comments).toContain('makeCredential example.com alice');
    const malformed = ask(file, '-Y', '_ws.malformed');
    expect(malformed).toEqual(['']);
  }, 60_000);
});
