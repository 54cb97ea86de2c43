/** Debian's Firefox ESR with a window, driven over WebDriver BiDi. */
import { join } from 'node:path';
import { launch } from 'puppeteer-core';
import type { Browser } from './browser.ts';
import { LOGS, scratch } from './places.ts';
import type { Screen } from './screen.ts';
import type { Scope } from './suite.ts';

const LIMIT_MS = 180_000;

const PREFERENCES = {
  'security.webauth.webauthn_enable_usbtoken': true,
  'security.webauth.webauthn_enable_softtoken': false,
  // Direct attestation asks first, and some pages here want to see it without a click.
  'security.webauthn.always_allow_direct_attestation': true,
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.aboutwelcome.enabled': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'network.captive-portal-service.enabled': false,
};

const ENVIRONMENT = {
  MOZ_DISABLE_CONTENT_SANDBOX: '1',
  MOZ_DISABLE_SOCKET_PROCESS: '1',
  MOZ_DISABLE_RDD_SANDBOX: '1',
  MOZ_CRASHREPORTER_DISABLE: '1',
  MOZ_LOG: 'webauthnmanager:4,authenticator:4',
  MOZ_LOG_FILE: join(LOGS, 'firefox'),
};

export async function openFirefox(scope: Scope, screen: Screen): Promise<Browser> {
  const browser = await launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: false,
    userDataDir: scratch('firefox'),
    extraPrefsFirefox: PREFERENCES,
    defaultViewport: null,
    timeout: LIMIT_MS,
    protocolTimeout: LIMIT_MS,
    env: { ...process.env, ...ENVIRONMENT, DISPLAY: screen.display },
  });
  scope.defer(() => browser.close());
  const page = (await browser.pages())[0] ?? (await browser.newPage());
  return {
    name: 'firefox',
    open: async (url) => {
      await page.goto(url, { timeout: LIMIT_MS });
    },
    evaluate: (expression) => page.evaluate(expression),
  };
}
