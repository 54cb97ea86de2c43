import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Hands } from './hands.ts';

const notFound = 127;

function run([program = '', ...words]: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    // The output of this program may be JSON, so what others print goes to stderr.
    const child = spawn(program, words, { stdio: ['inherit', process.stderr, process.stderr] });
    child.once('error', () => resolve(notFound));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** The machine that this runs on. */
export function systemHands(): Hands {
  return {
    isRoot: process.getuid?.() === 0,
    packaged: (name) => fileURLToPath(new URL(`../../../packaging/${name}`, import.meta.url)),
    run,
  };
}
