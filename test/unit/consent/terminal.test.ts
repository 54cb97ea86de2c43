import { describe, expect, it, vi } from 'vitest';
import { createTerminalConsent } from '../../../src/consent/terminal.ts';
import type { VerifyPin } from '../../../src/consent/forms.ts';
import type { ConsentAnswer, ConsentQuestion } from '../../../src/ports/consent.ts';
import { createFakeClock, settle } from '../../support/fake-clock.ts';
import { FakeScreen, FakeTerminal, question } from './support.ts';

function setUp(options: { tty?: boolean; columns?: number; verifyPin?: VerifyPin } = {}) {
  const { tty = true, columns = 80, verifyPin } = options;
  const clock = createFakeClock();
  const input = new FakeTerminal(tty);
  const screen = new FakeScreen(tty, columns);
  const consent = createTerminalConsent({ input, screen, clock, ...(verifyPin && { verifyPin }) });
  const abort = new AbortController();
  return {
    clock,
    input,
    screen,
    abort,
    consent,
    /** Asks, and waits until the question can be answered. */
    show: async (change: Partial<ConsentQuestion> = {}): Promise<{ answer: Promise<ConsentAnswer> }> => {
      const answer = consent.ask(question(change), abort.signal);
      await clock.advanceAsync(50);
      return { answer };
    },
    type: async (text: string) => {
      input.write(text);
      await settle();
      await settle();
    },
  };
}

describe('a presence question', () => {
  it('says what, where, who and which key', async () => {
    const { show, type, screen } = setUp();
    const { answer } = await show({
      siteName: 'Example Inc.',
      accounts: [{ name: 'alice', displayName: 'Alice A.', userId: '01' }],
    });
    expect(screen.lines).toEqual([
      '',
      '? Sign in to example.com?',
      '  Calls itself  Example Inc.',
      '  Account       alice – Alice A.',
      '  Key           default',
    ]);
    expect(screen.shown).toBe('  [Enter] allow  [n] deny   30 s left');
    await type('\r');
    expect(await answer).toEqual({ outcome: 'approved' });
    expect(screen.lines.at(-1)).toBe('  ✓ Allowed');
    expect(screen.shown).toBeUndefined();
  });

  it.each([
    ['\r', 'approved'],
    ['\n', 'approved'],
    ['y', 'approved'],
    ['n', 'declined'],
    ['N', 'declined'],
    ['\x03', 'declined'],
    ['\x04', 'declined'],
  ])('takes %j as %s', async (keys, outcome) => {
    const { show, type } = setUp();
    const { answer } = await show();
    await type(keys);
    expect(await answer).toEqual({ outcome });
  });

  it('takes nothing else for an answer, and no Enter after a stray key', async () => {
    const { show, type, clock, screen } = setUp();
    const { answer } = await show();
    await type('\x1b[15~ x7\x1b[A');
    await type('\r');
    expect(screen.lines.at(-1)).toBe('  Key      default');
    await type('n');
    expect(await answer).toEqual({ outcome: 'declined' });
    expect(clock.pending).toBe(0);
  });

  it('ignores what was typed before it was shown', async () => {
    const { consent, type, clock, abort, screen } = setUp();
    const answer = consent.ask(question(), abort.signal);
    await type('\r\r');
    expect(screen.lines).toEqual([]);
    await clock.advanceAsync(50);
    expect(screen.lines).not.toEqual([]);
    await type('n');
    expect(await answer).toEqual({ outcome: 'declined' });
  });

  it('counts down and times out', async () => {
    const { show, clock, screen, input } = setUp();
    const { answer } = await show({ timeoutMs: 3000 });
    await clock.advanceAsync(1950);
    expect(screen.statuses.map((text) => /(\d+) s left/.exec(text ?? '')?.[1])).toEqual(['3', '2', '1']);
    await clock.advanceAsync(1000);
    expect(await answer).toEqual({ outcome: 'timeout' });
    expect(screen.lines.at(-1)).toBe('  ✗ No answer in time');
    expect([input.raw, clock.pending]).toEqual([false, 0]);
  });

  it('ends when the browser cancels, shown or not', async () => {
    const { show, abort, consent, clock, input } = setUp();
    const { answer } = await show();
    abort.abort();
    expect(await answer).toEqual({ outcome: 'cancelled' });
    expect(await consent.ask(question(), abort.signal)).toEqual({ outcome: 'cancelled' });
    expect([input.raw, clock.pending]).toEqual([false, 0]);
  });

  it('is in raw mode only while it is open', async () => {
    const { show, type, input } = setUp();
    expect(input.raw).toBe(false);
    const { answer } = await show();
    expect(input.raw).toBe(true);
    await type('\r');
    await answer;
    expect(input.raw).toBe(false);
    expect(input.isPaused()).toBe(true);
  });

  it('cannot be made to look like something else', async () => {
    const { show, type, screen } = setUp({ columns: 40 });
    const { answer } = await show({
      site: 'example.com.\x1b[2K\u202eevil.example',
      siteName: '\x1b]0;title\x07' + 'x'.repeat(100),
      accounts: [{ name: 'a\nb\rc', userId: '01' }],
      key: '\x1b[31mred',
    });
    expect(screen.text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(Math.max(...screen.lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    await type('n');
    await answer;
  });

  it('shows the end of a site that is too long', async () => {
    const { show, type, screen } = setUp({ columns: 50 });
    const { answer } = await show({ site: 'accounts.example.com.'.repeat(5) + 'evil.example' });
    expect(screen.lines[1]).toMatch(/^\? Sign in to ….*evil\.example\?$/);
    expect(screen.lines[1]?.length).toBeLessThanOrEqual(50);
    await type('n');
    await answer;
  });
});

describe('other questions', () => {
  const accounts = [
    { name: 'alice', userId: '01' },
    { displayName: 'Bob', userId: '02' },
    { userId: '0304' },
  ];

  it('lets one of the accounts be chosen by its number', async () => {
    const { show, type, screen } = setUp();
    const { answer } = await show({ kind: 'choice', purpose: 'choose-account', accounts });
    expect(screen.lines.slice(1)).toEqual([
      '? Sign in to example.com with which account?',
      '  Key  default',
      '  1  alice',
      '  2  Bob',
      '  3  (no name, user 0304)',
    ]);
    await type('90');
    await type('2');
    expect(await answer).toEqual({ outcome: 'approved', account: 1 });
    expect(screen.lines.at(-1)).toBe('  ✓ Allowed: Bob');
  });

  it.each([
    ['\r', { outcome: 'approved', account: 0 }],
    ['12\r', { outcome: 'approved', account: 11 }],
    ['13\r4\r', { outcome: 'approved', account: 3 }],
    ['n', { outcome: 'declined' }],
  ])('takes %j of twelve accounts', async (keys, expected) => {
    const { show, type } = setUp();
    const many = Array.from({ length: 12 }, (_, index) => ({ userId: `0${String(index)}` }));
    const { answer } = await show({ kind: 'choice', purpose: 'choose-account', accounts: many });
    await type(keys);
    expect(await answer).toEqual(expected);
  });

  const pin = { kind: 'verification', verification: { modality: 'pin', retriesLeft: 3 } } as const;

  it.each([
    ['1234', 'approved'],
    ['9999', 'failed'],
  ])('asks for the PIN and shows none of it: %s is %s', async (typed, outcome) => {
    const verifyPin = vi.fn((text: string) => Promise.resolve(text === '1234'));
    const { show, type, screen } = setUp({ verifyPin });
    const { answer } = await show(pin);
    await type('\r');
    await type(`x\x7f${typed}`);
    expect(screen.shown).toBe('  [Enter] confirm  [Ctrl-C] deny   30 s left   PIN (3 tries left): ••••');
    await type('\r');
    expect(await answer).toEqual({ outcome });
    expect(verifyPin.mock.calls).toEqual([[typed]]);
    expect(screen.text + screen.statuses.join('')).not.toContain(typed);
  });

  it('does not take the letters of a PIN for an answer', async () => {
    const { show, type } = setUp({ verifyPin: () => Promise.resolve(true) });
    const { answer } = await show(pin);
    await type('nnnn\x03');
    expect(await answer).toEqual({ outcome: 'declined' });
  });

  it('gives the terminal back when the check of the PIN fails by itself', async () => {
    const { show, type, input, clock } = setUp({ verifyPin: () => Promise.reject(new TypeError('disk')) });
    const { answer } = await show(pin);
    const outcome = expect(answer).rejects.toThrow('disk');
    await type('1234\r');
    await outcome;
    expect([input.raw, clock.pending]).toEqual([false, 0]);
  });

  it('cancels while the PIN is being checked', async () => {
    const { show, type, abort, clock } = setUp({
      verifyPin: () => new Promise((resolve) => clock.after(10, () => resolve(true))),
    });
    const { answer } = await show(pin);
    await type('1234\r');
    abort.abort();
    await clock.advanceAsync(10);
    expect(await answer).toEqual({ outcome: 'cancelled' });
  });

  it.each([
    ['\r', { outcome: 'approved' }],
    ['w', { outcome: 'failed' }],
    ['n', { outcome: 'declined' }],
  ])('plays a finger: %j', async (keys, expected) => {
    const { show, type } = setUp();
    const { answer } = await show({
      kind: 'verification',
      verification: { modality: 'fingerprint', retriesLeft: 2 },
    });
    await type(keys);
    expect(await answer).toEqual(expected);
  });

  it.each([
    ['\r', 'good'],
    ['p', 'poor-quality'],
  ])('plays a finger being enrolled: %j', async (keys, sample) => {
    const { show, type } = setUp();
    const { answer } = await show({ purpose: 'enroll-fingerprint', accounts: [] });
    await type(keys);
    expect(await answer).toEqual({ outcome: 'approved', sample });
  });

  it('queue, and an impatient second Enter does not answer the next', async () => {
    const { consent, clock, type, abort, screen } = setUp();
    const first = consent.ask(question({ key: 'one' }), abort.signal);
    const second = consent.ask(question({ key: 'two' }), abort.signal);
    await clock.advanceAsync(50);
    await type('\r\r');
    expect(await first).toEqual({ outcome: 'approved' });
    await type('\r');
    await clock.advanceAsync(50);
    expect(screen.lines.filter((line) => line.includes('Key'))).toEqual(['  Key      one', '  Key      two']);
    await type('n');
    expect(await second).toEqual({ outcome: 'declined' });
  });

  it('says when the key winks', () => {
    const { consent, screen } = setUp();
    consent.wink?.('default');
    expect(screen.text).toContain('default winks');
  });
});

describe('a pipe instead of a terminal', () => {
  it('answers question after question with its lines', async () => {
    const { consent, input, abort, screen } = setUp({ tty: false });
    input.write('\nno\nhuh\ny\n');
    const ask = () => consent.ask(question(), abort.signal);
    expect([await ask(), await ask(), await ask()].map(({ outcome }) => outcome)).toEqual([
      'approved',
      'declined',
      'approved',
    ]);
    expect(input.rawChanges).toBe(0);
    expect(screen.text).toContain('[Enter] allow  [n] deny   30 s left');
    expect(screen.text.match(/s left/g)).toHaveLength(3);
  });

  it('leaves the question to its timeout when the pipe ends', async () => {
    const { show, input, clock, screen } = setUp({ tty: false });
    const { answer } = await show();
    input.end();
    await settle();
    await clock.advanceAsync(29_000);
    expect(screen.text).toContain('nobody can answer');
    await clock.advanceAsync(1000);
    expect(await answer).toEqual({ outcome: 'timeout' });
  });
});
