import process, { env } from 'node:process';

import type { Reporter, TestRunResult, TestSpecification } from 'vitest/node';
import { BaseSequencer, createVitest } from 'vitest/node';

import type { Mutant } from './mutants.ts';
import { sources } from './mutants.ts';
import { withRecording } from './recording.ts';

/*
 * A process that runs tests again and again, each time over sources of which one has a mutant in it; the files on the
 * disk stay as they are. With FAUXKEY_REACHED it records instead which tests call which functions.
 */

/** What the worker is asked to do. */
export interface Task {
  readonly mutant?: Mutant;
  /** Absolute; in this order. */
  readonly tests: readonly string[];
}

/**
 * What it tells: that a test has ended, or all of them. `late` when nothing is wrong but the time that a test took, or
 * that some did not run.
 */
export interface News {
  readonly kind: 'progress' | 'passed' | 'failed' | 'late';
  /** What went wrong first. */
  readonly why?: string;
}

const isRecording = env['FAUXKEY_REACHED'] !== undefined;
let task: Task = { tests: [] };

/** The tests that most likely notice the mutant come first. */
class AsTold extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => task.tests.indexOf(moduleId);
    return Promise.resolve(files.sort((one, other) => placeOf(one) - placeOf(other)));
  }
}

function tell(news: News): void {
  process.send?.(news);
}

function transform(code: string, id: string): string | undefined {
  const file = id.split('?')[0] ?? '';
  if (isRecording)
    return file.startsWith(sources) && file.endsWith('.ts') ? withRecording(file, code) : undefined;
  const { mutant } = task;
  if (file !== mutant?.file) return undefined;
  return `${code.slice(0, mutant.start)}${mutant.text}${code.slice(mutant.end)}`;
}

/** The end of the run that goes on, when a test of it has failed; Vitest's own `bail` may hit the next run instead. */
let ending: Promise<void> | undefined;
let isRunning = false;

const reporter: Reporter = {
  onTestCaseResult(test) {
    tell({ kind: 'progress' });
    if (isRunning && !isRecording && test.result().state === 'failed')
      ending ??= vitest.cancelCurrentRun('test-failure');
  },
  onTestModuleEnd: () => tell({ kind: 'progress' }),
};
const plugins = [{ name: 'mutant', enforce: 'pre' as const, transform }];
const vitest = await createVitest(
  'test',
  {
    config: false,
    watch: false,
    reporters: [reporter],
    include: ['test/**/*.test.ts'],
    // Longer than on a quiet machine: a test that is only late has not noticed anything.
    testTimeout: 40_000,
    pool: 'forks',
    maxWorkers: isRecording ? 2 : 1,
    // Loading the sources anew for each file of tests would take most of the time.
    isolate: isRecording,
    setupFiles: [isRecording ? 'test/mutation/recorder.ts' : 'test/mutation/hurry.ts'],
    sequence: { sequencer: AsTold },
  },
  { plugins },
);
await vitest.standalone();

function judge(tests: readonly string[], { testModules: all, unhandledErrors }: TestRunResult): News {
  // Vitest also tells of files that ran in earlier runs only.
  const testModules = all.filter(({ moduleId }) => tests.includes(moduleId));
  const failed = testModules.flatMap((module) => [...module.children.allTests('failed')]);
  const errors = [
    ...unhandledErrors,
    ...testModules.flatMap((module) => module.errors()),
    ...failed.flatMap((test) => test.result().errors ?? []),
  ] as readonly { readonly message: string }[];
  const why = `${failed[0]?.fullName ?? ''}: ${errors[0]?.message ?? 'some tests did not run'}`;
  if (errors.some(({ message }) => !/timed out in \d+ms/.test(message))) return { kind: 'failed', why };
  // A file all of whose tests are left out on this machine is as good as one that passed.
  const isWhole = testModules.every((module) => ['passed', 'skipped'].includes(module.state()));
  const ran = testModules.flatMap((module) => [...module.children.allTests('passed')]);
  return errors.length === 0 && isWhole && ran.length > 0 ? { kind: 'passed' } : { kind: 'late', why };
}

async function carryOut(next: Task): Promise<void> {
  if (task.mutant) vitest.invalidateFile(task.mutant.file);
  if (next.mutant) vitest.invalidateFile(next.mutant.file);
  task = next;
  const project = vitest.getRootProject();
  // What did not run this time must not pass for what it was the last time.
  vitest.state.clearFiles(project, [...next.tests]);
  isRunning = true;
  const result = await vitest.runTestSpecifications(
    next.tests.map((file) => project.createSpecification(file)),
  );
  isRunning = false;
  await ending;
  ending = undefined;
  tell(judge(next.tests, result));
}

process.on('message', (next: Task) => void carryOut(next));
process.on('disconnect', () => process.exit());
