import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a program printed, and how it ended. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function works(program: string, ...args: readonly string[]): boolean {
  const { error } = spawnSync(program, args, { stdio: 'ignore' });
  return error === undefined;
}

/** Why unmodified programs cannot be tried here, if they cannot. */
export function missingFor(...programs: readonly string[]): string | undefined {
  const absent = ['cc', ...programs].filter((program) => !works(program, '--version'));
  return absent.length === 0 ? undefined : `${absent.join(', ')} not installed`;
}

/** A directory of its own for files, with the preload built in it. Throws what the compiler said. */
export function buildPreload(): { readonly directory: string; readonly library: string } {
  const directory = mkdtempSync(join(tmpdir(), 'fauxkey-interop-'));
  const library = join(directory, 'preload.so');
  const source = join(import.meta.dirname, 'preload.c');
  const built = spawnSync('cc', ['-shared', '-fPIC', '-Wall', '-o', library, source, '-ldl']);
  if (built.status !== 0) throw new Error(`cc: ${built.stderr.toString()}`);
  return { directory, library };
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Lines for standard input, PINs mostly. */
  readonly input?: readonly string[];
}

/** Runs a program to its end. It has no terminal, so that it asks for PINs on standard input. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  // A program that ends without reading its input is its own business.
  child.stdin.on('error', () => undefined);
  child.stdin.end((options.input ?? []).map((line) => `${line}\n`).join(''));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
