/** Runs the suites one after another: every key on `/dev/uhid` is seen by every program in the guest. */
import { parseArgs } from 'node:util';
import { emit } from './report.ts';
import type { Suite } from './suite.ts';
import { machine } from './suites/machine.ts';


const SUITES: readonly Suite[] = [machine];

const { values: options } = parseArgs({ options: { only: { type: 'string' } } });
const only = options.only?.split(',');
const chosen = SUITES.filter((suite) => only === undefined || only.includes(suite.name));

emit({ event: 'plan', tests: chosen.flatMap((suite) => suite.tests) });
for (const suite of chosen) await suite.run();
process.exit(0);
