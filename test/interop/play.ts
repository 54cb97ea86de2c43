import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Key } from '../../src/app/create-key.ts';

/** The Python that has python-fido2; any Python will do for libfido2. */
const python = process.env['FAUXKEY_PYTHON'] ?? 'python3';

/** Whether Python can do this. */
export function pythonCan(statement: string): boolean {
  return spawnSync(python, ['-c', statement]).status === 0;
}

/** Attaches the key to a free port of this machine and tells which. */
export async function serve(key: Key): Promise<string> {
  const { address } = await key.attach('tcp:127.0.0.1:0');
  return address.slice(address.lastIndexOf(':') + 1);
}

/** Another client in a process of its own, which plays one scenario after the other. */
export interface Player {
  /** Plays a scenario on the key, with values for JSON; resolves to what the client saw, rejects with its traceback. */
  play(key: Key, scenario: string, ...values: readonly unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts `folder/scenarios.py`, which takes a line of JSON for each scenario and answers with one. */
export function startPlayer(folder: string): Player {
  const scripts = join(import.meta.dirname, folder);
  const child = spawn(python, [join(scripts, 'scenarios.py')], {
    cwd: scripts,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async play(key, scenario, ...values) {
      child.stdin.write(`${JSON.stringify([scenario, await serve(key), ...values])}\n`);
      const line: IteratorResult<string, unknown> = await lines.next();
      if (line.done === true) throw new Error(`${folder} ended in ${scenario}`);
      const answer = JSON.parse(line.value) as { readonly saw?: unknown; readonly error?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.saw;
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
