/** Debian's Firefox ESR with a window, driven over WebDriver BiDi. */
import { join } from 'node:path';
import { launch as puppeteer } from 'puppeteer-core';
import type { Browser, Page } from './browser.ts';
import { answerDialogs } from './dialog.ts';
import { countPixels } from './frame.ts';
import { LOGS, scratch } from './places.ts';
import type { Screen } from './screen.ts';
import type { Scope } from './suite.ts';
import { until } from './until.ts';

const LIMIT_MS = 240_000;

const PREFERENCES = {
  'security.webauth.webauthn_enable_usbtoken': true,
  'security.webauth.webauthn_enable_softtoken': false,
  // Direct attestation asks first, and some pages here want to see it without a click.
  'security.webauthn.always_allow_direct_attestation': true,
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.aboutwelcome.enabled': false,
  'browser.newtabpage.enabled': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'network.captive-portal-service.enabled': false,
};

export const FIREFOX_ENVIRONMENT = {
  MOZ_DISABLE_CONTENT_SANDBOX: '1',
  MOZ_DISABLE_SOCKET_PROCESS: '1',
  MOZ_DISABLE_RDD_SANDBOX: '1',
  MOZ_CRASHREPORTER_DISABLE: '1',
  MOZ_LOG: 'webauthnmanager:4,authenticator:4',
  MOZ_LOG_FILE: join(LOGS, 'firefox'),
};

export const firefox: Browser = {
  name: 'firefox',
  launch,
  explainsFailures: false,
  confirmsAccount: false,
  evaluatesPrfAtCreate: false,
  setPin,
};

async function launch(scope: Scope, screen: Screen): Promise<Page> {
  const browser = await puppeteer({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: false,
    userDataDir: scratch('firefox'),
    extraPrefsFirefox: PREFERENCES,
    defaultViewport: null,
    timeout: LIMIT_MS,
    protocolTimeout: LIMIT_MS,
    env: { ...process.env, ...FIREFOX_ENVIRONMENT, DISPLAY: screen.display },
  });
  scope.defer(() => browser.close());
  const page = (await browser.pages())[0] ?? (await browser.newPage());
  return {
    open: async (url) => {
      await page.goto(url, { timeout: LIMIT_MS });
      // A page without the keyboard's focus may not use a security key, and only a real click brings it there.
      await until('focus of the page', 60, async () => {
        await screen.click(PAGE.x, PAGE.y);
        return (await page.evaluate('document.hasFocus()')) === true;
      });
    },
    evaluate: (expression) => page.evaluate(expression),
    click: (selector) => page.click(selector),
    choose: async (selector, value) => {
      await page.select(selector, value);
    },
  };
}

/** Firefox never asks for a new PIN; its page for managing keys sets one, and automation may not open that. */
async function setPin<T>(screen: Screen, pin: string, ceremony: () => Promise<T>): Promise<T> {
  await screen.press('ctrl+t');
  await screen.settle();
  await screen.type('about:webauthn');
  await screen.press('Return');
  await screen.waitForTitle(/^About WebAuthn/, 60);
  await until('form for a new PIN', 60, async () => {
    // The item is there only when Firefox has read the key.
    await screen.click(PIN_ITEM.x, PIN_ITEM.y);
    await screen.settle();
    return countPixels(screen.frame(), isOpenItem) >= 5000;
  });
  for (let field = 0; field < 2; field += 1) {
    await screen.press('Tab');
    await screen.type(pin);
  }
  await screen.press('Tab');
  await screen.settle();
  screen.capture('firefox new PIN');
  await screen.press('Return');
  await screen.waitUntil('word that the PIN is set', 60, (look) => look.count(isSuccess) >= 5000);
  screen.capture('firefox PIN is set');

  await screen.press('ctrl+w');
  await screen.settle();
  await screen.click(PAGE.x, PAGE.y);
  return answerDialogs(screen, ceremony(), [{ show: 'firefox PIN', fields: [pin], press: 'Return' }]);
}

/** Where `about:webauthn` has the item for PINs, and a place in a page where nothing is. */
const PIN_ITEM = { x: 125, y: 300 };
const PAGE = { x: 12, y: 700 };

/** The pale blue behind the item that is open and under the pointer. */
const isOpenItem = (red: number, green: number, blue: number): boolean =>
  red >= 205 && red <= 225 && green >= 225 && green <= 240 && blue >= 250;

/** The green bar that says so. */
const isSuccess = (red: number, green: number, blue: number): boolean =>
  green >= 250 && red >= 215 && red <= 230 && blue >= 215 && blue <= 230;
