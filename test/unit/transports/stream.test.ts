import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { HidEndpoint } from '../../../src/ports/hid.ts';
import type { OpenTransport } from '../../../src/ports/transport.ts';
import { parseTransportSpec } from '../../../src/transports/spec.ts';
import {
  createTcpTransport,
  createUnixTransport,
  maxStreamClients,
  maxUnreadBytes,
} from '../../../src/transports/stream.ts';
import { createRecordingEndpoint, filled } from './recording-endpoint.ts';

const directory = mkdtempSync(join(tmpdir(), 'fauxkey-stream-'));
const opened: OpenTransport[] = [];
const sockets: Socket[] = [];
let names = 0;

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
});
afterAll(() => rmSync(directory, { recursive: true }));

const socketPath = (): string => join(directory, `s${names++}`);

async function openTcp(endpoint: HidEndpoint): Promise<OpenTransport> {
  const open = await createTcpTransport('127.0.0.1', 0).open(endpoint);
  opened.push(open);
  return open;
}

/** Connected, and known to the key: it has answered a report. */
async function client(open: OpenTransport, greet = true): Promise<Socket> {
  const spec = parseTransportSpec(open.address);
  const socket = spec.kind === 'unix' ? connect(spec.path) : spec.kind === 'tcp' ? connect(spec) : undefined;
  if (!socket) throw new Error('no stream');
  sockets.push(socket);
  await once(socket, 'connect');
  if (greet) {
    socket.write(filled(0xff));
    await readBytes(socket, 64);
  }
  return socket;
}

async function readBytes(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(length) as Buffer | null;
    if (bytes) return bytes;
    await once(socket, 'readable');
  }
}

describe('a key on TCP', () => {
  it('says where it is, with the port that it got', async () => {
    const open = await openTcp(createRecordingEndpoint());
    expect(open.address).toMatch(/^tcp:127\.0\.0\.1:[1-9]\d+$/);
    expect(open.warning).toBeUndefined();
  });

  it('puts reports together from pieces, and answers in order', async () => {
    const endpoint = createRecordingEndpoint();
    const socket = await client(await openTcp(endpoint));
    const stream = Buffer.concat([filled(1), filled(2), filled(3)]);
    for (const [start, end] of [
      [0, 1],
      [1, 100],
      [100, 192],
    ] as const) {
      await new Promise((resolve) => socket.write(stream.subarray(start, end), resolve));
    }
    expect(await readBytes(socket, 192)).toEqual(stream);
    expect(endpoint.links[0]?.received.slice(1)).toEqual([filled(1), filled(2), filled(3)]);
  });

  it('takes every client for a host of its own, and notices when one goes', async () => {
    const endpoint = createRecordingEndpoint();
    const open = await openTcp(endpoint);
    const one = await client(open);
    const other = await client(open);
    one.write(filled(1));
    other.write(filled(2));
    expect(await readBytes(one, 64)).toEqual(Buffer.from(filled(1)));
    expect(await readBytes(other, 64)).toEqual(Buffer.from(filled(2)));
    one.destroy();
    other.write(filled(3));
    await readBytes(other, 64);
    await expect.poll(() => endpoint.links[0]?.isClosed).toBe(true);
    expect(endpoint.links[1]?.isClosed).toBe(false);
  });

  it('answers what came before the client closed its side', async () => {
    const socket = await client(await openTcp(createRecordingEndpoint()), false);
    socket.end(filled(7));
    expect(await readBytes(socket, 64)).toEqual(Buffer.from(filled(7)));
  });

  it('disconnects a client that never reads, and keeps no more than a bound for it', async () => {
    const endpoint = createRecordingEndpoint(false);
    const open = await openTcp(endpoint);
    const socket = await client(open, false);
    socket.write(filled(1));
    await expect.poll(() => endpoint.links[0]?.received.length).toBe(1);
    socket.pause();
    // The system takes some megabytes itself before anything waits inside the key.
    let sent = 0;
    while (!endpoint.links[0]?.isClosed && sent < 64 << 20) {
      for (let count = 0; count < 1000; count++) endpoint.links[0]?.host.send(filled(1));
      sent += 64_000;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(endpoint.links[0]?.isClosed).toBe(true);
    expect(sent).toBeGreaterThan(maxUnreadBytes);
    const next = await client(open, false);
    next.write(filled(2));
    await expect.poll(() => endpoint.links[1]?.received).toEqual([filled(2)]);
  });

  it('turns away a web page that speaks HTTP to its port, and hears nothing of the body', async () => {
    const endpoint = createRecordingEndpoint();
    const socket = await client(await openTcp(endpoint), false);
    socket.resume();
    socket.write('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 640\r\n\r\n'.padEnd(128, ' '));
    socket.write(Buffer.alloc(640, 0xff));
    socket.on('error', () => undefined);
    await once(socket, 'close');
    expect(endpoint.links[0]?.received).toEqual([]);
  });

  it('takes a later report for a report, though it may look like HTTP', async () => {
    const endpoint = createRecordingEndpoint();
    const socket = await client(await openTcp(endpoint));
    socket.write('GET / HTTP/1.1\r\n'.padEnd(64));
    expect((await readBytes(socket, 64)).toString()).toMatch(/^GET/);
  });

  it('turns away more clients than its bound', async () => {
    const open = await openTcp(createRecordingEndpoint());
    for (let count = 0; count < maxStreamClients; count++) await client(open);
    const surplus = await client(open, false);
    surplus.resume();
    await once(surplus, 'close');
    sockets[0]?.destroy();
  });

  it('replugged hangs up on its clients, who may come again at the same address', async () => {
    const endpoint = createRecordingEndpoint();
    const open = await openTcp(endpoint);
    const socket = await client(open);
    socket.resume();
    const gone = once(socket, 'close');
    await open.replug();
    await gone;
    expect(endpoint.links[0]?.isClosed).toBe(true);
    await client(open);
    expect(endpoint.links[1]?.isClosed).toBe(false);
  });

  it('closed hangs up and listens no more', async () => {
    const endpoint = createRecordingEndpoint();
    const open = await createTcpTransport('127.0.0.1', 0).open(endpoint);
    const socket = await client(open);
    socket.resume();
    await Promise.all([once(socket, 'close'), open.close()]);
    expect(endpoint.links[0]?.isClosed).toBe(true);
    await expect(client(open)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    endpoint.links[0]?.host.send(filled(1));
  });

  it('warns when others than this machine can reach it', async () => {
    const open = await createTcpTransport('0.0.0.0', 0).open(createRecordingEndpoint());
    opened.push(open);
    expect(open.warning).toContain('0.0.0.0');
  });

  it('at a port in use, or an address of others, says what to do', async () => {
    const endpoint = createRecordingEndpoint();
    const spec = parseTransportSpec((await openTcp(endpoint)).address);
    const port = spec.kind === 'tcp' ? spec.port : 0;
    await expect(createTcpTransport('127.0.0.1', port).open(endpoint)).rejects.toMatchObject({
      name: 'TransportError',
      problem: 'in-use',
      message: expect.stringContaining(String(port)) as string,
      hint: expect.stringContaining('port 0') as string,
    });
    await expect(createTcpTransport('192.0.2.1', 0).open(endpoint)).rejects.toMatchObject({
      problem: 'unavailable',
    });
  });
});

describe('a key on a Unix socket', () => {
  async function openUnix(path: string): Promise<OpenTransport> {
    const open = await createUnixTransport(path).open(createRecordingEndpoint());
    opened.push(open);
    return open;
  }

  it('is for this user alone, and gone after it is closed', async () => {
    const path = socketPath();
    const open = await openUnix(path);
    expect(open.address).toBe(`unix:${path}`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const socket = await client(open);
    socket.resume();
    await Promise.all([once(socket, 'close'), open.close()]);
    expect(existsSync(path)).toBe(false);
  });

  it('takes the place of a socket that a killed process left behind', async () => {
    const path = socketPath();
    // Closing a descriptor that Node.js did not bind itself leaves the file, as a kill does.
    const leftover = createServer().listen(path);
    await once(leftover, 'listening');
    renameSync(path, `${path}.kept`);
    await new Promise((resolve) => leftover.close(resolve));
    renameSync(`${path}.kept`, path);
    expect(existsSync(path)).toBe(true);
    await client(await openUnix(path));
  });

  it('leaves a socket alone on which somebody listens', async () => {
    const path = socketPath();
    const first = await openUnix(path);
    await expect(openUnix(path)).rejects.toMatchObject({ name: 'TransportError', problem: 'in-use' });
    await client(first);
  });

  it('leaves a file alone that is no socket', async () => {
    const path = socketPath();
    writeFileSync(path, 'dear');
    await expect(openUnix(path)).rejects.toMatchObject({ problem: 'in-use', hint: 'Choose another path.' });
    expect(statSync(path).size).toBe(4);
  });

  it('in a directory that does not exist says so', async () => {
    await expect(openUnix(join(directory, 'none', 'key'))).rejects.toMatchObject({ problem: 'unavailable' });
  });
});
