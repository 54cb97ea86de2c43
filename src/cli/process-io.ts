import { closeSync, openSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import process from 'node:process';
import type { Io } from './io.ts';

/** Who wants to know that nobody reads the output any more; without anyone, the process ends at once. */
const outputClosed = new Set<() => void>();

/** A reader like `head` may go before all is written: that is no error, and not worth a word. */
function endQuietly(error: Error): void {
  if (!('code' in error) || (error.code !== 'EPIPE' && error.code !== 'EIO')) throw error;
  if (outputClosed.size === 0) process.exit(0);
  for (const listener of outputClosed) listener();
}

function terminalGone(): boolean {
  if (process.platform === 'win32') return true;
  if (!process.stdin.isTTY) return false;
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
}

/** A file that is made anew has the mode asked for; one that existed would keep its own. */
async function writePrivately(path: string, text: string, overwrite: boolean): Promise<void> {
  if (overwrite) await rm(path, { force: true });
  await writeFile(path, text, { mode: 0o600, flag: 'wx' });
}

/** The process that this runs in. Call it once. */
export function createProcessIo(): Io {
  process.stdout.on('error', endQuietly);
  process.stderr.on('error', endQuietly);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    pid: process.pid,
    now: () => Date.now(),
    readFile: (path) => readFile(path, 'utf8'),
    writeFile: writePrivately,
    onSignal(name, listener) {
      process.on(name, listener);
      return () => void process.off(name, listener);
    },
    onOutputClosed(listener) {
      outputClosed.add(listener);
      return () => void outputClosed.delete(listener);
    },
    terminalGone,
  };
}
