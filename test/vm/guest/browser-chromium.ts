/** Debian's Chromium with a window, driven over its debugging pipe. */
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from './browser.ts';
import { LOGS, scratch } from './places.ts';
import type { Screen } from './screen.ts';
import type { Scope } from './suite.ts';

const LIMIT_MS = 180_000;

const ARGUMENTS = [
  '--no-sandbox', // the guest's user is root
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--window-position=0,0',
  '--window-size=1024,768',
  '--enable-logging',
  `--log-file=${join(LOGS, 'chromium.log')}`,
  '--vmodule=*fido*=1,*hid*=1,*webauthn*=1',
];

export async function openChromium(scope: Scope, screen: Screen): Promise<Browser> {
  const context = await chromium.launchPersistentContext(scratch('chromium'), {
    executablePath: '/usr/bin/chromium',
    headless: false,
    viewport: null,
    timeout: LIMIT_MS,
    args: ARGUMENTS,
    env: { ...process.env, DISPLAY: screen.display },
  });
  scope.defer(() => context.close());
  context.setDefaultTimeout(LIMIT_MS);
  const page = context.pages()[0] ?? (await context.newPage());
  return {
    name: 'chromium',
    open: async (url) => {
      await page.goto(url);
    },
    evaluate: (expression) => page.evaluate(expression),
  };
}
