import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { parseArgs } from 'node:util';

import { createDice } from '../support/dice.ts';
import type { Mutant } from './mutants.ts';
import { mutantsOf } from './mutants.ts';

/*
 * npm run mutate -- --room cbor [--sample 40] [--seed 1]
 *
 * Puts one small mistake at a time into the sources, as the tests load them, and counts those that the room's tests notice.
 */
const related: Readonly<Record<string, readonly string[]>> = {
  cbor: ['test/unit/cbor', 'test/property/cbor.test.ts', 'test/protocol/malformed-requests.test.ts'],
  ctaphid: ['test/unit/ctaphid', 'test/property/ctaphid.test.ts'],
  authenticator: [
    'test/unit/authenticator',
    'test/protocol',
    'test/matrix',
    'test/property/authenticator.test.ts',
  ],
};
/** Milliseconds after which a mutant counts as noticed: it hangs. */
const longest = 300_000;

const { values } = parseArgs({
  options: {
    room: { type: 'string', default: 'cbor' },
    sample: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
  },
});

async function isNoticed(mutant: Mutant | undefined, tests: readonly string[]): Promise<boolean> {
  const words = ['run', '--config', 'test/mutation/vitest.config.ts', '--reporter=dot', ...tests];
  const env = { ...process.env, ...(mutant && { FAUXKEY_MUTANT: JSON.stringify(mutant) }) };
  const child = spawn('node_modules/.bin/vitest', words, { env, stdio: 'ignore' });
  const alarm = setTimeout(() => child.kill(), longest);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(alarm);
  return code !== 0;
}

const tests = related[values.room];
if (!tests) throw new RangeError(`The rooms are ${Object.keys(related).join(', ')}.`);
const all = mutantsOf(values.room);
const dice = createDice(`${values.room} ${values.seed}`);
const sample = Array.from({ length: Math.min(Number(values.sample), all.length) }, () => {
  const [mutant] = all.splice(dice(all.length), 1);
  return mutant as Mutant;
});
if (await isNoticed(undefined, tests)) throw new Error('The tests fail without any mutant.');
let noticed = 0;
for (const mutant of sample) {
  const isDead = await isNoticed(mutant, tests);
  if (isDead) noticed += 1;
  console.log(`${isDead ? 'noticed ' : 'SURVIVED'} ${mutant.description}`);
}
const share = ((100 * noticed) / sample.length).toFixed(0);
const total = all.length + sample.length;
console.log(
  `${values.room}: ${String(noticed)} of ${String(sample.length)} noticed (${share} %), of ${String(total)} in all; seed ${values.seed}`,
);
