import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Key } from '../../src/app/create-key.ts';

/** The Python that has python-fido2; any Python will do for libfido2. */
export const python = process.env['FAUXKEY_PYTHON'] ?? 'python3';

/** Whether Python can do this. */
export function pythonCan(statement: string): boolean {
  return spawnSync(python, ['-c', statement]).status === 0;
}

/** Attaches the key to a free port of this machine and tells which. */
export async function serve(key: Key): Promise<string> {
  const { address } = await key.attach('tcp:127.0.0.1:0');
  return address.slice(address.lastIndexOf(':') + 1);
}

/** Plays a scenario of `folder/scenarios.py` on the key; resolves to what the other client saw. */
export async function play(folder: string, key: Key, scenario: string): Promise<unknown> {
  const scripts = join(import.meta.dirname, folder);
  const child = spawn(python, [join(scripts, 'scenarios.py'), scenario, await serve(key)], { cwd: scripts });
  let [printed, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(errors);
  return JSON.parse(printed);
}
