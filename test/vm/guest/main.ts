/** Runs the suites one after another: every key on `/dev/uhid` is seen by every program in the guest. */
import { parseArgs } from 'node:util';
import { emit } from './report.ts';
import { describe, type Suite } from './suite.ts';
import { browserSuites } from './suites/browsers.ts';
import { check } from './suites/check.ts';
import { libfido2 } from './suites/libfido2.ts';
import { machine } from './suites/machine.ts';
import { openssh } from './suites/openssh.ts';
import { playwright } from './suites/playwright.ts';
import { usbip } from './suites/usbip.ts';
import { webdriver } from './suites/webdriver.ts';

const SUITES: readonly Suite[] = [machine, libfido2, openssh, check, usbip, ...browserSuites];
/** Drivers of other people start browsers of their own, which takes minutes: `--only webdriver` is a run of its own in CI. */
const ON_REQUEST: readonly Suite[] = [webdriver, playwright];

const { values: options } = parseArgs({ options: { only: { type: 'string' } } });
const only = options.only?.split(',');
const chosen =
  only === undefined ? SUITES : [...SUITES, ...ON_REQUEST].filter((suite) => only.includes(suite.name));

// A browser that dies leaves promises behind that nobody waits for any more; its tests say so, and the others go on.
process.on('unhandledRejection', (error) => {
  emit({ event: 'note', text: `nobody waited for: ${describe(error)}`, ms: 0 });
});

if (chosen.length === 0) throw new Error(`there is no suite called ${options.only ?? '?'}`);
emit({ event: 'plan', tests: chosen.flatMap((suite) => suite.tests) });
for (const suite of chosen) await suite.run();
process.exit(0);
