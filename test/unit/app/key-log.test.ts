import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createKeyLog } from '../../../src/app/key-log.ts';
import type { KeyEvent } from '../../../src/ports/events.ts';

const command: KeyEvent = { type: 'command', channel: 1, name: 'getInfo', status: 0 };
const question: KeyEvent = {
  type: 'question',
  question: { kind: 'presence', purpose: 'select', key: 'k', accounts: [], timeoutMs: 1 },
};

let directory: string;
let complaints: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fauxkey-log-'));
  complaints = [];
  onTestFinished(() => rmSync(directory, { recursive: true }));
});

function logTo(logFile: string, verbose = false) {
  return createKeyLog({ key: 'k', logFile, verbose }, (sentence) => complaints.push(sentence));
}

describe('the log', () => {
  it('is lines of JSON for its owner, appended to', () => {
    const path = join(directory, 'log');
    for (const verbose of [false, true]) {
      const log = logTo(path, verbose);
      log.event(command);
      log.event(question);
      log.event({ type: 'defect', error: new TypeError('odd') });
      log.close();
    }
    const lines = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toMatchObject(
      ['command', 'defect', 'command', 'question', 'defect'].map((msg) => ({ msg, key: 'k' })),
    );
    expect(lines[1]).toMatchObject({ err: { message: 'odd' } });
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(complaints).toEqual([]);
  });

  it('is not kept unless asked for', () => {
    const log = createKeyLog({ key: 'k', verbose: true }, (sentence) => complaints.push(sentence));
    log.event(command);
    log.close();
    expect(complaints).toEqual([]);
  });

  it('that cannot be opened is refused with the reason', () => {
    expect(() => logTo(join(directory, 'none', 'log'))).toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: `The log file ${directory}/none/log cannot be opened: its directory does not exist.`,
      }),
    );
    expect(() => logTo(directory)).toThrow(/: it is a directory\.$/);
  });

  it.skipIf(!existsSync('/dev/full'))('on a full disk complains once, and the key goes on', () => {
    const log = logTo('/dev/full');
    for (let i = 0; i < 3; i++) log.event(command);
    log.close();
    expect(complaints).toEqual([
      expect.stringMatching(/^The log file \/dev\/full cannot be written .*ENOSPC/),
    ]);
  });
});
