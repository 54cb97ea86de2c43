import { defineConfig } from 'vitest/config';

import { childFolder } from './test/coverage/children-scripts.ts';

const setupFiles = ['test/coverage/children.ts'];
const env = { FAUXKEY_COVERAGE: childFolder };

/** `npm run coverage`: everything that runs without the guest, counted in the tests' own process and in those they start. */
export default defineConfig({
  test: {
    projects: [
      // Counting takes time.
      { extends: './vitest.config.ts', test: { name: 'quick', setupFiles, env, testTimeout: 120_000 } },
      {
        extends: './vitest.reliability.config.ts',
        test: { name: 'reliability', setupFiles, env, sequence: { groupOrder: 1 } },
      },
      {
        extends: './vitest.browsers.config.ts',
        // One group after the other: the browsers last, when the machine has time for them.
        test: { name: 'browsers', setupFiles, env, sequence: { groupOrder: 2 } },
      },
    ],
    coverage: {
      provider: 'custom',
      customProviderModule: './test/coverage/provider.ts',
      include: ['src/**/*.ts'],
      reportOnFailure: true,
      reporter: ['text-summary', 'json', 'json-summary', 'html'],
      thresholds: { lines: 95, branches: 90 },
    },
  },
});
