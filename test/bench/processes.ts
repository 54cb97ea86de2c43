import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

const program = join(import.meta.dirname, '..', '..', 'bin', 'fauxkey.js');

/** Milliseconds until a program has ended. Throws unless it ends well. */
export function runOnce(args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${String(status)}: ${stderr}`);
  return performance.now() - start;
}

export const nothing = (): number => runOnce(['-e', '0']);

export const fauxkey = (...args: readonly string[]): number => runOnce([program, ...args]);

/** Starts a key on a stream, waits for its word that it is ready, lets it rest a moment, and ends it. */
export async function whenReady(
  args: readonly string[],
): Promise<{ readonly milliseconds: number; readonly megabytes: number }> {
  const start = performance.now();
  const options = ['start', '--transport', 'tcp:127.0.0.1:0', '--json', '--consent', 'auto', ...args];
  const child = spawn(execPath, [program, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if ((JSON.parse(line) as { event?: string }).event !== 'ready') continue;
      const milliseconds = performance.now() - start;
      await wait(300);
      return { milliseconds, megabytes: residentMegabytes(child.pid ?? 0) };
    }
    throw new Error('the key ended before it was ready');
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

/** Of a process on Linux (VmRSS of proc_pid_status(5)). */
function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1000;
}
