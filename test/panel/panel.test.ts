import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import type { Browser, BrowserContext, Locator, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRelyingParty } from '../../examples/relying-party/server.mjs';
import type { RelyingParty } from '../../examples/relying-party/types.d.ts';
import { serveHttp, type HttpServer } from '../../src/app/http-server.ts';
import { defaultIdentity } from '../../src/app/create-key.ts';
import { profileOfNewKey } from '../../src/app/host/new-key.ts';
import { createKeyHost, type AppKeyHost } from '../../src/app/key-host.ts';
import { factoryState } from '../../src/authenticator/factory-state.ts';
import { createMemoryKeystore } from '../../src/keystore/memory.ts';
import { systemClock, systemRandom } from '../../src/app/system.ts';
import { createWebAuthnBridge } from '../../src/app/webauthn-bridge.ts';
import { createControlApp, type ControlApp } from '../../src/control/app.ts';
import { loopbackHosts } from '../../src/control/guard.ts';
import type { ControlledKey } from '../../src/control/handle.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { createBrowserUser } from '../../src/frameworks/browser-user.ts';
import { startPageMode } from '../../src/frameworks/page-mode.ts';
import { chromiumArguments, executablePath } from '../support/chromium.ts';

const token = 'a-token-for-the-panel-0123456789';
/** Where pictures of the views go when somebody wants to see them. */
const pictures = process.env['FAUXKEY_SCREENSHOTS'];

describe.skipIf(!existsSync(executablePath))('the panel in Chromium', () => {
  let browser: Browser;
  let site: RelyingParty;
  let host: AppKeyHost;
  let key: ControlledKey;
  let app: ControlApp;
  let server: HttpServer;
  let context: BrowserContext;
  let panel: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    [browser, site] = await Promise.all([
      chromium.launch({ executablePath, args: chromiumArguments }),
      createRelyingParty(),
    ]);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  beforeEach(async () => {
    problems.length = 0;
    host = createKeyHost();
    key = await host.create({ id: 'desk', consent: { action: 'ask' } });
    app = createControlApp({ host, clock: systemClock, token, hosts: loopbackHosts, version: '0.0.0' });
    server = await serveHttp((request) => app.fetch(request), { host: '127.0.0.1', port: 0 });
    context = await browser.newContext({ viewport: { width: 1180, height: 800 } });
    panel = await context.newPage();
    panel.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    panel.on('pageerror', (error) => problems.push(error.message));
    await panel.goto(`${server.url}/#token=${token}`);
    await panel.getByText('live', { exact: true }).waitFor();
    await card('desk').waitFor();
  });
  afterEach(async () => {
    await context.close();
    app.close();
    await server.close();
    await host.close();
    expect(problems).toEqual([]);
  });

  const open = (view: string) => panel.getByRole('link', { name: view, exact: true }).click();
  const card = (id: string): Locator => panel.locator(`[data-key="${id}"]`);
  const question = () => panel.getByLabel('The key asks');

  async function picture(name: string): Promise<void> {
    if (pictures === undefined) return;
    await mkdir(pictures, { recursive: true });
    await panel.screenshot({ path: join(pictures, `panel-${name}.png`) });
  }

  function siteBridge() {
    const platform = { crypto: createNodeCrypto(), random: systemRandom };
    return createWebAuthnBridge({ connect: () => key.connect(), clock: systemClock, platform });
  }

  /** The key again, with so many passkeys, all with one private key. */
  async function fill(count: number): Promise<void> {
    const first = await key.credentials.add({ rpId: 'site.example', discoverable: false });
    const credentials = Array.from({ length: count }, (_, index) => ({
      ...first,
      id: Buffer.from(`credential-${String(index).padStart(8, '0')}`),
      rpId: `site-${index % 100}.example`,
      user: { id: Buffer.from(`user-${index}`), name: `user-${index}@example.com` },
      discoverable: true,
      signCount: index,
    }));
    const named = profileOfNewKey({});
    const keystore = createMemoryKeystore({
      random: systemRandom,
      factory: factoryState(named.profile, systemRandom),
    });
    await keystore.addAll(credentials, 'fail');
    await host.remove('desk');
    key = await host.add({
      id: 'desk',
      name: 'desk',
      named,
      keystore,
      admin: keystore.openHandle(),
      identity: defaultIdentity,
      transports: [],
      consent: { action: 'ask' },
    });
  }

  it('answers the ceremony of a real browser: allowed by a click, denied by the keyboard', async () => {
    const pages = await browser.newContext();
    const bridge = siteBridge();
    const user = createBrowserUser();
    await startPageMode(pages, { bridge, user, attachment: 'cross-platform', hasPasskey: () => false });
    const page = await pages.newPage();
    await page.goto(site.url);
    await page.waitForFunction('window.relyingParty !== undefined');
    const register = (name: string): Promise<unknown> =>
      page.evaluate(`window.relyingParty.register({ user: '${name}', userVerification: 'discouraged' })`);

    const allowed = register('alice');
    await question().getByText('Register this key with localhost').waitFor();
    await question().getByText('alice').first().waitFor();
    await picture('question');
    await question().getByRole('button', { name: 'Allow' }).click();
    expect(await allowed).toMatchObject({ ok: true });
    await question().waitFor({ state: 'detached' });

    const denied = register('bob');
    await question().waitFor();
    // The answer that allows has the focus; the one beside it denies.
    await panel.keyboard.press('Tab');
    await panel.keyboard.press('Enter');
    expect(await denied).toMatchObject({ ok: false, error: { name: 'NotAllowedError' } });
    await open('Trace');
    await panel.locator('.entry.bad').first().waitFor();
    await picture('trace');
    await panel.locator('.entry', { hasText: 'makeCredential' }).last().press('Enter');
    await panel.getByText('clientDataHash').first().waitFor();
    await panel
      .getByText(/\d+ packets/)
      .first()
      .click();
    await panel
      .getByText(/→ [0-9a-f]{128}/)
      .first()
      .waitFor();
    await pages.close();
  });

  it('takes a PIN for built-in verification, and shows what a site named itself as text', async () => {
    await host.remove('desk');
    key = await host.create({ id: 'pad', profile: 'keypad', consent: { action: 'ask' } });
    await key.pin.set('2580');
    const options = {
      rp: { id: 'example.com', name: 'Example' },
      user: { id: 'AQID', name: '<img src=x onerror=alert(1)>', displayName: 'Mallory' },
      challenge: 'AAECAwQFBgcICQ',
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
      authenticatorSelection: { userVerification: 'required' },
    };
    const made = siteBridge().create({ origin: 'https://example.com', options });
    const pin = question().getByLabel('PIN', { exact: true });
    await pin.fill('1234');
    await pin.press('Enter');
    await question().getByText('4 tries left').waitFor();
    await pin.fill('2580');
    await pin.press('Enter');
    const asked = question().getByRole('button', { name: 'Allow', exact: true });
    await vi.waitFor(async () => {
      if (await asked.isVisible()) await asked.click();
      expect(key.credentials.list()).toHaveLength(1);
    });
    expect(await made).toHaveProperty('response');
    await open('Credentials');
    await panel.getByText('<img src=x onerror=alert(1)>').first().waitFor();
  });

  it('plugs, unplugs, makes and removes keys, and sets a PIN', async () => {
    await picture('keys');
    await card('desk').getByRole('button', { name: 'Unplug' }).click();
    await card('desk').getByText('unplugged').waitFor();
    expect(key.plugged).toBe(false);
    await card('desk').getByRole('button', { name: 'Plug in' }).click();
    await card('desk').getByText('plugged in').waitFor();

    await panel.getByLabel('Name').fill('second');
    await panel.getByLabel('Kind').selectOption('u2f');
    await panel.getByRole('button', { name: 'Make it' }).click();
    await card('second').waitFor();
    expect(host.require('second').describe().profile.name).toBe('u2f');
    // What cannot be undone is asked for twice.
    await card('second').getByRole('button', { name: 'Remove' }).click();
    expect(host.list()).toHaveLength(2);
    await card('second').getByRole('button', { name: 'Really remove?' }).click();
    await card('second').waitFor({ state: 'detached' });

    await card('desk').getByText('PIN', { exact: true }).last().click();
    await card('desk').getByLabel('New PIN').fill('12');
    await card('desk').getByRole('button', { name: 'Set', exact: true }).click();
    await panel.getByRole('alert').getByText('at least 4 characters').waitFor();
    expect(key.pin.state().set).toBe(false);
    problems.length = 0;
  });

  it('finds, changes and deletes one of ten thousand credentials', async () => {
    await fill(10_000);
    await open('Credentials');
    await panel.getByText('10000 of 10000').waitFor();
    expect(await panel.locator('.row').count()).toBeLessThan(100);
    await picture('credentials');
    await panel.getByRole('listbox').press('End');
    await panel.locator('.row.chosen', { hasText: 'user-0@example.com' }).waitFor();

    await panel.getByLabel('Search').fill('USER-7777@');
    await panel.getByText('1 of 10000').waitFor();
    await panel.locator('.row').click();
    await panel.getByLabel('Signature counter').fill('5');
    await panel.getByLabel('Backup eligible').check();
    await panel.getByRole('button', { name: 'Save' }).click();
    const find = () => key.credentials.list().find(({ user }) => user?.name === 'user-7777@example.com');
    await vi.waitFor(() => expect(find()).toMatchObject({ signCount: 5, backupEligible: true }));

    await panel.getByRole('button', { name: 'Delete', exact: true }).click();
    await panel.getByRole('button', { name: 'Really delete?' }).click();
    await panel.getByText('0 of 9999').waitFor();
    expect(find()).toBeUndefined();
  }, 60_000);

  it('switches policies and faults', async () => {
    await open('Behaviour');
    await panel.getByRole('radio', { name: 'denies' }).check();
    await vi.waitFor(() => expect(key.user.habit.action).toBe('deny'));
    await panel.getByLabel('Site').first().fill('example.com');
    await panel.getByLabel('How often').fill('2');
    await panel.getByRole('button', { name: 'Add', exact: true }).click();
    await panel.getByText('denies for example.com 2 more times').waitFor();
    expect(key.user.policies()).toMatchObject([{ action: 'deny', rpId: 'example.com', times: 2 }]);
    await panel.getByRole('button', { name: 'Remove' }).click();
    await vi.waitFor(() => expect(key.user.policies()).toEqual([]));

    const wrong = panel.getByRole('switch', { name: 'ctap.status' });
    await wrong.check();
    await vi.waitFor(() => expect(key.faults.list()).toMatchObject([{ fault: 'ctap.status', scope: {} }]));
    await panel.locator('.fault.on').waitFor();
    await picture('behaviour');
    await wrong.uncheck();
    await vi.waitFor(() => expect(key.faults.list()).toEqual([]));
  });

  it('gives the attestation root and the metadata statement', async () => {
    await open('Attestation');
    const download = panel.waitForEvent('download');
    await panel.getByRole('button', { name: 'Download desk-metadata.json' }).click();
    expect((await download).suggestedFilename()).toBe('desk-metadata.json');
    await panel.getByText('BEGIN CERTIFICATE').first().waitFor();
    await picture('attestation');
  });

  it('asks for the token when it has none, or the wrong one', async () => {
    const other = await browser.newContext();
    const page = await other.newPage();
    await page.goto(server.url);
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('The token is not the one').waitFor();
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('live', { exact: true }).waitFor();
    expect(page.url()).not.toContain(token);
    await other.close();
  });
});
