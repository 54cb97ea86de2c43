import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Device, HIDAsync } from 'node-hid';
import { afterEach, describe, expect, it } from 'vitest';
import { listFidoHidDevices, openNodeHidPipe } from '../../../src/client/pipes/node-hid.ts';
import type { NodeHid } from '../../../src/client/pipes/node-hid.ts';
import { isFidoReportDescriptor } from '../../../src/client/pipes/report-descriptor.ts';
import { ReportQueue } from '../../../src/client/pipes/report-queue.ts';
import { connectStreamPipe } from '../../../src/client/pipes/stream.ts';
import { openUdpPipe } from '../../../src/client/pipes/udp.ts';
import { fromHex } from '../../../src/ctap/bytes.ts';

const report = (fill: number) => new Uint8Array(64).fill(fill);

describe('the queue of reports', () => {
  it('keeps the order, for readers that come before and after', async () => {
    const queue = new ReportQueue();
    const early = [queue.read(), queue.read()];
    for (const fill of [1, 2, 3, 4]) queue.push(report(fill));
    const late = [queue.read(), queue.read()];
    expect(await Promise.all([...early, ...late])).toEqual([1, 2, 3, 4].map(report));
  });

  it('gives what came before the end, then undefined, to waiting readers too', async () => {
    const queue = new ReportQueue();
    queue.push(report(1));
    expect(await queue.read()).toEqual(report(1));
    const waiting = queue.read();
    queue.end();
    queue.push(report(2));
    expect([await waiting, await queue.read()]).toEqual([undefined, undefined]);
  });

  it('loses no report to a read that was aborted', async () => {
    const queue = new ReportQueue();
    const controller = new AbortController();
    const aborted = expect(queue.read(controller.signal)).rejects.toThrow('stop');
    controller.abort(new Error('stop'));
    await aborted;
    queue.push(report(1));
    await expect(queue.read(controller.signal)).rejects.toThrow('stop');
    expect(await queue.read(new AbortController().signal)).toEqual(report(1));
  });
});

describe('the stream pipe', () => {
  let server: Server;
  let folder: string | undefined;
  afterEach(async () => {
    server.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
    folder = undefined;
  });

  async function listen(serve: (socket: Socket) => void, path?: string): Promise<number> {
    server = createServer(serve);
    await new Promise<void>((resolve) =>
      path === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(path, resolve),
    );
    const address = server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  it('cuts the stream into reports, however it arrives', async () => {
    const port = await listen((socket) => {
      socket.write(Buffer.concat([report(1), report(2).subarray(0, 10)]));
      setImmediate(() =>
        socket.end(Buffer.concat([report(2).subarray(10), report(3), report(4).subarray(0, 63)])),
      );
    });
    const pipe = await connectStreamPipe({ host: '127.0.0.1', port });
    const read = [await pipe.read(), await pipe.read(), await pipe.read(), await pipe.read()];
    expect(read).toEqual([report(1), report(2), report(3), undefined]);
    await pipe.close();
  });

  it('writes reports as they are over a Unix socket, and closes twice', async () => {
    folder = await mkdtemp(join(tmpdir(), 'fauxkey-'));
    const path = join(folder, 'key.sock');
    await listen((socket) => socket.pipe(socket), path);
    const pipe = await connectStreamPipe({ path });
    await pipe.write(report(7));
    expect(await pipe.read()).toEqual(report(7));
    await pipe.close();
    await pipe.close();
    expect(await pipe.read()).toBeUndefined();
    await expect(pipe.write(report(1))).rejects.toMatchObject({ problem: 'closed' });
  });

  it('says where no key answers', async () => {
    const port = await listen(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    await expect(connectStreamPipe({ host: '127.0.0.1', port })).rejects.toMatchObject({
      name: 'TransportError',
      problem: 'unavailable',
      message: `no key answers on 127.0.0.1:${port}`,
    });
  });
});

describe('the datagram pipe', () => {
  it('takes one datagram for one report and drops others', async () => {
    const peer = createSocket('udp4');
    peer.bind(0, '127.0.0.1');
    await once(peer, 'listening');
    peer.on('message', (message, from) => {
      peer.send('short', from.port, from.address);
      peer.send(message, from.port, from.address);
    });
    const pipe = await openUdpPipe('127.0.0.1', peer.address().port);
    await pipe.write(report(5));
    expect(await pipe.read()).toEqual(report(5));
    await pipe.close();
    await pipe.close();
    await expect(pipe.write(report(1))).rejects.toMatchObject({ problem: 'closed' });
    peer.close();
  });

  it('ends when nobody listens', async () => {
    const peer = createSocket('udp4');
    peer.bind(0, '127.0.0.1');
    await once(peer, 'listening');
    const { port } = peer.address();
    await new Promise<void>((resolve) => peer.close(resolve));
    const pipe = await openUdpPipe('127.0.0.1', port);
    await pipe.write(report(5));
    expect(await pipe.read()).toBeUndefined();
    await pipe.close();
  });
});

describe('report descriptors', () => {
  const fido = '06d0f10901a1010920150026ff007508954081020921150026ff00750895409102c0';
  it.each([
    ['a FIDO key', fido, true],
    ['a key whose usage page is written with four bytes', '07d0f10000' + fido.slice(6), true],
    ['a key with a long item in front', 'fe0201aabb' + fido, true],
    [
      'a keyboard',
      '05010906a101050719e029e71500250175019508810295017508810395057501050819012905910295017503910395067508150025650507190029658100c0',
      false,
    ],
    ['a device whose second collection is FIDO', '05010906a101c0' + fido, false],
    ['another usage of the page', '06d0f10902a101c0', false],
    ['nothing', '', false],
    ['a cut-off item', '06d0', false],
  ])('knows %s', (_, hex, expected) => {
    expect(isFidoReportDescriptor(fromHex(hex))).toBe(expected);
  });
});

describe('node-hid', () => {
  class FakeDevice extends EventEmitter {
    readonly written: number[][] = [];
    closes = 0;
    gone = false;
    write(values: number[]): Promise<number> {
      if (this.gone) return Promise.reject(new Error('Cannot write to HID device'));
      this.written.push(values);
      return Promise.resolve(values.length);
    }
    close(): Promise<void> {
      this.closes++;
      return Promise.resolve();
    }
  }

  function fakeNodeHid(devices: Partial<Device>[], device = new FakeDevice()): () => Promise<NodeHid> {
    return () =>
      Promise.resolve({
        devicesAsync: () => Promise.resolve(devices as Device[]),
        HIDAsync: { open: () => Promise.resolve(device as unknown as HIDAsync) },
      });
  }

  it('lists FIDO devices only', async () => {
    const common = { vendorId: 0x1209, productId: 0xf1d0, release: 1, interface: 0 };
    const devices = await listFidoHidDevices(
      fakeNodeHid([
        { ...common, path: '/dev/none1', usagePage: 1, usage: 6 },
        {
          ...common,
          path: '/dev/none2',
          usagePage: 0xf1d0,
          usage: 1,
          product: 'Key',
          manufacturer: '',
          serialNumber: '7',
        },
        { ...common, path: '/dev/no-such-hidraw' },
        { ...common, usagePage: 0xf1d0, usage: 1 },
      ]),
    );
    expect(devices).toEqual([
      { path: '/dev/none2', vendorId: 0x1209, productId: 0xf1d0, product: 'Key', serial: '7' },
    ]);
  });

  it('puts a report id in front of what it writes and hands on what it reads', async () => {
    const device = new FakeDevice();
    const pipe = await openNodeHidPipe('/dev/none', fakeNodeHid([], device));
    await pipe.write(report(3));
    expect(device.written).toEqual([[0, ...report(3)]]);
    device.emit('data', Buffer.from(report(4)));
    expect(await pipe.read()).toEqual(report(4));
    await pipe.close();
    await pipe.close();
    expect(device.closes).toBe(1);
    await expect(pipe.write(report(1))).rejects.toMatchObject({ problem: 'closed' });
  });

  it('ends when the key is pulled out', async () => {
    const device = new FakeDevice();
    const pipe = await openNodeHidPipe('/dev/none', fakeNodeHid([], device));
    const waiting = pipe.read();
    device.gone = true;
    device.emit('error', new Error('could not read from HID device'));
    expect(await waiting).toBeUndefined();
    await expect(pipe.write(report(1))).rejects.toMatchObject({ name: 'HidTransportError' });
  });

  it('says when a device cannot be opened', async () => {
    const load = fakeNodeHid([]);
    const broken = async (): Promise<NodeHid> => ({
      ...(await load()),
      HIDAsync: { open: () => Promise.reject(new Error('could not open HID device')) },
    });
    await expect(openNodeHidPipe('/dev/no-such-hidraw', broken)).rejects.toMatchObject({
      name: 'TransportError',
      problem: 'io',
      message: '/dev/no-such-hidraw cannot be opened',
    });
  });
});
