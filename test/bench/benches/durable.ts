import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { coseAlgorithm } from '../../../src/cose/algorithm.ts';
import { bareAlgorithm } from '../bare.ts';
import { openHost, requireSuccess } from '../host.ts';
import type { Effort } from '../measure.ts';
import { measure } from '../measure.ts';
import type { Row } from '../report.ts';
import { atLeast, sides } from '../report.ts';
import { openTemporaryStore } from '../store.ts';

/** What a credential takes in the store. */
const recordSize = 700;

/** ES256 with the LMDB store. Means, so that the writes that reserve counters are paid by all assertions. */
export async function durable(effort: Effort): Promise<Row[]> {
  const store = await openTemporaryStore();
  const host = await openHost({ keystore: store.keystore });
  const log = openSync(join(store.path, 'log'), 'w');
  try {
    const assertion = host.getAssertion('example.com', await host.register());
    const creation = host.makeCredential({ options: { rk: true } });
    await requireSuccess(assertion);
    await requireSuccess(creation);
    const bare = bareAlgorithm(coseAlgorithm.ES256).signer();
    const used = await measure({ ours: assertion, bare }, effort, 'mean');
    const made = await measure({ ours: creation, append: () => append(log) }, effort);
    return [
      {
        what: 'getAssertion with a durable counter, of the bare signature rate',
        value: used.bare / used.ours,
        unit: '×',
        target: atLeast(0.5),
        sides: sides(used.ours, used.bare),
        note: 'means',
      },
      {
        what: 'makeCredential (discoverable), of one fdatasync per credential',
        value: made.append / made.ours,
        unit: '×',
        target: atLeast(0.7),
        sides: sides(made.ours, made.append),
      },
    ];
  } finally {
    closeSync(log);
    await store.close();
    store.remove();
  }
}

const record = new Uint8Array(recordSize).fill(1);

/** The least that a credential on the disk can cost: its bytes at the end of a file, and one fdatasync. */
function append(file: number): void {
  writeSync(file, record);
  fdatasyncSync(file);
}
