import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Mutant } from './mutants.ts';
import { placeOf } from './mutants.ts';
import type { Reached } from './recorder.ts';
import { TestRunner } from './test-runner.ts';

/** Milliseconds that the tests for one mutant may have taken; the canonical CBOR check is reached by nearly all tests. */
const longest = 15_000;
/** Files of tests for one mutant, however long they take, and however short. */
const fewest = 3;
const most = 10;

/** Absolute names of the files of tests that reach a mutant and have most to do with its file, these first. */
export type RelatedTo = (mutant: Mutant) => readonly string[];

/**
 * Runs all tests once to see which functions each file of them calls. What was recorded is kept in `folder`, if one is
 * named, and used again.
 */
export async function recordRelated(folders: readonly string[], folder?: string): Promise<RelatedTo> {
  const place = folder ?? mkdtempSync(join(tmpdir(), 'fauxkey-mutation-'));
  try {
    mkdirSync(place, { recursive: true });
    if (readdirSync(place).length === 0) await record(folders, place);
    const all = readdirSync(place).map(
      (name) => JSON.parse(readFileSync(join(place, name), 'utf8')) as Reached,
    );
    const sets = all.map(({ places, ...rest }) => ({ ...rest, places: new Set(places) }));
    return (mutant) => {
      const reaching = sets.filter(({ places }) => places.has(mutant.within));
      const shares = reaching.map((set) => ({ ...set, share: shareOf(mutant, set.places) }));
      shares.sort((one, other) => other.share - one.share);
      let time = 0;
      const isWithin = ({ milliseconds }: Pick<Reached, 'milliseconds'>, index: number): boolean =>
        (time += milliseconds) < longest || index < fewest;
      return shares
        .slice(0, most)
        .filter(isWithin)
        .map(({ test }) => test);
    };
  } finally {
    if (folder === undefined) rmSync(place, { recursive: true, force: true });
  }
}

/** How much of what a file of tests reaches stands in the mutant's file. */
function shareOf({ file }: Mutant, places: ReadonlySet<string>): number {
  const own = [...places].filter((place) => place.startsWith(placeOf(file)));
  return own.length / places.size;
}

async function record(folders: readonly string[], place: string): Promise<void> {
  const root = join(import.meta.dirname, '..', '..');
  const tests = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => join(root, folder, name)),
  );
  const runner = new TestRunner({ FAUXKEY_REACHED: place });
  const outcome = await runner.run({ tests });
  await runner.close();
  if (outcome === 'passed') return;
  rmSync(place, { recursive: true, force: true });
  throw new Error(`The tests without any mutant: ${outcome}.`);
}
