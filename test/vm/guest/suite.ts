/**
 * A suite is a setting (a key, a browser, a site), built once because building it is what takes the time, and tests that
 * share it, in order. A test answers with what it saw.
 */
import type { Outcome } from '../results.ts';
import { emit } from './report.ts';
import { TimeUpError, within } from './until.ts';

/** Takes back what a setting started, the last thing first. */
export class Scope {
  readonly #cleanups: (() => unknown)[] = [];

  defer(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  async close(): Promise<void> {
    for (let cleanup; (cleanup = this.#cleanups.pop()) !== undefined;) {
      try {
        await within('a clean-up', 30, Promise.resolve(cleanup()));
      } catch (error) {
        emit({ event: 'note', text: `clean-up: ${describe(error)}`, ms: 0 });
      }
    }
  }
}

export interface VmTest<Setting> {
  readonly name: string;
  readonly limitSeconds: number;
  readonly run: (setting: Setting) => Promise<string>;
}

export interface SuiteDefinition<Setting> {
  readonly name: string;
  readonly setUpLimitSeconds: number;
  readonly setUp: (scope: Scope) => Promise<Setting>;
  readonly tests: readonly VmTest<Setting>[];
  /** Called after each failed test, to keep what would explain it and to bring the setting back to a usable state. */
  readonly afterFailure?: (setting: Setting, test: string) => Promise<void>;
}

/** A suite without the type of its setting, so that suites fit in one list. */
export interface Suite {
  readonly name: string;
  readonly tests: readonly string[];
  readonly run: () => Promise<void>;
}

export class SkipTest extends Error {
  override readonly name = 'SkipTest';
}

export function defineSuite<Setting>(definition: SuiteDefinition<Setting>): Suite {
  return {
    name: definition.name,
    tests: definition.tests.map((test) => fullName(definition, test)),
    run: () => runSuite(definition),
  };
}

/** So many tests in a row that ran out of time mean that what they share is stuck, and the others would be too. */
const STUCK_AFTER = 2;

async function runSuite<Setting>(definition: SuiteDefinition<Setting>): Promise<void> {
  const scope = new Scope();
  const rest = [...definition.tests];
  try {
    const setting = await within('the setting', definition.setUpLimitSeconds, definition.setUp(scope));
    let outOfTime = 0;
    for (let test; outOfTime < STUCK_AFTER && (test = rest.shift()) !== undefined;) {
      const inTime = await runTest(definition, test, setting);
      outOfTime = inTime ? 0 : outOfTime + 1;
    }
    failAll(definition, rest, 'not run, since the tests before it ran out of time');
  } catch (error) {
    failAll(definition, rest, `the setting failed: ${describe(error)}`);
  } finally {
    await scope.close();
  }
}

function failAll<Setting>(
  definition: SuiteDefinition<Setting>,
  tests: readonly VmTest<Setting>[],
  text: string,
): void {
  for (const test of tests) {
    emit({ event: 'result', test: fullName(definition, test), outcome: 'failed', ms: 0, text });
  }
}

/** Answers false when the test ran out of time. */
async function runTest<Setting>(
  definition: SuiteDefinition<Setting>,
  test: VmTest<Setting>,
  setting: Setting,
): Promise<boolean> {
  const started = performance.now();
  const end = (outcome: Outcome, text: string): void => {
    const ms = Math.round(performance.now() - started);
    emit({ event: 'result', test: fullName(definition, test), outcome, ms, text });
  };
  try {
    end('passed', await within('the test', test.limitSeconds, test.run(setting)));
    return true;
  } catch (error) {
    if (error instanceof SkipTest) {
      end('skipped', error.message);
      return true;
    }
    end('failed', describe(error));
    await recover(definition, test, setting);
    return !(error instanceof TimeUpError);
  }
}

async function recover<Setting>(
  definition: SuiteDefinition<Setting>,
  test: VmTest<Setting>,
  setting: Setting,
): Promise<void> {
  const name = fullName(definition, test);
  const recovery = definition.afterFailure?.(setting, name) ?? Promise.resolve();
  try {
    await within('the recovery', 90, recovery);
  } catch (error) {
    emit({ event: 'note', text: `after ${name}: ${describe(error)}`, ms: 0 });
  }
}

function fullName<Setting>(definition: SuiteDefinition<Setting>, test: VmTest<Setting>): string {
  return `${definition.name}: ${test.name}`;
}

export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
