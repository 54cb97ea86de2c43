import { describe, expect, it } from 'vitest';
import { exitCode, exitCodeMeanings } from '../../../src/cli/exit-codes.ts';
import { UsageError } from '../../../src/ports/errors.ts';
import { KeystoreError } from '../../../src/ports/keystore.ts';
import { TransportError } from '../../../src/ports/transport.ts';
import { execute, FakeApp, fileError } from './support.ts';

const commands = [
  'start',
  'power-cycle',
  'list',
  'show',
  'delete',
  'wipe',
  'export',
  'import',
  'info',
  'pin',
  'passphrase',
  'reset',
  'devices',
  'doctor',
];

describe('help', () => {
  it('names every command and every exit code', async () => {
    const { code, out, err } = await execute('--help');
    for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    for (const [number, meaning] of exitCodeMeanings) expect(out).toContain(`${String(number)}  ${meaning}`);
    expect([code, err]).toEqual([0, '']);
  });

  it.each([
    ...commands,
    'pin set',
    'pin change',
    'pin status',
    'pin remove',
    'passphrase set',
    'passphrase remove',
  ])('of %s has examples that begin with the command', async (command) => {
    const { code, out } = await execute(`${command} --help`);
    const examples = out.split('Examples:')[1] ?? '';
    expect(examples).toMatch(new RegExp(`\\$ (echo \\d+ \\| )?fauxkey ${command}`));
    expect(code).toBe(0);
    if (!['pin', 'passphrase'].includes(command)) expect(out).toContain('--keystore');
  });

  it('is as good by the help command', async () => {
    expect((await execute('help list')).out).toBe((await execute('list --help')).out);
  });

  it('is shown when nothing is asked for, as a mistake', async () => {
    const { code, out } = await execute('');
    expect(out).toContain('Usage: fauxkey');
    expect(code).toBe(2);
  });

  it('is coloured on terminals only', async () => {
    expect((await execute('--help')).out).not.toContain('\x1b');
    expect((await execute('--help', { tty: true, env: { NO_COLOR: '' } })).out).toContain('\x1b[1mUsage');
    expect((await execute('--help', { tty: true })).out).not.toContain('\x1b');
  });
});

it('says its version', async () => {
  expect(await execute('--version')).toMatchObject({ code: 0, out: '1.2.3\n', err: '' });
});

describe('a wrong command line', () => {
  it.each([
    ['lst', "fauxkey: unknown command 'lst' (Did you mean one of list, ls?)\n→ See `fauxkey --help`.\n"],
    [
      'list --sitee x',
      "fauxkey: unknown option '--sitee' (Did you mean --site?)\n→ See `fauxkey list --help`.\n",
    ],
    ['show', "fauxkey: missing required argument 'id'\n→ See `fauxkey show --help`.\n"],
    ['pin', 'fauxkey: a command is missing.\n→ See `fauxkey pin --help`.\n'],
    ['pin sett', "fauxkey: unknown command 'sett' (Did you mean set?)\n→ See `fauxkey pin --help`.\n"],
  ])('%j is told in one sentence with the next step', async (args, err) => {
    expect(await execute(args)).toMatchObject({ code: 2, out: '', err });
  });

  it('is told as JSON to programs', async () => {
    const { err } = await execute('list --json --sitee');
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'usage', hint: 'See `fauxkey list --help`.' } });
    expect((await execute('lst -- --json')).err).toMatch(/^fauxkey: unknown command/);
  });
});

describe('failures', () => {
  it.each<[string, Error, number]>([
    ['usage', new UsageError('No.'), 2],
    ['no-such-key', new UsageError('No.', { problem: 'no-such-key' }), 3],
    ['no-such-credential', new UsageError('No.', { problem: 'no-such-credential' }), 3],
    ['not-running', new UsageError('No.', { problem: 'not-running' }), 4],
    ['keystore-locked', new KeystoreError('locked', 'No.'), 5],
    ['keystore-passphrase', new KeystoreError('passphrase', 'No.'), 6],
    ['keystore-corrupt', new KeystoreError('corrupt', 'No.'), 7],
    ['keystore-version', new KeystoreError('version', 'No.'), 7],
    ['keystore-full', new KeystoreError('full', 'No.'), 8],
    ['keystore-io', new KeystoreError('io', 'No.'), 9],
    ['transport-unavailable', new TransportError('unavailable', 'No.', 'Hint.'), 10],
    ['transport-permission', new TransportError('permission', 'No.', 'Hint.'), 11],
    ['transport-in-use', new TransportError('in-use', 'No.', 'Hint.'), 12],
    ['transport-io', new TransportError('io', 'No.', 'Hint.'), 13],
    ['file', fileError('EACCES', '/x'), 9],
    ['file', fileError('ENOSPC', '/x'), 8],
    ['bug', new TypeError('x is not a function'), 70],
  ])('%s', async (word, error, code) => {
    const app = new FakeApp();
    app.failure = error;
    const told = await execute('list', { app });
    expect([told.code, told.out]).toEqual([code, '']);
    expect(told.err).toMatch(/^fauxkey: .*\n(→ .*\n)?$/);
    const { error: json } = JSON.parse((await execute('list --json', { app })).err) as {
      error: { code: string; message: string; hint?: string };
    };
    expect(json.code).toBe(word);
    expect(told.err).toContain(json.message);
    expect(told.err).toContain(json.hint ?? '');
  });

  it('keep the hint that came with them', async () => {
    const app = new FakeApp();
    app.failure = new TransportError('in-use', 'Port 8112 is taken.', 'Take port 0.');
    expect((await execute('list', { app })).err).toBe('fauxkey: Port 8112 is taken.\n→ Take port 0.\n');
    app.failure = new UsageError('No.', { hint: 'Do it.' });
    expect((await execute('list', { app })).err).toBe('fauxkey: No.\n→ Do it.\n');
  });

  it('show a stack only for defects, and only when asked', async () => {
    const app = new FakeApp();
    app.failure = new TypeError('x is not a function');
    expect((await execute('list', { app })).err).not.toContain('    at ');
    expect((await execute('list --verbose', { app })).err).toContain('    at ');
    app.failure = new KeystoreError('io', 'No.');
    expect((await execute('list --verbose', { app })).err).not.toContain('    at ');
  });
});

it('has a meaning for every exit code', () => {
  expect(exitCodeMeanings.map(([code]) => code)).toEqual(Object.values(exitCode));
});
