import { describe, expect, it } from 'vitest';
import type { PinRefusal } from '../../../src/app/api-admin.ts';
import { execute, FakeApp, FakeKey } from './support.ts';

function withPin(): FakeApp {
  const key = new FakeKey();
  key.status = { ...key.status, set: true };
  return new FakeApp(key);
}

describe('pin set', () => {
  it.each([
    ['an option', 'pin set --pin 1234', {}],
    ['the standard input', 'pin set --pin -', { input: '1234\r\n' }],
    ['the environment', 'pin set', { env: { FAUXKEY_PIN: '1234' } }],
  ])('takes the PIN from %s', async (_, args, machine) => {
    const { code, out, app } = await execute(args, machine);
    expect([code, out]).toEqual([0, 'Key default has a PIN now.\n']);
    expect(app.key.pinCalls).toEqual([['set', '1234']]);
    expect(app.created).toBe(true);
  });

  it('asks twice on a terminal and shows nothing of it', async () => {
    const { code, out, err, app, io } = await execute('pin set', {
      tty: true,
      typed: ['12345\x7f\r', '1234\r'],
    });
    expect(err).toBe('New PIN: \nThe new PIN again: \n');
    expect([code, app.key.pinCalls, io.stdin.raw]).toEqual([0, [['set', '1234']], false]);
    expect(out + err).not.toContain('1');
  });

  it('does not take two different ones', async () => {
    const { code, err, app } = await execute('pin set', { tty: true, typed: ['1234\r', '1235\r'] });
    expect([code, app.key.pinCalls, app.key.closed]).toEqual([2, [], 1]);
    expect(err).toContain('The two PINs are not the same; nothing was changed.');
  });

  it('asks for nothing if there is a PIN already', async () => {
    const { code, err } = await execute('pin set', { app: withPin() });
    expect(code).toBe(1);
    expect(err).toBe('fauxkey: This key has a PIN already.\n→ Change it with `fauxkey pin change`.\n');
  });

  it('says how to give it where nobody can be asked', async () => {
    const { code, err } = await execute('pin set');
    expect(code).toBe(2);
    expect(err).toContain('The new PIN is missing');
    expect(err).toContain('--pin PIN, with --pin - on the standard input, or in FAUXKEY_PIN.');
  });
});

describe('pin change', () => {
  it.each([
    ['options', 'pin change --pin 1234 --new-pin 5678', {}],
    ['two lines', 'pin change --pin - --new-pin -', { input: '1234\n5678\n' }],
    ['the environment', 'pin change', { env: { FAUXKEY_PIN: '1234', FAUXKEY_NEW_PIN: '5678' } }],
    ['a terminal', 'pin change', { tty: true, typed: ['1234\r', '5678\r', '5678\r'] }],
  ])('takes both PINs from %s', async (_, args, machine) => {
    const { code, out, app } = await execute(args, { app: withPin(), ...machine });
    expect(app.key.pinCalls).toEqual([['change', '1234', '5678']]);
    expect([code, out]).toEqual([0, 'Key default has a new PIN.\n']);
  });

  it('misses a second line', async () => {
    const { code, err } = await execute('pin change --pin - --new-pin -', { app: withPin(), input: '1234' });
    expect(code).toBe(2);
    expect(err).toContain('holds no line for the new PIN');
  });

  it('asks for nothing if it cannot work', async () => {
    expect((await execute('pin change')).err).toContain('This key has no PIN.');
    const app = withPin();
    app.key.status = { ...app.key.status, retriesLeft: 0 };
    const { code, err } = await execute('pin change', { app });
    expect(code).toBe(1);
    expect(err).toContain(
      'The PIN is blocked after too many wrong tries.\n→ Take it away with `fauxkey pin remove`',
    );
  });

  it.each<[PinRefusal, string]>([
    [{ problem: 'wrong', retriesLeft: 1 }, 'That is not the PIN; 1 try left.'],
    [{ problem: 'wrong', retriesLeft: 5 }, 'That is not the PIN; 5 tries left.'],
    [{ problem: 'blocked' }, 'The PIN is blocked after too many wrong tries.'],
    [{ problem: 'too-short', minLength: 6 }, 'The PIN needs at least 6 characters.'],
    [{ problem: 'too-long', maxLength: 63 }, 'The PIN may have 63 characters at most.'],
    [{ problem: 'too-many-bytes', maxBytes: 63 }, 'The PIN may take 63 bytes of UTF-8 at most.'],
    [{ problem: 'ends-with-zero' }, 'The PIN must not end with a zero byte.'],
    [{ problem: 'same' }, 'The new PIN must differ from the old one.'],
    [{ problem: 'complexity' }, 'The PIN is too simple for the policy of this key.'],
  ])('tells the refusal %j in a sentence', async (refusal, sentence) => {
    const app = withPin();
    app.key.refusal = refusal;
    const { code, err, out } = await execute('pin change --pin 1 --new-pin 2', { app });
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`fauxkey: ${sentence}\n`);
    const told = await execute('pin change --pin 1 --new-pin 2 --json', { app });
    expect(JSON.parse(told.err)).toMatchObject({
      error: { code: `pin-${refusal.problem}`, message: sentence },
    });
  });
});

describe('pin remove', () => {
  it('does not ask for the PIN', async () => {
    const { code, out, app } = await execute('pin remove --json', { app: withPin() });
    expect([code, JSON.parse(out), app.key.pinCalls, app.created]).toEqual([
      0,
      { done: true },
      [['remove']],
      false,
    ]);
  });

  it('says when there is none', async () => {
    const app = new FakeApp();
    app.key.refusal = { problem: 'not-set' };
    expect(await execute('pin remove', { app })).toMatchObject({ code: 1 });
  });
});

describe('pin status', () => {
  it.each([
    [{}, 'not set (at least 4 characters)'],
    [{ set: true }, 'set, 8 tries left'],
    [
      { set: true, retriesLeft: 1, changeRequired: true },
      'set, 1 try left, must be changed before its next use',
    ],
    [{ set: true, retriesLeft: 0 }, 'set, blocked'],
  ])('of %j', async (change, text) => {
    const app = new FakeApp();
    app.key.status = { ...app.key.status, ...change };
    expect((await execute('pin status', { app })).out).toBe(`PIN of key default: ${text}.\n`);
    expect(JSON.parse((await execute('pin status --json', { app })).out)).toEqual(app.key.status);
  });
});
