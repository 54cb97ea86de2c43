/** The setting of a browser's suites: a screen, a browser on it, a site in the browser, and a key that can be exchanged. */
import type { Browser, Page } from './browser.ts';
import { answerDialogs } from './dialog.ts';
import { startKey, type Key, type KeyOptions } from './key.ts';
import { scratch } from './places.ts';
import { timed } from './report.ts';
import { Site, startRelyingParty } from './relying-party.ts';
import { openScreen, type Screen } from './screen.ts';
import type { Scope } from './suite.ts';

export interface Setting {
  readonly browser: Browser;
  readonly scope: Scope;
  readonly screen: Screen;
  readonly page: Page;
  readonly site: Site;
  readonly keystore: string;
  key: Key;
}

export async function setUpBrowser(scope: Scope, browser: Browser): Promise<Setting> {
  const keystore = scratch('keystore');
  const [port, key, { screen, page }] = await Promise.all([
    timed('the relying party', () => startRelyingParty(scope)),
    timed('the key', () => startKey(scope, browser.name, { keystore })),
    timed(browser.name, () => openWindow(scope, browser)),
  ]);
  const site = new Site(page, port);
  await timed('its first page', () => site.open());
  return { browser, scope, screen, page, site, keystore, key };
}

async function openWindow(
  scope: Scope,
  browser: Browser,
): Promise<{ readonly screen: Screen; readonly page: Page }> {
  const screen = await openScreen(scope);
  return { screen, page: await browser.launch(scope, screen) };
}

/** Takes the key out, and plugs in another one: a fresh one, unless the options name a keystore. */
export async function exchangeKey(
  setting: Setting,
  name: string,
  options: Partial<KeyOptions> = {},
): Promise<Key> {
  await setting.key.stop();
  const keystore = scratch('keystore');
  setting.key = await startKey(setting.scope, `${setting.browser.name}-${name}`, { keystore, ...options });
  return setting.key;
}

/** A ceremony that fails; a browser that explains failures to the user is told that they have read it. */
export async function failing<T>(setting: Setting, step: string, ceremony: Promise<T>): Promise<T> {
  const { browser, screen } = setting;
  const name = `${browser.name} ${step}`;
  if (browser.explainsFailures) {
    return answerDialogs(screen, ceremony, [{ show: name, press: 'Escape' }]);
  }
  const result = await ceremony;
  await screen.settle();
  screen.capture(name);
  return result;
}
