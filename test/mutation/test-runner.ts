import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

import type { News, Task } from './worker.ts';

/** How a run of tests ended: all passed, one failed, or it was killed. */
export type Outcome = 'passed' | 'failed' | 'hung' | 'grew';

/** Milliseconds in which no test ends, after which a run counts as hanging. */
const longestSilence = 60_000;
/** Of all processes of a run together. */
const mostMegabytes = 2000;

/** Runs tests in a process of its own. One that hangs or grows is killed with all that it started, and replaced. */
export class TestRunner {
  readonly #variables: Readonly<Record<string, string>>;
  #worker: ChildProcess | undefined;
  #why: string | undefined;

  constructor(variables: Readonly<Record<string, string>> = {}) {
    this.#variables = variables;
  }

  /** What went wrong first in the last run. */
  get why(): string | undefined {
    return this.#why;
  }

  /** A run in which tests were only late, as happens on a busy machine, is repeated once. */
  async run(task: Task): Promise<Outcome> {
    const first = await this.#runOnce(task);
    if (first !== 'late') return first;
    const second = await this.#runOnce(task);
    return second === 'late' ? 'hung' : second;
  }

  async #runOnce(task: Task): Promise<Outcome | 'late'> {
    const worker = (this.#worker ??= this.#start());
    let outcome: Outcome | 'late' | undefined;
    let lastNews = Date.now();
    const onMessage = ({ kind, why }: News): void => {
      lastNews = Date.now();
      if (kind === 'progress') return;
      outcome = kind;
      this.#why = why;
    };
    worker.on('message', onMessage);
    worker.send(task);
    while (outcome === undefined && worker.exitCode === null && worker.signalCode === null) {
      await sleep(100);
      if (Date.now() - lastNews > longestSilence) outcome ??= 'hung';
      if (residentMegabytes(worker.pid) > mostMegabytes) outcome ??= 'grew';
    }
    worker.off('message', onMessage);
    // A process that died of the mutant takes no further one either.
    outcome ??= 'failed';
    if (outcome === 'hung' || outcome === 'grew' || worker.exitCode !== null) await this.close();
    return outcome;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker?.pid === undefined) return;
    const isGone = worker.exitCode !== null || worker.signalCode !== null;
    const exit = isGone ? undefined : once(worker, 'exit');
    killGroup(worker.pid);
    await exit;
  }

  #start(): ChildProcess {
    const heap = `--max-old-space-size=${String(mostMegabytes / 2)}`;
    const env = { ...process.env, ...this.#variables, NODE_OPTIONS: heap };
    const worker = fork(join(import.meta.dirname, 'worker.ts'), { env, stdio: 'ignore', detached: true });
    process.once('exit', () => {
      if (worker.exitCode === null && worker.pid !== undefined) killGroup(worker.pid);
    });
    return worker;
  }
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Of all processes of a group, on Linux; 0 elsewhere, where only the limit of the heap holds. */
function residentMegabytes(group = 0): number {
  const pages = processes().map((pid) => {
    const fields = fieldsOf(pid);
    // After the name in parentheses: state, parent, group … and resident pages (proc_pid_stat(5)).
    return Number(fields[2]) === group ? Number(fields[21]) : 0;
  });
  return (pages.reduce((sum, count) => sum + count, 0) * 4096) / 1e6;
}

function processes(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function fieldsOf(pid: string): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(') ') + 2).split(' ');
  } catch {
    return [];
  }
}
