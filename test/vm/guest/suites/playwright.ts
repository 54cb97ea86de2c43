/** The Playwright example, unchanged, with USB devices of the kernel for keys. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectEqual } from '../expect.ts';
import { CHECKOUT, scratch } from '../places.ts';
import { output } from '../process.ts';
import { type Scope, defineSuite, type VmTest } from '../suite.ts';

const RUNNER = join(CHECKOUT, 'node_modules/@playwright/test/cli.js');
const EXAMPLE = join(CHECKOUT, 'examples/playwright');
/** Chromium's software renderer sometimes dies under emulation; it is started again, and the browser has to live on. */
const CHROMIUM_ARGS = '--disable-gpu --disable-gpu-process-crash-limit';
const LIMIT_SECONDS = 300;

interface Result {
  readonly title: string;
  readonly tests: readonly {
    readonly annotations: readonly { readonly type: string; readonly description?: string }[];
    readonly status: 'expected' | 'skipped' | 'unexpected' | 'flaky';
  }[];
}

interface Report {
  readonly specs?: readonly Result[];
  readonly suites?: readonly Report[];
}

const specsOf = ({ specs = [], suites = [] }: Report): readonly Result[] => [
  ...specs,
  ...suites.flatMap(specsOf),
];

const example: VmTest<Scope> = {
  name: 'examples/playwright in HID mode: a slow person, a wrong signature, a counter that goes back',
  limitSeconds: LIMIT_SECONDS,
  run: async () => {
    const place = scratch('playwright');
    const report = join(place, 'report.json');
    // The list is what remains to read when time is up.
    const args = ['test', '--config', EXAMPLE, '--output', place, '--reporter', 'list,json'];
    args.push('--max-failures', '1', '--grep-invert', 'phone or laptop|shows a dialog');
    const env = {
      MODE: 'hid',
      PATIENCE_MS: '40000',
      PLAYWRIGHT_JSON_OUTPUT_NAME: report,
      CHROMIUM_ARGS,
    };
    const options = { env, cwd: CHECKOUT, limitSeconds: LIMIT_SECONDS - 20 };
    await output(process.execPath, [RUNNER, ...args], options);
    const specs = specsOf(JSON.parse(readFileSync(report, 'utf8')) as Report);
    const byHid = specs.filter(({ tests }) =>
      tests[0]?.annotations.some(({ description }) => description?.startsWith('hid mode:') === true),
    );
    expectEqual(
      'tests with a USB device',
      byHid.map(({ tests }) => tests[0]?.status),
      ['expected', 'expected', 'expected'],
    );
    return byHid.map(({ title }) => title).join('; ');
  },
};

export const playwright = defineSuite<Scope>({
  name: 'playwright',
  setUpLimitSeconds: 10,
  setUp: (scope) => Promise.resolve(scope),
  tests: [example],
});
