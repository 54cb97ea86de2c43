// Writes docs/faults.md from the catalogue of the built package. `--check` only tells whether it is current.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderFaults } from './faults-page.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'docs/faults.md');
const { faultCatalogue } = await import(new URL('../dist/faults/faults.js', import.meta.url).href);
const page = renderFaults(faultCatalogue);

if (!process.argv.includes('--check')) writeFileSync(target, page);
else if (readFileSync(target, 'utf8') !== page) {
  process.stderr.write('docs/faults.md is not current: run `npm run build && node docs/faults.mjs`.\n');
  process.exitCode = 1;
}
