/** Debian's Chromium with a window, driven over its debugging pipe. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium as playwright } from 'playwright-core';
import type { Browser, Page } from './browser.ts';
import { answerDialogs } from './dialog.ts';
import { LOGS, scratch } from './places.ts';
import type { Screen } from './screen.ts';
import type { Scope } from './suite.ts';

const LIMIT_MS = 240_000;

export const CHROMIUM_ARGUMENTS: readonly string[] = [
  '--no-sandbox', // the guest's user is root
  '--disable-gpu',
  // Its software renderer sometimes dies under emulation; it is started again, and the browser lives on.
  '--disable-gpu-process-crash-limit',
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

export const chromium: Browser = {
  name: 'chromium',
  launch,
  explainsFailures: true,
  confirmsAccount: true,
  evaluatesPrfAtCreate: true,
  setPin,
};

/** What an enterprise tells the browsers that it manages: the RP IDs that may learn which key it is. */
const POLICIES = '/etc/chromium/policies/managed';
const POLICY = { SecurityKeyPermitAttestation: ['corp.localhost'] };

async function launch(scope: Scope, screen: Screen): Promise<Page> {
  mkdirSync(POLICIES, { recursive: true });
  writeFileSync(join(POLICIES, 'tests.json'), JSON.stringify(POLICY));
  const context = await playwright.launchPersistentContext(scratch('chromium'), {
    executablePath: '/usr/bin/chromium',
    headless: false,
    viewport: null,
    timeout: LIMIT_MS,
    args: [...CHROMIUM_ARGUMENTS],
    env: { ...process.env, DISPLAY: screen.display },
  });
  scope.defer(() => context.close());
  context.setDefaultTimeout(LIMIT_MS);
  const page = context.pages()[0] ?? (await context.newPage());
  return {
    open: async (url) => {
      await page.goto(url);
    },
    evaluate: (expression) => page.evaluate(expression),
    click: (selector) => page.click(selector),
    choose: async (selector, value) => {
      await page.selectOption(selector, value);
    },
  };
}

/** Chromium asks for a new PIN in the middle of a ceremony that needs one, twice. */
function setPin<T>(screen: Screen, pin: string, ceremony: () => Promise<T>): Promise<T> {
  return answerDialogs(screen, ceremony(), [
    { show: 'chromium new PIN', fields: [pin, pin], press: 'Return' },
  ]);
}
