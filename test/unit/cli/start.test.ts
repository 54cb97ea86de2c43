import { describe, expect, it } from 'vitest';
import type { StartOptions } from '../../../src/app/api-start.ts';
import { run } from '../../../src/cli/run.ts';
import type { KeyEvent } from '../../../src/ports/events.ts';
import { settle } from '../../support/fake-clock.ts';
import { question } from '../consent/support.ts';
import { execute, FakeApp, FakeIo, now } from './support.ts';
import type { Machine } from './support.ts';

process.env['TZ'] = 'UTC';

/** Starts a key and waits until it is ready. */
async function start(args = '', machine: Machine = {}) {
  const io = new FakeIo(machine);
  const app = new FakeApp();
  const ended = run(['start', ...args.split(' ').filter(Boolean)], io, app, '1.2.3');
  for (let i = 0; i < 5; i++) await settle();
  return { io, app, ended, key: app.runningKey, signal: (name: string) => io.listeners.get(name)?.() };
}

async function startedWith(args: string, machine: Machine = {}): Promise<StartOptions | undefined> {
  const { app, ended, signal } = await start(args, machine);
  signal('SIGINT');
  await ended;
  return app.started;
}

describe('the options', () => {
  it('have sensible defaults', async () => {
    expect(await startedWith('')).toEqual({
      key: 'default',
      memory: false,
      transports: ['auto'],
      consent: 'auto',
      delayMs: 0,
      uv: false,
      verbose: false,
      usb: {},
    });
  });

  it('reach the program', async () => {
    const args =
      '--transport uhid -t tcp:127.0.0.1:8112 --consent deny --delay 250 --uv --versions fido_2_0,U2F_V2 ' +
      '--algorithms es256,EdDSA --vendor-id 1209 --product-id 0xF1D0 --product-name P --manufacturer M --serial S ' +
      '--counter global --attestation basic --aaguid 00112233-4455-6677-8899-aabbccddeeff --profile /p --verbose --log /l --key work';
    expect(await startedWith(args, { env: { FAUXKEY_KEYSTORE: '/k' } })).toEqual({
      keystore: '/k',
      key: 'work',
      memory: false,
      transports: ['uhid', 'tcp:127.0.0.1:8112'],
      consent: 'deny',
      delayMs: 250,
      uv: true,
      versions: ['FIDO_2_0', 'U2F_V2'],
      algorithms: [-7, -8],
      usb: { vendorId: 0x1209, productId: 0xf1d0, product: 'P', manufacturer: 'M', serial: 'S' },
      counter: 'global',
      attestation: 'basic',
      aaguid: Uint8Array.from(Buffer.from('00112233445566778899aabbccddeeff', 'hex')),
      profile: '/p',
      logFile: '/l',
      verbose: true,
    });
  });

  it('ask the user where there is one', async () => {
    expect(await startedWith('', { tty: true })).toMatchObject({ consent: 'ask' });
    expect(await startedWith('--consent ignore', { tty: true })).toMatchObject({ consent: 'ignore' });
    expect(await startedWith('--memory')).toMatchObject({ memory: true });
  });

  it.each([
    ['--vendor-id 0', '1 to ffff'],
    ['--vendor-id 12345', '1 to ffff'],
    ['--product-id xyz', '1 to ffff'],
    ['--aaguid 1234', 'UUID'],
    ['--delay soon', 'milliseconds'],
    ['--delay -5', 'milliseconds'],
    ['--algorithms ES256,,EdDSA', 'commas'],
    ['--algorithms ES257', 'ES256, EdDSA'],
    ['--versions FIDO-2', 'FIDO_2_0'],
    ['--consent maybe', 'ask, auto, deny, ignore'],
    ['--counter some', 'per-credential, global, zero'],
    ['--attestation full', 'none, self, basic, u2f'],
    ['--memory --keystore /k', '--keystore'],
    ['surplus', 'too many arguments'],
  ])('%s is refused with a word on what would be right', async (args, text) => {
    const { code, err, app } = await execute(`start ${args}`);
    expect([code, app.started]).toEqual([2, undefined]);
    expect(err).toContain(text);
  });
});

describe('a running key', () => {
  it('tells people where it is', async () => {
    const { io, ended, signal, key } = await start();
    expect(io.stdout.text.split('\n')).toEqual([
      '● Key default is ready.',
      '  Reachable  uhid, tcp:127.0.0.1:8112',
      '  Profile    complete',
      '  User       allows everything by itself (--consent ask asks you)',
      '  PIN        not set',
      '  Keystore   /store (1 credential)',
      '  Note       It is all good.',
      '  Ctrl-C stops it; `fauxkey power-cycle` or kill -HUP 4711 pulls it out and puts it back.',
      '',
    ]);
    signal('SIGTERM');
    expect(await ended).toBe(0);
    expect(key.closes).toBeGreaterThan(0);
    expect(io.stdout.text).toMatch(/Stopping…\n$/);
    expect([...io.listeners.keys()]).toEqual([]);
  });

  it('says how its automatic user is', async () => {
    const delayed = await start('--consent deny --delay 300');
    expect(delayed.io.stdout.text).toContain('denies everything, after 300 ms\n');
    const asking = await start('--delay 300', { tty: true });
    expect(asking.io.stdout.text).toContain('you, in this terminal: Enter allows, n denies\n');
  });

  it('listens to signals before it says that it is ready', async () => {
    const io = new FakeIo();
    let listening: string[] = [];
    io.stdout.write = () => void (listening = [...io.listeners.keys()]);
    const ended = run(['start', '--json'], io, new FakeApp(), '1.2.3');
    for (let i = 0; i < 5; i++) await settle();
    expect(listening).toEqual(['SIGINT', 'SIGTERM', 'closed', 'SIGHUP']);
    io.listeners.get('SIGINT')?.();
    await ended;
  });

  it('leaves the second Ctrl-C to the system', async () => {
    const { io, ended, signal } = await start();
    signal('SIGINT');
    expect(io.listeners.size).toBe(0);
    await ended;
  });

  it('is power-cycled by SIGHUP, unless the terminal is gone', async () => {
    const { io, ended, signal, key } = await start();
    signal('SIGHUP');
    signal('SIGHUP');
    await settle();
    expect([key.powerCycles, key.closes]).toEqual([2, 0]);
    io.gone = true;
    signal('SIGHUP');
    expect(await ended).toBe(0);
    expect(key.powerCycles).toBe(2);
  });

  it('stops when nobody reads its output', async () => {
    const { ended, signal } = await start('--json');
    signal('closed');
    expect(await ended).toBe(0);
  });

  it('ends with what ended it', async () => {
    const { ended, key, io } = await start();
    key.fail(new TypeError('boom'));
    expect(await ended).toBe(70);
    expect(io.stderr.text).toContain('boom');
    expect([key.closes, io.listeners.size]).toEqual([1, 0]);
  });
});

const asked = question({ accounts: [{ name: 'al\x1bice', userId: '01' }] });
const events: KeyEvent[] = [
  { type: 'command', channel: 1, name: 'authenticatorGetInfo', status: 0 },
  { type: 'command', channel: 1, name: 'authenticatorReset', status: 0x30, detail: 'too late' },
  { type: 'u2f', channel: 2, name: 'REGISTER', statusWord: 0x9000 },
  { type: 'question', question: asked },
  { type: 'answer', question: asked, answer: { outcome: 'declined' } },
  { type: 'power-cycle' },
  { type: 'defect', error: new TypeError('oops') },
];

describe('events', () => {
  async function told(args: string, machine: Machine = {}): Promise<string[]> {
    const { io, app } = await start(args, machine);
    const before = io.stdout.text.length;
    for (const event of events) app.ui?.event(event);
    return io.stdout.text.slice(before).split('\n').slice(0, -1);
  }

  it('are told to people as far as they matter', async () => {
    expect(await told('')).toEqual([
      '12:00:00  sign-in example.com (al\ufffdice): Denied',
      '12:00:00  Pulled out and put back.',
      '12:00:00  Defect of fauxkey: oops',
    ]);
  });

  it('say nothing that the questions say already', async () => {
    expect((await told('', { tty: true })).filter((line) => line.includes('sign-in'))).toEqual([]);
  });

  it('are all told when asked for', async () => {
    const lines = await told('--verbose');
    expect(lines.slice(0, 5)).toEqual([
      '12:00:00  authenticatorGetInfo → 0x00',
      '12:00:00  authenticatorReset → 0x30 too late',
      '12:00:00  U2F REGISTER → 9000',
      '12:00:00  sign-in example.com (al\ufffdice): Denied',
      '12:00:00  Pulled out and put back.',
    ]);
    expect(lines.slice(6).join('\n')).toMatch(/^TypeError: oops\n +at /);
  });

  it('are lines of JSON for scripts, from ready to stopped', async () => {
    const { io, app, ended, signal } = await start('--json', { tty: true });
    for (const event of events) app.ui?.event(event);
    app.ui?.screen.line('a question');
    signal('SIGINT');
    await ended;
    const lines = io.stdout.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const time = new Date(now).toISOString();
    expect(lines[0]).toEqual({
      event: 'ready',
      key: 'default',
      pid: 4711,
      keystore: '/store',
      profile: { name: 'complete', changed: false },
      addresses: ['uhid', 'tcp:127.0.0.1:8112'],
      consent: 'ask',
      notes: ['It is all good.'],
      time,
    });
    expect(lines.slice(1).map(({ event }) => event)).toEqual([...events.map(({ type }) => type), 'stopped']);
    expect(lines[5]).toEqual({ event: 'answer', question: asked, answer: { outcome: 'declined' }, time });
    expect(lines[7]).toEqual({ event: 'defect', message: 'oops', time });
    expect(io.stderr.text).toBe('a question\n');
  });
});
