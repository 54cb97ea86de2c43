import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';

import type { Host } from '../host.ts';
import { openHost } from '../host.ts';
import type { Effort } from '../measure.ts';
import { quantile } from '../measure.ts';
import type { Row } from '../report.ts';
import { atMost, sides } from '../report.ts';

const keys = 200;

/** Many keys in one process. */
export async function many(effort: Effort): Promise<Row[]> {
  const hosts: Host[] = [await openHost()];
  const before = settledMegabytes();
  while (hosts.length <= keys) hosts.push(await openHost());
  const each = (settledMegabytes() - before) / keys;
  const [busy, ...others] = hosts;
  if (!busy) throw new Error('no key');
  const registered = await Promise.all(others.map((host) => host.register()));
  const run = others.map((host, index) =>
    host.getAssertion('example.com', registered[index] ?? new Uint8Array()),
  );
  const load = busy.getAssertion('example.com', await busy.register());
  const times = effort.quick ? 4 : 20;
  await latencies(run, times);
  const alone: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < effort.rounds; round += 1) {
    alone.push(...(await latencies(run, times)));
    beside.push(...(await withLoad(load, () => latencies(run, times))));
  }
  const [quiet, loaded] = [quantile(alone, 0.99), quantile(beside, 0.99)];
  return [
    { what: `memory of one of ${String(keys)} keys`, value: each, unit: 'MB', target: atMost(1), sides: '' },
    {
      what: 'p99 of the other keys beside a busy one, of theirs without it',
      value: loaded / quiet,
      unit: '×',
      target: atMost(2),
      sides: sides(loaded, quiet),
    },
  ];
}

function settledMegabytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss / 1e6;
}

/** Microseconds of each assertion of each key, one at a time, with a turn of the event loop in between. */
async function latencies(run: readonly (() => Promise<number>)[], times: number): Promise<number[]> {
  const measured: number[] = [];
  for (let time = 0; time < times; time += 1) {
    for (const assertion of run) {
      const start = performance.now();
      await turn();
      await assertion();
      measured.push((performance.now() - start) * 1000);
    }
  }
  return measured;
}

/** Keeps one key busy without a pause but for the turn that every host's input costs. */
async function withLoad<T>(load: () => Promise<number>, action: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const busy = (async () => {
    while (!over.signal.aborted) {
      await load();
      await turn();
    }
  })();
  try {
    return await action();
  } finally {
    over.abort();
    await busy;
  }
}
