import { env } from 'node:process';

import { defineConfig } from 'vitest/config';

import type { Mutant } from './mutants.ts';

const mutant = JSON.parse(env['FAUXKEY_MUTANT'] ?? 'null') as Mutant | null;

/** Runs tests over sources of which one has a mutant in it; the files on the disk stay as they are. */
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], testTimeout: 20_000, bail: 1 },
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      transform(code, id) {
        if (mutant === null || id.split('?')[0] !== mutant.file) return undefined;
        return `${code.slice(0, mutant.start)}${mutant.text}${code.slice(mutant.end)}`;
      },
    },
  ],
});
