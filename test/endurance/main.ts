import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

import { systemClock, systemRandom } from '../../src/app/system.ts';
import { openKeystoreDirectory } from '../../src/keystore/lmdb.ts';
import { dialTcp, LongLife } from './ceremonies.ts';

/*
 * npm run endurance [-- --scale 0.02] [--ceremonies N] [--plug-cycles N] [--memory]
 *
 * One process, one key on the stream transport with a store on the disk. Ends with 1 if memory, handles or latency grew.
 */
const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '1' },
    ceremonies: { type: 'string' },
    'plug-cycles': { type: 'string' },
    memory: { type: 'boolean', default: false },
  },
});
const scale = Number(values.scale);
const ceremonies = Number(values.ceremonies ?? Math.round(1_000_000 * scale));
const plugCycles = Number(values['plug-cycles'] ?? Math.round(10_000 * scale));

/** Tables of a run, and what may differ between its first sample after warming up and its last. */
const samples = 10;
const limits = { heap: 8 * 1024 * 1024, rss: 48 * 1024 * 1024, handles: 2, resources: 32, latency: 1.5 };

interface Sample {
  readonly done: number;
  readonly heap: number;
  readonly rss: number;
  readonly handles: number;
  readonly resources: number;
  /** Milliseconds for one of what is done. The tenth that went fastest tells the least of other programs. */
  readonly fast: number;
  readonly median: number;
  readonly p99: number;
}

async function take(done: number, times: number[]): Promise<Sample> {
  // What is being closed is closed then.
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? 0;
  return {
    done,
    heap: heapUsed,
    rss,
    handles: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    resources: process.getActiveResourcesInfo().filter((name) => /Wrap|Timeout/.test(name)).length,
    fast: at(0.1),
    median: at(0.5),
    p99: at(0.99),
  };
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

async function measure(name: string, total: number, work: () => Promise<number>): Promise<Sample[]> {
  console.log(`\n${name}: ${String(total)}`);
  console.log('      done  heap MB  rss MB  handles  resources  fast ms  median ms  p99 ms');
  const taken: Sample[] = [];
  for (let done = 0, times: number[] = []; done < total;) {
    const start = performance.now();
    const count = await work();
    times.push((performance.now() - start) / count);
    done += count;
    if (done < ((taken.length + 1) * total) / samples) continue;
    const sample = await take(done, times);
    times = [];
    taken.push(sample);
    const cells = [String(done), mebibytes(sample.heap), mebibytes(sample.rss), String(sample.handles)];
    const later = [
      String(sample.resources),
      sample.fast.toFixed(3),
      sample.median.toFixed(3),
      sample.p99.toFixed(3),
    ];
    const widths = [10, 9, 8, 9, 11, 9, 11, 8];
    console.log([...cells, ...later].map((cell, index) => cell.padStart(widths[index] ?? 0)).join(''));
  }
  return taken;
}

/** The first samples are of a program that is still being compiled, and of a heap that is still finding its size. */
function judge(name: string, taken: readonly Sample[]): string[] {
  const [first, last] = [taken[2], taken.at(-1)];
  if (!first || !last) return [`${name}: too few to judge`];
  const faults: string[] = [];
  if (last.heap - first.heap > limits.heap)
    faults.push(`the heap grew by ${mebibytes(last.heap - first.heap)} MB`);
  if (last.rss - first.rss > limits.rss) faults.push(`memory grew by ${mebibytes(last.rss - first.rss)} MB`);
  if (last.handles - first.handles > limits.handles) faults.push(`handles grew to ${String(last.handles)}`);
  if (last.resources - first.resources > limits.resources)
    faults.push(`resources grew to ${String(last.resources)}`);
  if (last.fast > first.fast * limits.latency) faults.push(`one takes ${last.fast.toFixed(3)} ms in the end`);
  return faults.map((fault) => `${name}: ${fault}`);
}

async function run(): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'fauxkey-endurance-'));
  const store = values.memory
    ? undefined
    : await openKeystoreDirectory({ directory, random: systemRandom, clock: systemClock });
  let address = '';
  const life = new LongLife({ ...(store && { keystore: await store.open('endurance') }) }, () =>
    dialTcp(address),
  );
  ({ address } = await life.key.attach('tcp:127.0.0.1:0'));
  try {
    const first = await measure('ceremonies', ceremonies, () => life.round());
    const second = await measure('plug cycles', plugCycles, async () => {
      await life.plugCycle();
      return 1;
    });
    return [...judge('ceremonies', first), ...judge('plug cycles', second)];
  } finally {
    await life.close();
    await store?.close();
    await rm(directory, { recursive: true, force: true });
  }
}

const start = performance.now();
const faults = await run();
for (const fault of faults) console.error(`FOUND: ${fault}`);
const verdict = faults.length === 0 ? 'Nothing grew' : 'It grew';
console.log(`\n${verdict} in ${((performance.now() - start) / 1000).toFixed(0)} s.`);
process.exit(faults.length === 0 ? 0 : 1);
