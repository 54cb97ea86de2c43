import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Builder } from 'selenium-webdriver';
import authenticators from 'selenium-webdriver/lib/virtual_authenticator.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningWebDriver, WebDriverOptions } from '../../../src/app/api.ts';
import { runWebDriver } from '../../../src/app/webdriver.ts';
import { TransportError } from '../../../src/ports/transport.ts';
import { UsageError } from '../../../src/ports/errors.ts';

const driver = createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({ value: request.method === 'POST' ? { sessionId: 's1', capabilities: {} } : null }),
  );
});
beforeEach(() => new Promise<void>((resolve) => driver.listen(0, '127.0.0.1', resolve)));
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()));
  await new Promise((resolve) => driver.close(resolve));
});

const running: RunningWebDriver[] = [];

async function start(changes: Partial<WebDriverOptions> = {}): Promise<RunningWebDriver> {
  const upstream = `http://127.0.0.1:${(driver.address() as AddressInfo).port}`;
  const transports = ['tcp:127.0.0.1:0'];
  const options = { upstream, listen: '0', transports, onEvent: () => undefined, ...changes };
  const started = await runWebDriver(options);
  running.push(started);
  return started;
}

function post(url: string, path: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(url + path, { method: 'POST', body: JSON.stringify(body), headers });
}

const authenticator = { protocol: 'ctap2', transport: 'usb' };

describe('a WebDriver proxy that runs', () => {
  it('gives a session keys that hosts reach, and takes them away at its end', async () => {
    const seen: string[] = [];
    const { url } = await start({ onEvent: (event) => seen.push(event.type) });
    await post(url, '/session', { capabilities: {} });
    const made = await post(url, '/session/s1/webauthn/authenticator', authenticator);
    expect(await made.json()).toEqual({ value: expect.any(String) as string });
    seen.length = 0;
    await fetch(`${url}/session/s1`, { method: 'DELETE' });
    expect(seen).toEqual(['unplugged', 'key-removed']);
  });

  it('does nothing for a web page', async () => {
    const { url } = await start();
    const response = await post(url, '/session', {}, { origin: 'https://evil.example' });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ value: { error: 'unknown error' } });
  });

  it.each([
    ['a URL that is none', { upstream: 'chromedriver' }],
    ['a URL of another kind', { upstream: 'file:///tmp' }],
    ['an address that is none', { listen: 'here' }],
    ['a port above all ports', { listen: '70000' }],
    ['an address that others reach', { listen: '0.0.0.0:4445' }],
  ])('refuses %s with a hint', async (_, changes) => {
    const failure = await start(changes).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as UsageError).hint).toBeDefined();
  });

  it('refuses a transport that does not work, and an address that is taken, at once', async () => {
    await expect(start({ transports: ['unix:/no/such/directory/key'] })).rejects.toThrow(TransportError);
    const { url } = await start();
    await expect(start({ listen: new URL(url).port })).rejects.toThrow(/already listens/);
  });
});

describe('the client of Selenium', () => {
  it('drives a key with all that it knows of virtual authenticators', async () => {
    const { url } = await start();
    const selenium = await new Builder().usingServer(url).forBrowser('chrome').build();
    const options = new authenticators.VirtualAuthenticatorOptions();
    options.setHasResidentKey(true);
    options.setHasUserVerification(true);
    await selenium.addVirtualAuthenticator(options);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('binary');
    const [id, user] = [Buffer.alloc(16, 7), Buffer.from('alice')];
    await selenium.addCredential(
      authenticators.Credential.createResidentCredential(id, 'example.com', user, pkcs8, 5),
    );
    await selenium.addCredential(
      authenticators.Credential.createNonResidentCredential(Buffer.alloc(16, 8), 'example.org', pkcs8, 0),
    );
    const credentials = await selenium.getCredentials();
    expect(credentials.map((credential) => [credential.rpId(), credential.signCount()])).toEqual([
      ['example.com', 5],
      ['example.org', 0],
    ]);
    expect(credentials[0]?.privateKey()).toBe(pkcs8);
    await selenium.setUserVerified(true);
    await selenium.removeCredential([...id]);
    await selenium.removeAllCredentials();
    expect(await selenium.getCredentials()).toEqual([]);
    await selenium.removeVirtualAuthenticator();
    await selenium.quit();
  });
});
