/** Prints each test as it ends, and counts. A test that was planned and never ended has failed. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import type { GuestEvent, Outcome, Result } from '../results.ts';

const MARKS: Readonly<Record<Outcome, string>> = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' };

export class Report {
  readonly #open = new Set<string>();
  readonly #counts: Record<Outcome, number> = { passed: 0, failed: 0, skipped: 0 };
  #planned = false;

  take(event: GuestEvent): void {
    switch (event.event) {
      case 'plan':
        this.#planned = true;
        for (const test of event.tests) this.#open.add(test);
        return;
      case 'note':
        print(`      ${event.text} (${seconds(event.ms)})`);
        return;
      case 'result':
        this.#result(event);
        return;
    }
  }

  /** Returns the closing line; call it once, after the guest is gone. */
  close(why: string): { readonly line: string; readonly ok: boolean } {
    if (!this.#planned) this.#result(lost('guest: boots and starts the tests', why));
    for (const test of this.#open) this.#result(lost(test, why));
    const { passed, failed, skipped } = this.#counts;
    return { line: `${passed} passed, ${failed} failed, ${skipped} skipped`, ok: failed === 0 };
  }

  #result(result: Result): void {
    this.#open.delete(result.test);
    this.#counts[result.outcome] += 1;
    print(`${MARKS[result.outcome]}  ${result.test} (${seconds(result.ms)})`);
    for (const line of result.text.split('\n')) print(`        ${line}`);
  }
}

function lost(test: string, why: string): Result {
  return { event: 'result', test, outcome: 'failed', ms: 0, text: `never ended: ${why}` };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Reads a growing file of JSON lines. The writer is another machine, so there is no event to wait for on this side. */
export class LineFollower {
  readonly #path: string;
  readonly #take: (event: GuestEvent) => void;
  #offset = 0;
  #rest = '';
  readonly #timer: NodeJS.Timeout;

  constructor(path: string, take: (event: GuestEvent) => void) {
    this.#path = path;
    this.#take = take;
    this.#timer = setInterval(() => this.#read(), 300);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#read();
  }

  #read(): void {
    if (!existsSync(this.#path)) return;
    const file = openSync(this.#path, 'r');
    const buffer = Buffer.alloc(65_536);
    for (let length; (length = readSync(file, buffer, 0, buffer.length, this.#offset)) > 0;) {
      this.#offset += length;
      this.#rest += buffer.toString('latin1', 0, length);
    }
    closeSync(file);
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      // Bytes are gathered as latin1, so that a character cut in two by a read is whole again here.
      this.#take(JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as GuestEvent);
    }
  }
}
