import { performance } from 'node:perf_hooks';
import { cpuUsage } from 'node:process';

import { Bench } from 'tinybench';

/** How long to measure. */
export interface Effort {
  readonly quick: boolean;
  /** Rounds; in each, every task runs once for `time` milliseconds. */
  readonly rounds: number;
  readonly time: number;
  /** Processor time in milliseconds that each task may take before the first round, to be compiled. */
  readonly warmup: number;
}

export const quick: Effort = { quick: true, rounds: 3, time: 60, warmup: 700 };
export const full: Effort = { quick: false, rounds: 9, time: 250, warmup: 1000 };

/** Runs after which nothing is compiled any more. */
const warmRuns = 5000;
/** Milliseconds of one sample: short tasks run many times in it, so that the clock and the tool cost nothing. */
const sampleTime = 0.5;

/** Microseconds of one run: the median over the rounds of a round's median, or of its mean. */
export type Timings<Name extends string> = Readonly<Record<Name, number>>;

type Task = () => unknown;

/** What a round is summed up by: medians leave out what is paid now and then, means do not. */
export type Average = 'median' | 'mean';

/**
 * Measures tasks in turns, so that whatever else the machine does meets all of them. Only ratios of what comes out mean
 * anything.
 */
export async function measure<Name extends string>(
  tasks: Readonly<Record<Name, Task>>,
  { rounds, time, warmup }: Effort,
  average: Average = 'median',
): Promise<Timings<Name>> {
  const names = Object.keys(tasks) as Name[];
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]));
  const batches = new Map<Name, Task>();
  for (const name of names) batches.set(name, inBatches(tasks[name], await warmUp(tasks[name], warmup)));
  for (let round = 0; round < rounds; round += 1) {
    const bench = new Bench({ time, iterations: 3, warmup: false, throws: true });
    for (const [name, batch] of batches) bench.add(name, batch);
    await bench.run();
    for (const { name, result } of bench.tasks) {
      if (result.state !== 'completed') throw new Error(`${name} did not complete`);
      const milliseconds = average === 'mean' ? result.latency.mean : result.latency.p50;
      samples.get(name as Name)?.push(milliseconds * 1000);
    }
  }
  const medians = names.map((name) => [name, median(samples.get(name) ?? [])]);
  return Object.fromEntries(medians) as Timings<Name>;
}

/** Returns how long the last runs took, in milliseconds. */
async function warmUp(task: Task, limit: number): Promise<number> {
  const begin = cpuUsage();
  let last = 0;
  for (let run = 0; run < warmRuns; run += 1) {
    const start = performance.now();
    await task();
    last = performance.now() - start;
    const { system, user } = cpuUsage(begin);
    if (user + system > limit * 1000) break;
  }
  return last;
}

/** Many runs of a short task as one, which tells what each of them took. */
function inBatches(task: Task, estimate: number): Task {
  const size = Math.max(1, Math.min(20, Math.floor(sampleTime / Math.max(estimate, 0.001))));
  return async () => {
    const start = performance.now();
    for (let run = 0; run < size; run += 1) await task();
    const elapsed = performance.now() - start;
    return { overriddenDuration: elapsed / size, overriddenIterationCost: elapsed };
  };
}

/** The middle of some numbers; of an even count the upper one. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

export function quantile(numbers: readonly number[], part: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
