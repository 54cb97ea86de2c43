import { fauxkey, nothing, whenReady } from '../processes.ts';
import type { Effort } from '../measure.ts';
import { median } from '../measure.ts';
import type { Row } from '../report.ts';
import { atMost, sides } from '../report.ts';
import { fill, openTemporaryStore } from '../store.ts';

/** The command line, against a Node.js that does nothing. */
export async function cli(effort: Effort): Promise<Row[]> {
  const store = await openTemporaryStore();
  try {
    await fill(store.keystore, 100, 100);
    await store.close();
    const keystore = `${store.path}/keystore`;
    const idle: number[] = [];
    const lists: number[] = [];
    const starts: number[] = [];
    for (let round = 0; round < (effort.quick ? 3 : 9); round += 1) {
      idle.push(nothing());
      lists.push(fauxkey('list', '--keystore', keystore));
      starts.push((await whenReady(['--keystore', `${store.path}/empty`])).milliseconds);
    }
    const [base, list, start] = [idle, lists, starts].map((times) => median(times) * 1000);
    return [
      row('fauxkey list with 10,000 credentials, of `node -e 0`', list, base, 4),
      row('fauxkey start until it is ready, of `node -e 0`', start, base, 8),
    ];
  } finally {
    store.remove();
  }
}

function row(what: string, ours: number | undefined, base: number | undefined, target: number): Row {
  if (ours === undefined || base === undefined) throw new Error('nothing was measured');
  return { what, value: ours / base, unit: '×', target: atMost(target), sides: sides(ours, base) };
}
