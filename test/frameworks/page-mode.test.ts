import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRelyingParty } from '../../examples/relying-party/server.mjs';
import type { RelyingParty } from '../../examples/relying-party/types.d.ts';
import { createBrowserSuffixTest } from '../../src/frameworks/browser-suffixes.ts';
import { answerPages, type BrowserKey } from '../../src/frameworks/playwright.ts';
import { openSecurityKey, type SecurityKey } from '../../src/frameworks/security-key.ts';
import { chromiumArguments, executablePath } from '../support/chromium.ts';

/** A loaded machine may take its time. */
const patience = { timeout: 10_000 };

interface CeremonyResult {
  readonly ok: boolean;
  readonly error?: { readonly name: string; readonly message: string; readonly from: string };
  readonly [name: string]: unknown;
}

describe.skipIf(!existsSync(executablePath))('page mode in Chromium', () => {
  let browser: Browser;
  let site: RelyingParty;
  let context: BrowserContext;
  let page: Page;
  let key: SecurityKey;
  let selectPasskey: BrowserKey['selectPasskey'];

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
  beforeEach(() => useKey());
  afterEach(async () => {
    await context.close();
    await key.close();
  });

  async function useKey(options: Parameters<typeof openSecurityKey>[0] = {}): Promise<void> {
    key = await openSecurityKey({ isPublicSuffix: createBrowserSuffixTest(browser), ...options });
    context = await browser.newContext();
    selectPasskey = await answerPages(context, key);
    page = await context.newPage();
    await page.goto(site.url);
    await page.waitForFunction('window.relyingParty !== undefined');
    await page.evaluate('relyingParty.forget()');
  }

  function call(name: string, options: object): Promise<CeremonyResult> {
    return page.evaluate(`window.relyingParty.${name}(${JSON.stringify(options)})`);
  }

  it('registers, signs in, without a name too, and gives DOMExceptions', async () => {
    const registered = await call('register', {
      user: 'alice',
      residentKey: 'required',
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
    expect(await call('signIn', { user: 'alice', userVerification: 'required' })).toMatchObject({ ok: true });
    expect(await call('signIn', {})).toMatchObject({ ok: true, user: 'alice' });
    expect(await call('register', { user: 'alice' })).toMatchObject({ error: { name: 'InvalidStateError' } });
    key.user.deny({ times: 1 });
    expect(await call('signIn', { user: 'alice' })).toMatchObject({ error: { name: 'NotAllowedError' } });
    expect(await call('signIn', { rpId: 'example.com' })).toMatchObject({ error: { name: 'SecurityError' } });
  });

  it('gives objects of the classes of the browser, and JSON', async () => {
    const seen = await page.evaluate(`(async () => {
      const bytes = (n) => crypto.getRandomValues(new Uint8Array(n));
      const made = await navigator.credentials.create({ publicKey: {
        rp: { name: 'x' }, user: { id: bytes(9), name: 'a', displayName: 'A' }, challenge: bytes(32),
        pubKeyCredParams: [{ type: 'public-key', alg: -7 }], authenticatorSelection: { residentKey: 'required' },
        extensions: { credProps: true, prf: { eval: { first: bytes(4) } } },
      } });
      const used = await navigator.credentials.get({ publicKey: { challenge: bytes(32).buffer,
        extensions: { prf: { eval: { first: bytes(4), second: bytes(5) } } } } });
      const options = PublicKeyCredential.parseRequestOptionsFromJSON({ challenge: 'AQID' });
      const parsed = await navigator.credentials.get({ publicKey: options });
      const outputs = used.getClientExtensionResults().prf.results;
      return {
        classes: [made, made.response, used.response, parsed].map((object) => object.constructor.name),
        isInstance: made instanceof PublicKeyCredential && made instanceof Credential,
        sizes: [made.rawId, made.response.getPublicKey(), outputs.first, outputs.second].map((b) => b.byteLength),
        algorithm: made.response.getPublicKeyAlgorithm(),
        transports: made.response.getTransports(),
        sameData: made.response.getAuthenticatorData().byteLength > 100,
        outputs: made.getClientExtensionResults().credProps,
        json: JSON.parse(JSON.stringify(made)),
        attachment: [made.authenticatorAttachment, made.type],
        userHandle: used.response.userHandle.byteLength,
        questions: [await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable(),
          await PublicKeyCredential.isConditionalMediationAvailable()],
        capabilities: (await PublicKeyCredential.getClientCapabilities()).conditionalGet,
      };
    })()`);
    expect(seen).toMatchObject({
      classes: [
        'PublicKeyCredential',
        'AuthenticatorAttestationResponse',
        'AuthenticatorAssertionResponse',
        'PublicKeyCredential',
      ],
      isInstance: true,
      sizes: [32, 91, 32, 32],
      algorithm: -7,
      transports: ['usb'],
      sameData: true,
      outputs: { rk: true },
      json: { type: 'public-key', response: { publicKeyAlgorithm: -7 }, clientExtensionResults: {} },
      attachment: ['cross-platform', 'public-key'],
      userHandle: 9,
      questions: [false, true],
      capabilities: true,
    });
  });

  it('converts arguments as Web IDL does, and leaves other credentials to the browser', async () => {
    const errors = await page.evaluate(`(async () => {
      const nameOf = (promise) => promise.then(String, (error) => error.name);
      const base = { rp: { name: 'x' }, user: { id: new Uint8Array(1), name: 'a', displayName: 'A' },
        challenge: new Uint8Array(1), pubKeyCredParams: [] };
      const create = (change, more) => nameOf(navigator.credentials.create({ publicKey: { ...base, ...change }, ...more }));
      const own = new AbortController();
      own.abort(new RangeError('mine'));
      return [
        await create({ rp: undefined }), await create({ challenge: 'text' }), await create({ pubKeyCredParams: 1 }),
        await create({ user: { ...base.user, id: new Uint8Array(65) } }),
        await create({ pubKeyCredParams: [{ type: 'x', alg: -7 }] }),
        await create({}, { signal: own.signal }),
        await create({}, { mediation: 'conditional' }),
        await nameOf(navigator.credentials.get({ publicKey: {} })),
        await nameOf(navigator.credentials.get({ mediation: 'silent', publicKey: { challenge: new Uint8Array(1) } })),
        await nameOf(navigator.credentials.get({ password: true, mediation: 'silent' })),
      ];
    })()`);
    expect(errors).toEqual([
      'TypeError',
      'TypeError',
      'TypeError',
      'TypeError',
      'NotSupportedError',
      'RangeError',
      'NotAllowedError',
      'TypeError',
      'NotAllowedError',
      'null',
    ]);
    expect(key.credentials()).toEqual([]);
  });

  it('aborts with the reason of the page, and takes one request at a time', async () => {
    key.user.ask();
    const seen = page.evaluate(`(async () => {
      const page = new AbortController();
      const get = (signal) => navigator.credentials.get({ publicKey: { challenge: new Uint8Array(9) }, signal })
        .then(() => 'answered', (error) => error.name + ': ' + error.message);
      window.first = get(page.signal);
      const second = await get();
      window.stop = () => page.abort();
      return second;
    })()`);
    expect(await seen).toBe('OperationError: A request is already pending.');
    await key.user.waitForQuestion();
    await page.evaluate('stop()');
    expect(await page.evaluate('first')).toMatch(/^AbortError/);
    await expect.poll(() => key.key.user.questions(), patience).toEqual([]);
  });

  it('ends the ceremony of a document that the user leaves', async () => {
    key.user.ask();
    await page.evaluate(`void navigator.credentials.get({ publicKey: { challenge: new Uint8Array(9) } })`);
    await key.user.waitForQuestion();
    await page.evaluate(`history.pushState({}, '', '/#elsewhere')`);
    expect(key.key.user.questions()).toHaveLength(1);
    await page.reload();
    await expect.poll(() => key.key.user.questions(), patience).toEqual([]);
    key.user.forgetRules();
    await page.waitForFunction('window.relyingParty !== undefined');
    expect(await call('register', { user: 'bob' })).toMatchObject({ ok: true });
  });

  it('offers passkeys beside a field', async () => {
    await call('register', { user: 'alice', residentKey: 'required' });
    await call('register', { user: 'bob', residentKey: 'required' });
    const start = `window.picked = navigator.credentials.get({ mediation: 'conditional',
      publicKey: { challenge: new Uint8Array(9) } }).then((c) => new Uint8Array(c.response.userHandle).length, String);
      window.done = false; void window.picked.then(() => (window.done = true));`;
    await page.evaluate(start);
    expect(await page.evaluate('done')).toBe(false);
    await selectPasskey({ account: 'alice' });
    expect(await page.evaluate('picked')).toBe(32);
    await expect(selectPasskey({ timeoutMs: 1 })).rejects.toThrow('offered passkeys');
    await key.clearCredentials();
    await page.evaluate(start);
    await expect(selectPasskey()).rejects.toThrow('no passkey for localhost');
  });

  it('plays a platform authenticator', async () => {
    await context.close();
    await key.close();
    await useKey({ attachment: 'platform' });
    expect(await page.evaluate('PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable()')).toBe(
      true,
    );
    expect(await call('register', { user: 'alice', attachment: 'platform' })).toMatchObject({
      ok: true,
      transports: ['internal'],
      authenticatorAttachment: 'platform',
    });
  });

  it('knows frames: their origin, the top origin, and what the permissions policy allows', async () => {
    const other = site.url.replace('localhost', 'shop.localhost');
    const frameAt = async (url: string, attributes: string) => {
      await page.evaluate(
        `document.body.insertAdjacentHTML('beforeend', '<iframe src="${url}" ${attributes}></iframe>')`,
      );
      const element = await page.waitForSelector('iframe:last-of-type');
      const frame = (await element.contentFrame())!;
      await frame.waitForLoadState();
      const answer = await frame.evaluate(`navigator.credentials.create({ publicKey: { rp: { name: 'x' },
        user: { id: new Uint8Array(1), name: 'a', displayName: 'A' }, challenge: new Uint8Array(9),
        pubKeyCredParams: [{ type: 'public-key', alg: -7 }] } }).then(
        (made) => JSON.parse(new TextDecoder().decode(made.response.clientDataJSON)),
        (error) => error.name)`);
      await element.evaluate('(frame) => frame.remove()');
      return answer;
    };
    const allow = 'allow="publickey-credentials-create"';
    expect(await frameAt(site.url, '')).toMatchObject({ origin: site.url, crossOrigin: false });
    expect(await frameAt('about:blank', '')).toMatchObject({ origin: site.url, crossOrigin: false });
    expect(await frameAt(other, '')).toBe('NotAllowedError');
    expect(await frameAt(other, allow)).toMatchObject({
      origin: other,
      crossOrigin: true,
      topOrigin: site.url,
    });
    expect(await frameAt(site.url, 'sandbox="allow-scripts"')).toBe('NotAllowedError');
  });

  it("asks the browser's own list for public suffixes", async () => {
    const isSuffix = createBrowserSuffixTest(browser);
    const asked = ['co.uk', 'kawasaki.jp', 'github.io', 'example.co.uk', 'city.kawasaki.jp'];
    const answers = await Promise.all(asked.map(async (domain) => isSuffix(domain)));
    expect(answers).toEqual([true, true, true, false, false]);
  });
});
