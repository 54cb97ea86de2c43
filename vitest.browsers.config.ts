import { defineConfig } from 'vitest/config';
import { browserTests } from './vitest.config.ts';

export default defineConfig({
  test: {
    include: browserTests,
    testTimeout: 60_000,
    // A browser on a busy machine misses a moment now and then; what fails twice is broken.
    retry: 1,
    // One browser at a time: several at once make each other slow.
    fileParallelism: false,
  },
});
