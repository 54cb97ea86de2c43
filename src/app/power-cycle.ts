import { UsageError } from '../ports/errors.ts';
import { KeystoreError } from '../ports/keystore.ts';
import type { KeySelection } from './api-start.ts';
import { requestPowerCycle } from './control-socket.ts';
import { openStore } from './store.ts';

/** Power-cycles the key that another process runs, and waits until it is back. */
export async function powerCycle(selection: KeySelection): Promise<{ readonly pid: number }> {
  const store = await openStore(selection, { create: false });
  try {
    const running = store.currentLease(selection.key);
    if (running && running.control === undefined) {
      throw new UsageError(`The process ${running.pid} runs the key, but has no socket to be asked at.`, {
        problem: 'not-running',
        hint: `kill -HUP ${running.pid} does the same.`,
      });
    }
    if (running?.control === undefined) {
      throw new UsageError(`No process runs the key ${selection.key}.`, {
        problem: 'not-running',
        hint: 'fauxkey start runs it.',
      });
    }
    await requestPowerCycle(running.control).catch((cause: unknown) => {
      throw new KeystoreError('io', `The process ${running.pid} that runs the key does not answer.`, {
        cause,
      });
    });
    return { pid: running.pid };
  } finally {
    await store.close();
  }
}
