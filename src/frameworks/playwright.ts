import { test as base, type Browser, type BrowserContext, type TestInfo } from '@playwright/test';
import { UsageError } from '../ports/errors.ts';
import { createBrowserSuffixTest } from './browser-suffixes.ts';
import { chooseMode, type KeyMode, type ModeChoice } from './key-mode.ts';
import { startPageMode, type PasskeyChoice } from './page-mode.ts';
import { openSecurityKey, type SecurityKey, type SecurityKeyOptions } from './security-key.ts';
import { traceFiles } from './trace-files.ts';

export { expect } from '@playwright/test';
export type { KeyMode } from './key-mode.ts';
export type { PasskeyChoice } from './page-mode.ts';
export type { SecurityKey, SecurityKeyOptions } from './security-key.ts';
export type { TestUser, UserRule } from './test-user.ts';

/** What `test.use({ fauxkey: … })` takes. */
export interface FauxkeyOptions extends Omit<SecurityKeyOptions, 'transports' | 'isPublicSuffix'> {
  /** `hid` or `page` insists on it; otherwise the best that works here is taken. */
  readonly mode?: KeyMode;
}

/** The key of a test, and how pages reach it. */
export interface BrowserKey extends SecurityKey {
  readonly mode: KeyMode;
  /** Why it is this mode: a sentence. */
  readonly modeReason: string;
  /**
   * Page mode only: the user picks a passkey that a page offers beside a field (conditional mediation). Throws UsageError
   * when no page offers any, the key has none for it, or the key is a HID device, whose browser has dialogs of its own.
   */
  selectPasskey(choice?: PasskeyChoice): Promise<void>;
}

interface Fixtures {
  /** The kind of key and how it is reached. */
  readonly fauxkey: FauxkeyOptions;
  /** A fresh key for this test; every page of `context` has it. */
  readonly securityKey: BrowserKey;
}

/** Playwright's `test` with a security key in it. The key is there also for tests that do not name it. */
export const test = base.extend<Fixtures>({
  fauxkey: [{}, { option: true }],
  securityKey: [
    async ({ browser, browserName, context, fauxkey }, use, testInfo) => {
      const choice = chooseMode({ wanted: fauxkey.mode, browserName, workers: testInfo.config.workers });
      const key = await openKey(browser, fauxkey, choice);
      testInfo.annotations.push({ type: 'fauxkey', description: `${choice.mode} mode: ${choice.reason}` });
      try {
        const selectPasskey = choice.mode === 'page' ? await answerPages(context, key) : refusePasskey;
        await use({ ...key, mode: choice.mode, modeReason: choice.reason, selectPasskey });
        if (testInfo.status !== testInfo.expectedStatus) await attachTrace(key, testInfo);
      } finally {
        await key.close();
      }
    },
    { auto: true },
  ],
});

function openKey(browser: Browser, options: FauxkeyOptions, { mode }: ModeChoice): Promise<SecurityKey> {
  if (mode === 'hid') return openSecurityKey({ ...options, transports: ['uhid'] });
  return openSecurityKey({ ...options, isPublicSuffix: createBrowserSuffixTest(browser) });
}

/** Puts the key into all pages of a context. For contexts that a test makes itself. */
export async function answerPages(
  context: BrowserContext,
  key: SecurityKey,
): Promise<BrowserKey['selectPasskey']> {
  const pages = await startPageMode(context, {
    bridge: key.bridge,
    user: key.browserUser,
    attachment: key.attachment,
    hasPasskey: (rpId) => key.credentials().some((own) => own.discoverable && own.rpId === rpId),
  });
  return (choice) => pages.selectPasskey(choice);
}

function refusePasskey(): Promise<never> {
  throw new UsageError('The key is a HID device here: the browser shows its passkeys in a list of its own.', {
    hint: "selectPasskey works in page mode: test.use({ fauxkey: { mode: 'page' } }).",
  });
}

async function attachTrace(key: SecurityKey, testInfo: TestInfo): Promise<void> {
  for (const { name, ...file } of traceFiles(key)) await testInfo.attach(name, file);
}
