import { resolve } from 'node:path';
import { defineConfig } from '@playwright/test';
import example from '../../../examples/playwright/playwright.config.ts';

/** Runs the example, and tests that fail on purpose, in one go and with a report for programs. */
export default defineConfig(example, {
  testDir: resolve(import.meta.dirname, '../../..'),
  testMatch: ['examples/playwright/*.spec.ts', 'test/frameworks/reports/*.spec.ts'],
  outputDir: process.env['FAUXKEY_TEST_OUTPUT'] ?? 'unused',
  reporter: 'json',
  workers: 1,
});
