import type { Keystore } from '../../../src/ports/keystore.ts';
import { openHost, requireSuccess } from '../host.ts';
import { whenReady } from '../processes.ts';
import type { Effort } from '../measure.ts';
import { measure, median } from '../measure.ts';
import type { Row } from '../report.ts';
import { atMost, sides } from '../report.ts';
import { credentialOf, fill, openTemporaryStore } from '../store.ts';

/** The site that is looked at in both stores has as many credentials in each. */
const site = 'example.com';
const listed = 10;

interface Subject {
  readonly keystore: Keystore;
  readonly path: string;
  readonly assertion: () => Promise<number>;
  readonly listing: () => unknown;
  close(): Promise<void>;
  remove(): void;
}

/** A store with 100,000 discoverable credentials in 1,000 sites (a tenth of both in the quick form) beside one with 10. */
export async function size(effort: Effort): Promise<Row[]> {
  const sites = effort.quick ? 100 : 1000;
  const small = await subject(0);
  const big = await subject(sites);
  try {
    const used = await measure({ big: big.assertion, small: small.assertion }, effort);
    const seen = await measure({ big: big.listing, small: small.listing }, effort);
    await small.close();
    await big.close();
    const starts = await compareStarts(small.path, big.path, effort.quick ? 3 : 7);
    const what = `with ${String(sites * 100)} credentials in ${String(sites)} sites, of that with 10`;
    return [
      row(`assertion ${what}`, used.big, used.small, 1.2),
      row(`listing of one site ${what}`, seen.big, seen.small, 1.2),
      row(`start-up ${what}`, starts.big.time, starts.small.time, 1.5),
      memoryRow(`idle key with 10 credentials`, starts.small.memory),
      memoryRow(`idle key with ${String(sites * 100)} credentials`, starts.big.memory),
    ];
  } finally {
    small.remove();
    big.remove();
  }
}

async function subject(sites: number): Promise<Subject> {
  const { keystore, ...store } = await openTemporaryStore();
  await fill(keystore, sites, 100);
  const own = Array.from({ length: listed }, () => credentialOf(site));
  await keystore.addAll(own, 'fail');
  const host = await openHost({ keystore });
  const [first] = own;
  const assertion = host.getAssertion(site, first?.id ?? new Uint8Array());
  await requireSuccess(assertion);
  return { ...store, keystore, assertion, listing: () => keystore.discoverable(first?.rpIdHash ?? site32) };
}

const site32 = new Uint8Array(32);

async function compareStarts(
  small: string,
  big: string,
  times: number,
): Promise<Record<'small' | 'big', { readonly time: number; readonly memory: number }>> {
  const starts = { small: [] as number[], big: [] as number[] };
  const memory = { small: [] as number[], big: [] as number[] };
  for (let time = 0; time < times; time += 1) {
    for (const [name, path] of [['small', small] as const, ['big', big] as const]) {
      const { milliseconds, megabytes } = await whenReady(['--keystore', `${path}/keystore`]);
      starts[name].push(milliseconds * 1000);
      memory[name].push(megabytes);
    }
  }
  return {
    small: { time: median(starts.small), memory: median(memory.small) },
    big: { time: median(starts.big), memory: median(memory.big) },
  };
}

function row(what: string, ours: number, theirs: number, target: number): Row {
  return { what, value: ours / theirs, unit: '×', target: atMost(target), sides: sides(ours, theirs) };
}

function memoryRow(what: string, megabytes: number): Row {
  return {
    what: `resident memory of an ${what}`,
    value: megabytes,
    unit: 'MB',
    target: atMost(90),
    sides: '',
  };
}
