import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyHost } from '../../../../src/app/key-host.ts';
import type { KeyHost } from '../../../../src/control/handle.ts';
import { createWebDriverProxy } from '../../../../src/control/webdriver/proxy.ts';
import { createUpstream } from '../../../../src/control/webdriver/upstream.ts';

/** A driver that remembers what it was asked and knows one session. */
interface Driver {
  readonly url: URL;
  readonly requests: {
    method: string;
    url: string;
    body: unknown;
    headers: NodeJS.Dict<string | string[]>;
  }[];
  close(): Promise<void>;
}

async function startDriver(): Promise<Driver> {
  const requests: Driver['requests'] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const { headers, method = '', url = '' } = request;
      requests.push({ method, url, headers, body: body ? JSON.parse(body) : undefined });
      const known = method === 'POST' ? url.endsWith('/session') : /\/session\/s1(\/|$)/.test(url);
      response.writeHead(known ? 200 : 404, { 'content-type': 'application/json', 'x-driver': 'yes' });
      response.end(JSON.stringify({ value: answer(known, method, url) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/hub`),
    requests,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function answer(known: boolean, method: string, url: string): unknown {
  if (!known) return { error: 'invalid session id', message: '', stacktrace: '' };
  if (method === 'POST') return { sessionId: 's1', capabilities: { browserName: 'firefox' } };
  return { url };
}

let driver: Driver;
let host: KeyHost;
let proxy: ReturnType<typeof createWebDriverProxy>;
beforeEach(async () => {
  driver = await startDriver();
  host = createKeyHost();
  proxy = createWebDriverProxy({ upstream: createUpstream(driver.url), host, transports: [] });
});
afterEach(async () => {
  await host.close();
  await driver.close();
});

const post = (path: string, body: unknown) =>
  proxy.request(path, { method: 'POST', body: JSON.stringify(body) });
const addOne = (session = 's1') =>
  post(`/session/${session}/webauthn/authenticator`, { protocol: 'ctap2', transport: 'usb' });

describe('a WebDriver proxy', () => {
  it('hands a new session on without what it answers itself, and announces that', async () => {
    const wanted = { browserName: 'firefox', 'webauthn:virtualAuthenticators': true };
    const response = await post('/session', {
      capabilities: {
        alwaysMatch: wanted,
        firstMatch: [{ 'webauthn:extension:prf': true, pageLoadStrategy: 'eager' }],
      },
    });
    expect(await response.json()).toEqual({
      value: {
        sessionId: 's1',
        capabilities: {
          browserName: 'firefox',
          'webauthn:virtualAuthenticators': true,
          'webauthn:extension:prf': true,
          'webauthn:extension:largeBlob': true,
          'webauthn:extension:credBlob': true,
        },
      },
    });
    expect(driver.requests).toMatchObject([
      {
        method: 'POST',
        url: '/hub/session',
        body: {
          capabilities: {
            alwaysMatch: { browserName: 'firefox' },
            firstMatch: [{ pageLoadStrategy: 'eager' }],
          },
        },
      },
    ]);
    expect(JSON.stringify(driver.requests[0]?.body)).not.toContain('webauthn');
  });

  it('hands everything else on as it is, query and headers included', async () => {
    const response = await proxy.request('/session/s1/element/7/text?a=b', { headers: { 'x-mine': '1' } });
    expect(response.headers.get('x-driver')).toBe('yes');
    expect(await response.json()).toEqual({ value: { url: '/hub/session/s1/element/7/text?a=b' } });
    expect(driver.requests[0]?.headers).toMatchObject({ 'x-mine': '1', host: driver.url.host });
  });

  it('keeps the eight commands, and takes the keys away when the session ends', async () => {
    await post('/session', { capabilities: {} });
    expect((await addOne()).status).toBe(200);
    expect(host.list()).toHaveLength(1);
    expect(driver.requests.map(({ url }) => url)).toEqual(['/hub/session']);
    expect((await proxy.request('/session/s1', { method: 'DELETE' })).status).toBe(200);
    expect(host.list()).toEqual([]);
  });

  it('asks the driver about a session that it has not seen', async () => {
    expect((await addOne('s1')).status).toBe(200);
    const stranger = await addOne('s9');
    expect(stranger.status).toBe(404);
    expect(await stranger.json()).toMatchObject({ value: { error: 'invalid session id' } });
    expect(host.list()).toHaveLength(1);
  });

  it('hands on what is no JSON, and answers of a driver that made no session', async () => {
    expect((await post('/elsewhere', { x: 1 })).status).toBe(404);
    expect((await addOne('..%2Fs1')).status).toBe(404);
  });

  it('says so in WebDriver terms when there is no driver, and still takes the keys of a lost session away', async () => {
    await post('/session', { capabilities: {} });
    await addOne();
    await driver.close();
    const lost = await proxy.request('/session/s1', { method: 'DELETE' });
    expect(lost.status).toBe(500);
    expect(await lost.json()).toMatchObject({
      value: {
        error: 'unknown error',
        message: expect.stringMatching(/start chromedriver or geckodriver/) as string,
      },
    });
    expect(host.list()).toEqual([]);
    driver = await startDriver();
  });
});
