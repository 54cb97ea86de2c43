import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { argv, kill, pid } from 'node:process';
import { Worker } from 'node:worker_threads';

import { openKeystoreDirectory } from '../../../src/keystore/lmdb.ts';
import type { Keystore } from '../../../src/ports/keystore.ts';
import { KeystoreError } from '../../../src/ports/keystore.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { credentialOf, perform, stepsOf } from './steps.ts';

/** Says on standard output, at once, what has been done. */
function tell(word: string): void {
  for (let rest = Buffer.from(`${word}\n`); rest.length > 0;) rest = rest.subarray(writeSome(rest));
}

/** How many bytes the pipe took: none while it is full, since whoever reads it is slow. */
function writeSome(bytes: Uint8Array): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0;
    throw error;
  }
}

/** Waits beside the main thread, which is busy, for the signal, and then as long as it says, before it kills all. */
const killer = `
  const { workerData, parentPort } = require('node:worker_threads');
  parentPort.postMessage('ready');
  Atomics.wait(workerData, 0, 0);
  Atomics.wait(workerData, 1, 0, workerData[0] / 100);
  process.kill(process.pid, 'SIGKILL');
`;

/** Performs the steps of a round and dies in the middle of one of them. */
async function crash(keystore: Keystore, round: number): Promise<void> {
  const steps = stepsOf(round);
  const [at = 0, delay = 0] = createSeededRandom(`death of round ${round}`).bytes(2);
  const signal = new Int32Array(new SharedArrayBuffer(8));
  await once(new Worker(killer, { eval: true, workerData: signal }), 'message');
  for (const [index, step] of steps.entries()) {
    if (index === at % steps.length) {
      signal[0] = 1 + delay;
      Atomics.notify(signal, 0);
    }
    await perform(keystore, step);
    tell(String(index));
  }
  // Every round ends with a death, also one whose steps were all faster than it.
  kill(pid, 'SIGKILL');
}

/** Signs in without a pause, with a counter of the credential and a global one, and dies at some moment. */
async function sign(keystore: Keystore, round: number): Promise<void> {
  const [delay = 0] = createSeededRandom(`death of signing round ${round}`).bytes(1);
  const signal = new Int32Array(new SharedArrayBuffer(8));
  await once(new Worker(killer, { eval: true, workerData: signal }), 'message');
  const { id } = credentialOf(0, 0);
  signal[0] = 1 + 30 * delay;
  Atomics.notify(signal, 0);
  for (;;) {
    const next = Math.max(keystore.findById(id)?.signCount ?? 0, keystore.state().signCount) + 1;
    await keystore.use(id, { signCount: next, lastUsedAt: next }, { signCount: next });
    tell(String(next));
  }
}

/** Adds credentials, one transaction each, with blobs that make the file grow. */
async function fill(keystore: Keystore, first: number, count: number): Promise<void> {
  for (let id = first; id < first + count; id += 1) {
    const largeBlob = { data: new Uint8Array(randomBytes(20_000)), originalSize: id };
    await keystore.add({ ...credentialOf(id, 0), largeBlob });
  }
  tell('done');
}

/** Writes until there is no room, and goes on as a key would. */
async function overfill(keystore: Keystore): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    try {
      await fill(keystore, keystore.countDiscoverable(), 1000);
    } catch (error) {
      tell(error instanceof KeystoreError ? error.problem : String(error));
    }
  }
  tell(String([...keystore.all()].length));
}

const [, , directory = '', job = '', ...numbers] = argv;
const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
const store = await openKeystoreDirectory({ directory, random, clock: createFakeClock() });
const keystore = await store.open('main');
const [first = 0, second = 0] = numbers.map(Number);
if (job === 'crash') await crash(keystore, first);
if (job === 'sign') await sign(keystore, first);
if (job === 'overfill') await overfill(keystore);
if (job === 'fill') await fill(keystore, first, second);
if (job === 'hold') {
  await store.acquireLease('main', { control: 'a control socket' });
  tell('held');
  setInterval(() => undefined, 60_000);
} else {
  await store.close();
}
