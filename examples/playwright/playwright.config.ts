import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';
import type { FauxkeyOptions } from 'fauxkey/playwright';

// Playwright's own Chromium if it is installed (npx playwright install chromium), or one that the machine has.
const system = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const args = ['--no-sandbox', ...(process.env['CHROMIUM_ARGS'] ?? '').split(' ').filter(Boolean)];
const launchOptions = existsSync(system) ? { executablePath: system, args } : {};

// MODE=hid: a USB device of this machine, one test at a time, without the tests that meet a dialog of the browser.
const mode = process.env['MODE'] === 'hid' ? 'hid' : 'page';
const patience = Number(process.env['PATIENCE_MS'] ?? 5000);

export default defineConfig<{ fauxkey: FauxkeyOptions }>({
  testDir: '.',
  ...(mode === 'hid' && { workers: 1 }),
  timeout: 6 * patience,
  expect: { timeout: patience },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    launchOptions,
    // Tests that need another key say so with test.use().
    fauxkey: { mode },
  },
});
