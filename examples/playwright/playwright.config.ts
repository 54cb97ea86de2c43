import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';
import type { FauxkeyOptions } from 'fauxkey/playwright';

// Playwright's own Chromium if it is installed (npx playwright install chromium), or one that the machine has.
const system = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const launchOptions = existsSync(system) ? { executablePath: system, args: ['--no-sandbox'] } : {};

export default defineConfig<{ fauxkey: FauxkeyOptions }>({
  testDir: '.',
  reporter: 'list',
  use: {
    browserName: 'chromium',
    launchOptions,
    // Tests that need another key say so with test.use().
    fauxkey: { mode: 'page' },
  },
});
