/** Programs that a test runs to their end, and programs that stay. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { LOGS } from './places.ts';
import type { Scope } from './suite.ts';
import { within } from './until.ts';

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly limitSeconds?: number;
}

/** Runs a program to its end, whatever its exit code. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined); // a program may end before it has read all
  child.stdin.end(options.input ?? '');
  try {
    const code = await within(program, options.limitSeconds ?? 60, exitCode(child));
    return { code, stdout, stderr };
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${program} ${args.join(' ')}: ${String(error)}\n${stdout}${stderr}`, { cause: error });
  }
}

/** Runs a program that must succeed; answers what it printed. */
export async function output(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return stdout;
}

export interface Daemon {
  readonly child: ChildProcess;
  /** Everything that it printed so far. */
  readonly printed: () => string;
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
}

/** Starts a program that stays until it is stopped or the scope ends. What it prints goes to `logs/NAME.log` too. */
export function startDaemon(
  scope: Scope,
  name: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Daemon {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(join(LOGS, `${name}.log`), { flags: 'a' });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      log.write(text);
    });
  }
  child.on('error', (error) => log.write(`${error.message}\n`));
  const ended = exitCode(child).finally(() => log.end());
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    try {
      await within(`the end of ${name}`, 20, ended);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  };
  scope.defer(stop);
  return { child, printed: () => printed, stop };
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 128));
  });
}
