import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const launcher = fileURLToPath(new URL('../../bin/fauxkey.js', import.meta.url));

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('FAUXKEY_'));
  return { ...Object.fromEntries(inherited), NO_COLOR: '1', TZ: 'UTC', ...extra };
}

function start(args: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, [launcher, ...args], { env: environment(env), stdio: 'pipe' });
}

async function finish(child: ChildProcess): Promise<Result> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, out, err };
}

/** Runs the program to its end. */
export function fauxkey(args: readonly string[], { env, input = '' }: Surroundings = {}): Promise<Result> {
  const child = start(args, env);
  child.stdin?.end(input);
  return finish(child);
}

/** A directory that is gone after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fauxkey-cli-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export type Event = Readonly<Record<string, unknown>> & { readonly event: string };

/** A key that runs in a process of its own, with its events. */
export interface KeyProcess {
  readonly pid: number;
  readonly addresses: readonly string[];
  readonly notes: readonly string[];
  /** With `--control`. */
  readonly control?: unknown;
  /** The next event of this kind; those before it are dropped. */
  next(kind: string): Promise<Event>;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Result>;
}

/** Starts a key with `--json` and waits for `ready`. It is killed after the test if it still runs then. */
export async function startKey(args: readonly string[], { env }: Surroundings = {}): Promise<KeyProcess> {
  const child = start(['start', '--json', ...args], env);
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = finish(child);
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  const next = async (kind: string): Promise<Event> => {
    for (;;) {
      const line = await lines.next();
      if (line.done) throw new TypeError(`no ${kind}; stderr: ${(await ended).err}`);
      const event = JSON.parse(line.value) as Event;
      if (event.event === kind) return event;
    }
  };
  const { pid, addresses, control, notes } = (await next('ready')) as unknown as KeyProcess;
  return { pid, addresses, notes, control, next, signal: (name) => void child.kill(name), ended };
}
