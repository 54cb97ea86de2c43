import { describe, expect, it } from 'vitest';

import { parseProfile } from '../../src/app/profile-file.ts';
import { reportFailure } from '../../src/cli/report-failure.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import { parseExportDocument } from '../../src/keystore/exchange.ts';
import { UsageError } from '../../src/ports/errors.ts';
import { credential, execute, FakeApp, FakeIo, FakeKey } from '../unit/cli/support.ts';

/** Moves the cursor, renames the window (also in one byte), turns the reading direction, hides, breaks the line. */
const evil = 'a\u001b[2J\u001b]0;x\u0007\u009b31m\u202ex\u200b\r\ny\u2028z\u007f';
const danger = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

const made = credential('ab', `${evil}.example`, {
  rpName: evil,
  user: { id: Buffer.from(evil), name: evil, displayName: evil },
});

describe('names from the wire', () => {
  it.each([
    'list',
    'list --json',
    'show ab',
    'show ab --json',
    'set ab --user-name x',
    'set ab --user-name x --json',
    'export',
    'delete ab',
    'delete ab --json',
    'wipe --yes',
    'info',
    'info --json',
  ])('do nothing to the terminal in `%s`', async (words) => {
    const { out, err, code } = await execute(words, { app: new FakeApp(new FakeKey([made])), tty: true });
    expect([code, `${out}${err}`.length > 5]).toEqual([0, true]);
    expect(`${out}${err}`).not.toMatch(danger);
  });

  it('are the same for programs that read them', async () => {
    const { out } = await execute('list --json', { app: new FakeApp(new FakeKey([made])) });
    expect(JSON.parse(out)).toMatchObject([{ site: `${evil}.example`, account: { name: evil } }]);
  });
});

describe('documents of other people', () => {
  const refusals: Readonly<Record<string, () => unknown>> = {
    'a profile': () => parseProfile({ [evil]: 1 }),
    'an import': () =>
      parseExportDocument({ format: 'fauxkey-export', version: 1, credentials: [], [evil]: 1 }),
    'anything else': () => {
      throw new UsageError(evil, { hint: evil });
    },
  };

  it.each(Object.entries(refusals))('do nothing to it when %s is refused', (_name, act) => {
    for (const json of [true, false]) {
      const io = new FakeIo();
      try {
        act();
      } catch (error) {
        reportFailure(io, describeFailure(error), json);
      }
      expect(io.stderr.text.length).toBeGreaterThan(20);
      expect(io.stderr.text).not.toMatch(danger);
    }
  });
});
