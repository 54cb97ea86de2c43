import { PassThrough } from 'node:stream';
import type { ConsentQuestion } from '../../../src/ports/consent.ts';
import type { KeyScreen } from '../../../src/consent/terminal.ts';

export function question(change: Partial<ConsentQuestion> = {}): ConsentQuestion {
  return {
    kind: 'presence',
    purpose: 'sign-in',
    key: 'default',
    site: 'example.com',
    accounts: [{ name: 'alice', userId: '01' }],
    timeoutMs: 30_000,
    ...change,
  };
}

/** A screen that remembers its lines and every status line. */
export class FakeScreen implements KeyScreen {
  readonly lines: string[] = [];
  readonly statuses: (string | undefined)[] = [];
  readonly live: boolean;
  readonly colour = false;
  readonly columns: number;

  constructor(live = true, columns = 80) {
    this.live = live;
    this.columns = columns;
  }

  get text(): string {
    return this.lines.join('\n');
  }

  get shown(): string | undefined {
    return this.statuses.at(-1);
  }

  line(text: string): void {
    this.lines.push(text);
  }

  status(text: string | undefined): void {
    this.statuses.push(text);
  }
}

/** An input that knows whether it is in raw mode. */
export class FakeTerminal extends PassThrough {
  readonly isTTY: boolean;
  raw = false;
  rawChanges = 0;

  constructor(isTTY = true) {
    super();
    this.isTTY = isTTY;
  }

  setRawMode(mode: boolean): this {
    this.raw = mode;
    this.rawChanges++;
    return this;
  }
}
