import { defineConfig } from 'vitest/config';

/** Tests that start browsers: `npm run test:browsers`. */
export const browserTests = [
  'test/panel/**/*.test.ts',
  'test/extension/**/*.test.ts',
  'test/frameworks/examples.test.ts',
  'test/frameworks/page-mode.test.ts',
];

/** Tests that kill, starve and feed nonsense for a while: `npm run test:reliability`. */
export const reliabilityTests = [
  'test/crash/**/*.test.ts',
  'test/endurance/**/*.test.ts',
  'test/fuzz/**/*.test.ts',
];

/** `npm test`: everything that is quick. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/vm/**', ...browserTests, ...reliabilityTests],
    testTimeout: 20_000,
    maxWorkers: '100%',
  },
});
