import { existsSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ControlledKey } from '../../src/control/handle.ts';
import { executablePath } from '../support/chromium.ts';
import { startBench, type ExtensionBench } from './extension-bench.ts';

/** A loaded machine may take its time. */
const patience = { timeout: 10_000 };

interface CeremonyResult {
  readonly ok: boolean;
  readonly error?: { readonly name: string; readonly message: string; readonly from: string };
  readonly [name: string]: unknown;
}

/** Where screenshots of the popup go; none are made unless this is set. */
const shots = process.env['FAUXKEY_SCREENSHOTS'];

describe.skipIf(!existsSync(executablePath))('the extension in Chromium', () => {
  let bench: ExtensionBench;
  let page: Page;
  let popup: Page;
  let key: ControlledKey;

  beforeAll(async () => {
    bench = await startBench();
    key = await bench.host.create({ id: 'first', profile: 'keypad' });
    popup = await bench.open('options.html');
    await popup.getByLabel('Pairing string').fill(bench.pairing);
    await popup.getByRole('button', { name: 'Pair', exact: true }).click();
    await popup.getByText('Paired with “first”').waitFor();
    await popup.goto(popup.url().replace('options', 'popup'));
    page = await bench.context.newPage();
    await page.goto(bench.site.url);
    await page.waitForFunction('window.relyingParty !== undefined');
  }, 60_000);
  afterAll(() => bench.close());

  beforeEach(async () => {
    if (bench.host.get('first') === undefined)
      key = await bench.host.create({ id: 'first', profile: 'keypad' });
    await page.evaluate('relyingParty.forget()');
  });
  afterEach(async () => {
    await bench.host.remove('first');
  });

  function call(name: string, options: object): Promise<CeremonyResult> {
    return page.evaluate(`window.relyingParty.${name}(${JSON.stringify(options)})`);
  }

  async function shoot(name: string): Promise<void> {
    if (shots === undefined) return;
    for (const colorScheme of ['light', 'dark'] as const) {
      await popup.emulateMedia({ colorScheme });
      await popup.setViewportSize({ width: 352, height: 200 });
      await popup.screenshot({ path: `${shots}/extension-${name}-${colorScheme}.png`, fullPage: true });
    }
    await popup.setViewportSize({ width: 800, height: 600 });
  }

  it('registers and signs in, with an allow list and without a name', async () => {
    const registered = await call('register', {
      user: 'alice',
      residentKey: 'required',
      userVerification: 'required',
      attestation: 'direct',
    });
    expect(registered).toMatchObject({
      ok: true,
      fmt: 'packed',
      flags: { up: true, uv: true },
      transports: ['usb'],
      authenticatorAttachment: 'cross-platform',
      discoverable: true,
    });
    expect(await call('signIn', { user: 'alice' })).toMatchObject({ ok: true });
    expect(await call('signIn', {})).toMatchObject({ ok: true, user: 'alice' });
  });

  it('gives DOMExceptions: excluded, denied, another site', async () => {
    await call('register', { user: 'alice' });
    expect(await call('register', { user: 'alice' })).toMatchObject({ error: { name: 'InvalidStateError' } });
    key.user.addPolicy({ action: 'deny', times: 1 });
    expect(await call('signIn', { user: 'alice' })).toMatchObject({ error: { name: 'NotAllowedError' } });
    expect(await call('signIn', { user: 'alice', rpId: 'example.com' })).toMatchObject({
      error: { name: 'SecurityError' },
    });
  });

  it('passes PRF', async () => {
    await call('register', { user: 'alice', residentKey: 'required', extensions: { prf: {} } });
    const result = await call('signIn', {
      user: 'alice',
      extensions: { prf: { eval: { first: 'AQID', second: 'BAUG' } } },
    });
    expect(result).toMatchObject({
      ok: true,
      clientExtensionResults: {
        prf: { results: { first: expect.stringMatching(/^[\w-]{43}$/) as string } },
      },
    });
  });

  it('aborts at the key when the page aborts', async () => {
    key.user.addPolicy({ action: 'ask' });
    const pending = page.evaluate(`(() => {
      const page = new AbortController();
      window.stop = () => page.abort();
      return navigator.credentials.get({ publicKey: { challenge: new Uint8Array(9) }, signal: page.signal })
        .catch((error) => error.name);
    })()`);
    await key.user.waitFor({}, 10_000);
    await page.evaluate('stop()');
    expect(await pending).toBe('AbortError');
    await expect.poll(() => key.user.questions(), patience).toEqual([]);
  });

  it('plays a platform authenticator', async () => {
    const isUvpaa = 'PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable()';
    expect(await page.evaluate(isUvpaa)).toBe(false);
    await popup.getByLabel('Sites see').selectOption('platform');
    await expect.poll(() => page.evaluate(isUvpaa), patience).toBe(true);
    expect(await call('register', { user: 'alice', attachment: 'platform' })).toMatchObject({
      ok: true,
      transports: ['internal'],
      authenticatorAttachment: 'platform',
    });
    await popup.getByLabel('Sites see').selectOption('cross-platform');
  });

  it('says that conditional mediation is not available', async () => {
    expect(await page.evaluate('PublicKeyCredential.isConditionalMediationAvailable()')).toBe(false);
  });

  it('shows the question of the key, and answers it by keyboard', async () => {
    key.user.addPolicy({ action: 'ask' });
    const pending = call('register', {
      user: 'alice',
      residentKey: 'discouraged',
      userVerification: 'discouraged',
    });
    await popup.getByRole('heading', { name: 'Register with localhost?' }).waitFor();
    await popup.getByText('Account: alice').waitFor();
    await shoot('question');
    await popup.getByRole('button', { name: 'Allow' }).focus();
    await popup.keyboard.press('Enter');
    expect(await pending).toMatchObject({ ok: true });
    const denied = call('signIn', { user: 'alice' });
    await popup.getByRole('button', { name: 'Deny' }).click();
    expect(await denied).toMatchObject({ error: { name: 'NotAllowedError' } });
  });

  it('takes the PIN that the key asks for', async () => {
    await key.pin.set('2468');
    key.user.addPolicy({ action: 'ask' });
    const pending = call('register', { user: 'alice', userVerification: 'required' });
    await popup.getByRole('textbox', { name: 'PIN of the key' }).fill('1111');
    await popup.keyboard.press('Enter');
    await popup.getByText('4 tries left.').waitFor();
    await popup.getByRole('textbox', { name: 'PIN of the key' }).fill('2468');
    await popup.keyboard.press('Enter');
    expect(await pending).toMatchObject({ ok: true, flags: { uv: true } });
  });

  it('takes the PIN that a browser asks for, and the account', async () => {
    await bench.host.remove('first');
    key = await bench.host.create({ id: 'first', profile: 'ctap2.1' });
    const pending = call('register', {
      user: 'alice',
      userVerification: 'required',
      residentKey: 'required',
    });
    await popup.getByRole('textbox', { name: 'New PIN' }).fill('2468');
    await popup.getByRole('button', { name: 'Confirm' }).click();
    expect(await pending).toMatchObject({ ok: true, flags: { uv: true } });
    const second = call('register', { user: 'bob', residentKey: 'required' });
    await popup.getByRole('textbox', { name: 'PIN of the key' }).fill('2468');
    await shoot('pin');
    await popup.keyboard.press('Enter');
    await second;
    const signedIn = call('signIn', { userVerification: 'required' });
    await popup.getByRole('textbox', { name: 'PIN of the key' }).fill('2468');
    await popup.keyboard.press('Enter');
    await popup.getByRole('button', { name: 'alice' }).click();
    expect(await signedIn).toMatchObject({ ok: true, user: 'alice' });
  });

  it('shows text of sites as text', async () => {
    key.user.addPolicy({ action: 'ask' });
    const pending = call('register', {
      user: '<img src=x onerror=alert(1)>\u202e',
      residentKey: 'discouraged',
      userVerification: 'discouraged',
    });
    await popup.getByText('<img src=x onerror=alert(1)>').waitFor();
    expect(await popup.locator('#question img').count()).toBe(0);
    await popup.getByRole('button', { name: 'Allow' }).click();
    await pending;
  });

  it('gives NotAllowedError and a sentence when there is no key', async () => {
    await bench.host.remove('first');
    expect(await call('register', { user: 'alice' })).toMatchObject({ error: { name: 'NotAllowedError' } });
    await expect.poll(() => popup.getByRole('alert').textContent(), patience).toMatch(/no key/i);
    await shoot('no-key');
    key = await bench.host.create({ id: 'first', profile: 'keypad' });
    await expect.poll(() => popup.getByRole('status').textContent(), patience).toBe('Ready');
    await popup.getByRole('button', { name: 'Dismiss' }).click();
    await shoot('ready');
    expect(await call('register', { user: 'alice' })).toMatchObject({ ok: true });
  });

  it('pairs only with a key that answers, and says why it does not', async () => {
    const options = await bench.open('options.html');
    const { origin: url } = new URL(bench.pairing);
    const mistakes: [string, RegExp][] = [
      ['hello', /no pairing string/],
      ['https://127.0.0.1:1/#abcdefgh', /begins with http:/],
      ['http://192.0.2.1:1/#abcdefgh', /this machine only/],
      [`${url}/#`, /no token/],
      [`${url}/#${'x'.repeat(40)}`, /does not know this pairing/],
      ['http://127.0.0.1:1/#abcdefgh', /No Fauxkey answers/],
      [`${bench.pairing}&key=nobody`, /no key “nobody”/],
    ];
    for (const [pairing, sentence] of mistakes) {
      await options.getByLabel('Pairing string').fill(pairing);
      await options.getByRole('button', { name: 'Pair', exact: true }).click();
      await options.getByText(sentence).waitFor();
    }
    await options.close();
    // The pairing from before is still there.
    expect(await call('register', { user: 'alice' })).toMatchObject({ ok: true });
  });

  it('lets a person choose among several keys', async () => {
    const second = await bench.host.create({ id: 'second', name: 'The second key' });
    await popup.getByLabel('Use the key').selectOption('The second key');
    await popup.getByText('complete').waitFor();
    expect(
      await call('register', { user: 'alice', userVerification: 'discouraged', residentKey: 'discouraged' }),
    ).toMatchObject({ ok: true });
    expect([second.credentials.list().length, key.credentials.list().length]).toEqual([1, 0]);
    await popup.getByLabel('Use the key').selectOption('first');
    await popup.getByText('keypad').waitFor();
    await bench.host.remove('second');
  });

  it('gives WebAuthn back to the browser when it is switched off', async () => {
    await popup.getByLabel('Answer for every site').uncheck();
    const conditional = 'PublicKeyCredential.isConditionalMediationAvailable()';
    await expect.poll(() => page.evaluate(conditional), patience).toBe(true);
    await popup.getByLabel('Answer for every site').check();
    await expect.poll(() => page.evaluate(conditional), patience).toBe(false);
    expect(await call('register', { user: 'alice' })).toMatchObject({ ok: true });
  });
});
