import process from 'node:process';
import { parseArgs } from 'node:util';

import { algorithms } from './benches/algorithms.ts';
import { chromium } from './benches/chromium.ts';
import { cli } from './benches/cli.ts';
import { durable } from './benches/durable.ts';
import { many } from './benches/many.ts';
import { memory } from './benches/memory.ts';
import { emulator } from './benches/peers.ts';
import { pinCeremony } from './benches/pin.ts';
import { size } from './benches/size.ts';
import type { Effort } from './measure.ts';
import { full, quick } from './measure.ts';
import type { Report, Row } from './report.ts';
import { formatTable, toJson } from './report.ts';

const benches: Readonly<Record<string, (effort: Effort) => Promise<Row[]>>> = {
  memory,
  durable,
  pin: pinCeremony,
  algorithms,
  many,
  size,
  cli,
  emulator,
  chromium,
};

const help = `npm run bench -- [--quick] [--json] [BENCH…]

Measures Fauxkey against what its work cannot cost less than, in one run, and says which targets are met.
Benches: ${Object.keys(benches).join(', ')}; all unless some are named.
--quick takes about a minute, and measures three algorithms, and a store of 10,000 credentials in place of 100,000.`;

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  const unknown = positionals.filter((name) => benches[name] === undefined);
  if (values.help === true || unknown.length > 0) {
    process.stderr.write(`${unknown.map((name) => `There is no bench "${name}".\n`).join('')}${help}\n`);
    return values.help === true ? 0 : 2;
  }
  const chosen = Object.entries(benches).filter(
    ([name]) => positionals.length === 0 || positionals.includes(name),
  );
  const reports: Report[] = [];
  for (const [bench, run] of chosen) {
    process.stderr.write(`${bench} …\n`);
    reports.push({ bench, rows: await run(values.quick === true ? quick : full) });
  }
  process.stdout.write(
    values.json === true ? `${JSON.stringify(toJson(reports), null, 2)}\n` : `${formatTable(reports)}\n`,
  );
  return 0;
}

// Keys leave timers behind that nobody waits for.
process.exit(await main());
