import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseHttpAddress, startControlServer } from '../../src/app/control-server.ts';
import { createKeyHost } from '../../src/app/key-host.ts';
import { FauxkeyControl } from '../../src/control/client/control.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';

const crypto = createNodeCrypto();
let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'fauxkey-control-'));
  process.env['XDG_RUNTIME_DIR'] = directory;
});

afterAll(() => {
  delete process.env['XDG_RUNTIME_DIR'];
  rmSync(directory, { recursive: true, force: true });
});

async function serve(address = '', allowRemote = false) {
  const host = createKeyHost({ crypto });
  const defects: unknown[] = [];
  const server = await startControlServer(host, {
    address,
    allowRemote,
    origins: [],
    version: '0.0.0',
    onDefect: (error) => defects.push(error),
  }).catch(async (error: unknown) => {
    await host.close();
    throw error;
  });
  onTestFinished(async () => {
    await server.close();
    await host.close();
    expect(defects).toEqual([]);
  });
  return { host, server, control: FauxkeyControl.connect(server) };
}

/** What a server says to these bytes, until it hangs up. */
function exchange(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('a control server at an address', () => {
  it('listens at a free port of this machine, with a token in a file of its user', async () => {
    const { control, server } = await serve();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(server.notes).toEqual([]);
    expect(server.token.length).toBeGreaterThanOrEqual(43);
    expect(readFileSync(server.tokenFile!, 'utf8')).toBe(`${server.token}\n`);
    expect(statSync(server.tokenFile!).mode & 0o777).toBe(0o600);
    await control.create({ id: 'k' });
    expect(await control.list()).toMatchObject([{ id: 'k' }]);
    await server.close();
    expect(existsSync(server.tokenFile!)).toBe(false);
    await expect(control.list()).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('gives each server a token of its own', async () => {
    const [first, second] = [await serve(), await serve()];
    const stranger = FauxkeyControl.connect({ url: second.server.url, token: first.server.token });
    await expect(stranger.list()).rejects.toMatchObject({ status: 401, code: 'unauthorized' });
  });

  it('refuses what a browser would send whose page was bound to this address', async () => {
    const { server } = await serve();
    const { host } = new URL(server.url);
    const request = (name: string, more = '') =>
      exchange(
        server.url,
        `GET /keys HTTP/1.1\r\nHost: ${name}\r\nAuthorization: Bearer ${server.token}\r\n${more}Connection: close\r\n\r\n`,
      );
    expect(await request('rebound.example')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await request(`rebound.example:${new URL(server.url).port}`)).toMatch(/^HTTP\/1\.1 403 /);
    expect(await request(host, 'Origin: http://rebound.example\r\n')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await request(host, `Origin: ${server.url}\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('cuts off what is larger than it may be', async () => {
    const { server } = await serve();
    const { host } = new URL(server.url);
    const head = `POST /keys/k/policies HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${server.token}\r\nContent-Type: application/json\r\n`;
    const announced = await exchange(server.url, `${head}Content-Length: 99999999\r\n\r\n{`);
    expect(announced).toMatch(/^HTTP\/1\.1 413 [^]*"code":"too-large"/);
  });

  it('tells another machine nothing unless it shall, and warns then', async () => {
    await expect(serve('0.0.0.0')).rejects.toMatchObject({ name: 'UsageError', hint: /--allow-remote/ });
    const { server } = await serve('0.0.0.0', true);
    expect(server.notes).toEqual([expect.stringContaining('nothing is encrypted')]);
  });

  it.each([
    ['', { host: '127.0.0.1', port: 0 }],
    ['7111', { host: '127.0.0.1', port: 7111 }],
    ['localhost', { host: 'localhost', port: 0 }],
    ['127.0.0.2:80', { host: '127.0.0.2', port: 80 }],
    ['[::1]:7111', { host: '::1', port: 7111 }],
    ['[::1]', { host: '::1', port: 0 }],
  ])('reads the address %j', (text, address) => {
    expect(parseHttpAddress(text)).toEqual(address);
  });

  it.each(['70000', '127.0.0.1:', 'a b', 'http://127.0.0.1', '::1', '127.0.0.1:99999', '-x'])(
    'does not read the address %j',
    (text) => {
      expect(() => parseHttpAddress(text)).toThrow(/no address/);
    },
  );

  it('says that a port is taken', async () => {
    const { server } = await serve();
    await expect(serve(new URL(server.url).host)).rejects.toMatchObject({
      name: 'TransportError',
      problem: 'in-use',
    });
  });

  it('serves a hundred keys to fifty listeners at once, one of whom never reads', async () => {
    const { control, host, server } = await serve();
    const headers = { authorization: `Bearer ${server.token}` };
    const lazy = await fetch(`${server.url}/events`, { headers });
    const listeners = await Promise.all(
      Array.from({ length: 50 }, () => control.events({ types: ['plugged'] })),
    );
    await Promise.all(Array.from({ length: 100 }, () => control.create()));
    const heard = await Promise.all(
      listeners.map(async (listener) => {
        const keys = new Set<string>();
        while (keys.size < 100) keys.add((await listener.next()).key);
        listener.close();
        return keys.size;
      }),
    );
    expect(heard).toEqual(Array.from({ length: 50 }, () => 100));
    expect(host.list()).toHaveLength(100);
    await lazy.body!.cancel();
  });

  it('lets a stream go on where its connection broke', async () => {
    const { host, server } = await serve();
    const wire = await openWire(server.url);
    const control = FauxkeyControl.connect({ url: wire.url, token: server.token });
    const events = await control.events({ types: ['key-created', 'key-removed'] });
    await host.create({ id: 'one' });
    expect(await events.next()).toMatchObject({ type: 'key-created', key: 'one' });
    wire.cut();
    await host.remove('one');
    expect(await events.next()).toMatchObject({ type: 'key-removed', key: 'one' });
    events.close();
  });
});

/** A wire to a server that can be cut; the next connection goes through again. */
async function openWire(url: string): Promise<{ readonly url: string; readonly cut: () => void }> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const wire = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  const cut = () => sockets.forEach((socket) => socket.destroy());
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    cut();
    wire.close();
  });
  return { url: `http://127.0.0.1:${(wire.address() as AddressInfo).port}`, cut };
}
