import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRelyingParty } from '../../../examples/relying-party/server.mjs';
import type { RelyingParty } from '../../../examples/relying-party/types.d.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

interface CeremonyResult {
  readonly ok: boolean;
  readonly error?: { readonly name: string; readonly message: string; readonly from: string };
}

// The virtual authenticator of the browser stands in for the key: this is a test of the site alone.
describe.skipIf(!existsSync(executablePath))('relying party in Chromium', () => {
  let browser: Browser;
  let site: RelyingParty;
  let page: Page;
  let cdp: CDPSession;
  let authenticatorId: string;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args });
  }, 60_000);
  afterAll(() => browser.close());

  beforeEach(async () => {
    site = await createRelyingParty();
    page = await browser.newPage();
    cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    ({ authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'usb',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
      },
    }));
    await page.goto(site.url);
    await page.waitForFunction('window.relyingParty !== undefined');
  }, 60_000);
  afterEach(async () => {
    await page.context().close();
    await site.close();
  });

  function call(name: string, options: object): Promise<CeremonyResult> {
    return page.evaluate(`window.relyingParty.${name}(${JSON.stringify(options)})`);
  }

  it('registers and says what it verified', async () => {
    const result = await call('register', {
      user: 'alice',
      residentKey: 'required',
      userVerification: 'required',
      attestation: 'direct',
      algorithms: ['ES256'],
    });
    expect(result).toMatchObject({
      ok: true,
      user: 'alice',
      fmt: 'packed',
      algorithm: 'ES256',
      flags: { up: true, uv: true, be: false, bs: false, at: true },
      transports: ['usb'],
      authenticatorAttachment: 'cross-platform',
      discoverable: true,
    });
  });

  it('signs in with an allow list, without a name, and steps up', async () => {
    await call('register', { user: 'alice', residentKey: 'required' });
    const named = await call('signIn', { user: 'alice', userVerification: 'discouraged' });
    expect(named).toMatchObject({ ok: true, user: 'alice' });
    const usernameless = await call('signIn', {});
    expect(usernameless).toMatchObject({ ok: true, user: 'alice', flags: { uv: true } });
    const { counterBefore, counterAfter } = usernameless as unknown as Record<string, number>;
    expect(counterAfter).toBeGreaterThan(counterBefore!);
    expect(await call('stepUp', { user: 'alice' })).toMatchObject({ ok: true, flags: { uv: true } });
  });

  it('shows the names of DOMExceptions', async () => {
    await call('register', { user: 'alice' });
    expect(await call('register', { user: 'alice' })).toMatchObject({
      ok: false,
      error: { name: 'InvalidStateError', from: 'browser' },
    });
    expect(await call('register', { user: 'alice', rpId: 'example.com' })).toMatchObject({
      error: { name: 'SecurityError', from: 'browser' },
    });
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    expect(await call('stepUp', { user: 'alice', timeout: 1000 })).toMatchObject({
      error: { name: 'NotAllowedError', from: 'browser' },
    });
  });

  it('refuses a counter that went back', async () => {
    await call('register', { user: 'alice', residentKey: 'required' });
    await call('signIn', { user: 'alice' });
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    await cdp.send('WebAuthn.clearCredentials', { authenticatorId });
    await cdp.send('WebAuthn.addCredential', {
      authenticatorId,
      credential: { ...credentials[0]!, signCount: 1 },
    });
    expect(await call('signIn', { user: 'alice' })).toMatchObject({
      ok: false,
      error: {
        name: 'CounterWentBack',
        message: 'The signature counter is 2, but the server has seen 2: this may be a copy of the key.',
        from: 'server',
      },
    });
  });

  it('passes PRF inputs and outputs as base64url', async () => {
    await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'usb',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        hasPrf: true,
      },
    });
    await call('register', { user: 'alice', residentKey: 'required', extensions: { prf: {} } });
    const result = await call('signIn', {
      user: 'alice',
      extensions: { prf: { eval: { first: 'AQID', second: 'BAUG' } } },
    });
    expect(result).toMatchObject({
      clientExtensionResults: {
        prf: { results: { first: expect.stringMatching(/^[\w-]{43}$/) as string } },
      },
    });
  });

  it('works through the visible controls', async () => {
    await page.selectOption('#resident-key', 'required');
    await page.click('#register');
    await page.waitForSelector('#result[data-ok=true]');
    await page.click('#sign-in-usernameless');
    await page.waitForFunction("document.querySelector('#session').textContent === 'alice is signed in.'");
    await page.click('#step-up');
    await page.waitForFunction("document.querySelector('.verdict').textContent === 'Step-up: verified'");
    expect(await page.textContent('#users tbody td')).toBe('alice');
    const screenshot = process.env['FAUXKEY_SCREENSHOTS'];
    if (screenshot !== undefined)
      await page.screenshot({ path: `${screenshot}/relying-party.png`, fullPage: true });
    await page.click('#register');
    await page.waitForSelector('#result[data-error=InvalidStateError]');
  });
});
