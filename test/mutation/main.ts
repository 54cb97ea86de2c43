import { setPriority } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';

import { createDice } from '../support/dice.ts';
import type { Mutant } from './mutants.ts';
import { mutantsOf } from './mutants.ts';
import type { RelatedTo } from './related.ts';
import { recordRelated } from './related.ts';
import type { Outcome } from './test-runner.ts';
import { TestRunner } from './test-runner.ts';

/*
 * npm run mutate -- [--room cbor]… [--sample 100] [--seed 1] [--only TEXT] [--workers 2] [--reached FOLDER]
 *
 * Puts one small mistake at a time into the sources, as the tests load them, and counts those that the tests notice.
 * Without --sample it takes all mutants; with it, one out of each of so many equal stretches of the room. Which tests
 * reach what is recorded first, in minutes; --reached keeps it for the next run, while tests and sources stay.
 */
const tests = ['test/unit', 'test/property', 'test/protocol', 'test/matrix', 'test/check', 'test/faults'];
/** Of so many mutants one is followed by a run without a mutant, which has to pass. */
const controlEvery = 25;

const { values } = parseArgs({
  options: {
    room: { type: 'string', multiple: true, default: ['cbor', 'ctaphid', 'authenticator'] },
    sample: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    workers: { type: 'string', default: '2' },
    reached: { type: 'string' },
  },
});

/** One mutant out of each stretch, so that every file gets its share. */
function sampleOf(room: string, mutants: readonly Mutant[]): readonly Mutant[] {
  const count = Math.min(Number(values.sample), mutants.length);
  const dice = createDice(`${room} ${values.seed}`);
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * mutants.length) / count);
    const to = Math.floor(((index + 1) * mutants.length) / count);
    return mutants[from + dice(to - from)]!;
  });
}

async function isSound(runner: TestRunner, related: readonly string[]): Promise<boolean> {
  const outcome = await runner.run({ tests: related });
  if (outcome !== 'passed') console.log(`WITHOUT A MUTANT: ${outcome}: ${String(runner.why)}`);
  return outcome === 'passed';
}

async function judge(room: string, relatedTo: RelatedTo): Promise<string> {
  const all = mutantsOf(room);
  const sample = sampleOf(room, all).filter(({ description }) => description.includes(values.only));
  const counts: Record<Outcome, number> = { passed: 0, failed: 0, hung: 0, grew: 0 };
  let unsound = 0;
  const queue = sample.entries();
  const work = async (): Promise<void> => {
    const runner = new TestRunner();
    for (const [index, mutant] of queue) {
      const related = relatedTo(mutant);
      const outcome = related.length === 0 ? 'passed' : await runner.run({ mutant, tests: related });
      counts[outcome] += 1;
      const word = outcome === 'passed' ? `SURVIVED ${String(related.length)} files` : outcome;
      console.log(`${word}: ${mutant.description}`);
      if (index % controlEvery === controlEvery - 1 && !(await isSound(runner, related))) unsound += 1;
    }
    await runner.close();
  };
  await Promise.all(Array.from({ length: Number(values.workers) }, work));
  const noticed = sample.length - counts.passed;
  const share = ((100 * noticed) / sample.length).toFixed(1);
  return (
    `${room}: ${String(noticed)} of ${String(sample.length)} noticed (${share} %), of ${String(all.length)} mutants; ` +
    `${String(counts.failed)} by a test, ${String(counts.hung)} hung, ${String(counts.grew)} grew; ` +
    `${String(unsound)} runs without a mutant failed; seed ${values.seed}`
  );
}

setPriority(15);
const relatedTo = await recordRelated(tests, values.reached);
const results: string[] = [];
for (const room of values.room) results.push(await judge(room, relatedTo));
console.log(results.join('\n'));
process.exit();
