import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startUhidReader } from '../../../src/transports/uhid-reader.ts';

const directory = mkdtempSync(join(tmpdir(), 'fauxkey-uhid-'));
afterAll(() => rmSync(directory, { recursive: true }));

/**
 * A pipe with a name blocks a reader as /dev/uhid does. A write of this size comes in one piece, and so does a read of as
 * much: one event for each, as there.
 */
const size = 64;

function createFifo(name: string): number {
  const path = join(directory, name);
  execFileSync('mkfifo', [path]);
  return openSync(path, 'r+');
}

function event(type: number, number = 0): Uint8Array {
  const bytes = new Uint8Array(size).fill(type, 0, 1);
  new DataView(bytes.buffer).setUint32(4, number);
  return bytes;
}

const [start, stop, close, output] = [2, 3, 5, 6];

// Only Linux has uhid, and mkfifo in this form.
describe.runIf(platform() === 'linux')('the reading thread', () => {
  it('gives events in order, those that wait and those that are waited for', async () => {
    const fd = createFifo('order');
    const reader = startUhidReader(fd, size);
    const got: Uint8Array[] = [];
    const expected = Array.from({ length: 600 }, (_, index) => event(output, index));
    for (let sent = 0; sent < expected.length; sent += 12) {
      const early = reader.read();
      for (const bytes of expected.slice(sent, sent + 12)) writeSync(fd, bytes);
      got.push(await early);
      for (let count = 1; count < 12; count++) got.push(await reader.read());
    }
    expect(got).toEqual(expected);
    reader.endAfterStop();
    writeSync(fd, event(stop));
    await reader.ended();
    closeSync(fd);
  });

  it('takes events while nobody asks for them, more than fit into it, and loses none', async () => {
    const fd = createFifo('busy');
    const reader = startUhidReader(fd, size);
    const expected = Array.from({ length: 900 }, (_, index) => event(output, index));
    for (const bytes of expected) writeSync(fd, bytes);
    const got: Uint8Array[] = [];
    for (let count = 0; count < expected.length; count++) got.push(await reader.read());
    expect(got).toEqual(expected);
    reader.endAfterStop();
    writeSync(fd, event(stop));
    await reader.ended();
    closeSync(fd);
  });

  it('ends with the STOP that was said to be the last, not with one before', async () => {
    const fd = createFifo('stop');
    const reader = startUhidReader(fd, size);
    writeSync(fd, event(stop));
    expect(await reader.read()).toEqual(event(stop));
    writeSync(fd, event(start));
    expect(await reader.read()).toEqual(event(start));
    reader.endAfterStop();
    writeSync(fd, event(close));
    writeSync(fd, event(stop));
    await reader.ended();
    expect([await reader.read(), await reader.read()]).toEqual([event(close), event(stop)]);
    closeSync(fd);
  });

  it('fills short events with zeros', async () => {
    const fd = createFifo('short');
    const reader = startUhidReader(fd, size);
    writeSync(fd, event(output, 0xffffffff));
    await reader.read();
    for (let count = 0; count < 256; count++) {
      writeSync(fd, Uint8Array.of(output, 0));
      expect(await reader.read()).toEqual(event(output));
    }
    reader.endAfterStop();
    writeSync(fd, event(stop));
    await reader.ended();
    closeSync(fd);
  });

  it('says when the file cannot be read', async () => {
    const fd = openSync('/dev/null', 'r+');
    const reader = startUhidReader(fd, size);
    await expect(reader.read()).rejects.toThrow('end of file');
    await reader.ended();
    await expect(reader.read()).rejects.toThrow('end of file');
    closeSync(fd);
  });
});
