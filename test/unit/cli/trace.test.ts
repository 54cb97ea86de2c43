import { describe, expect, it } from 'vitest';
import { run } from '../../../src/cli/run.ts';
import { UsageError } from '../../../src/ports/errors.ts';
import { settle } from '../../support/fake-clock.ts';
import { createTracedKey } from '../trace/traced-key.ts';
import { FakeApp, FakeIo } from './support.ts';
import type { Machine } from './support.ts';

async function lines(): Promise<readonly Uint8Array[]> {
  const { client, trace } = createTracedKey();
  const host = await client();
  await host.getInfo();
  const bytes = new TextEncoder().encode(trace.toJsonLines());
  // A stream is cut anywhere, also in the middle of a character.
  return [bytes.subarray(0, 100), bytes.subarray(100, 101), bytes.subarray(101)];
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* stream(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

async function call(args: readonly string[], pieces: readonly Uint8Array[], machine: Machine = {}) {
  const [io, app] = [new FakeIo(machine), new FakeApp()];
  app.traceBody = stream(pieces);
  const code = await run(['trace', ...args], io, app, '1.2.3');
  return { io, app, code };
}

describe('fauxkey trace', () => {
  it('prints a line for each transaction', async () => {
    const { app, code, io } = await call(['--no-follow'], await lines());
    expect(code).toBe(0);
    expect(io.stdout.text).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} ffffffff init → OK .*\n\d\d:\d\d:\d\d\.\d{3} [0-9a-f]{8} getInfo → OK .*\n$/,
    );
    expect(io.stderr.text).toBe('');
    expect(app.traceWish).toEqual({ format: 'json-lines', follow: false, past: true, secrets: false });
    expect(app.runningKey.closes).toBe(0);
  });

  it('shows members and packets when it is asked to, and in colour on a terminal', async () => {
    const pieces = await lines();
    const plain = await call(['--no-follow', '--verbose', '--packets'], pieces);
    expect(plain.io.stdout.text).toMatch(/\n {4}versions: U2F_V2, /);
    expect(plain.io.stdout.text).toMatch(/ → ffffffff86[0-9a-f]+\n/);
    const coloured = await call(['--no-follow'], pieces, { env: { NO_COLOR: '', FORCE_COLOR: '1' } });
    expect(coloured.io.stdout.text).toContain('\x1b[32mOK\x1b[39m');
  });

  it('prints JSON Lines as they come', async () => {
    const pieces = await lines();
    const { io } = await call(['--no-follow', '--json', '--secrets', '--key', 'work'], pieces);
    expect(io.stdout.text).toBe(Buffer.concat(pieces).toString());
  });

  it('passes on what it was told', async () => {
    const args = ['--url', 'http://127.0.0.1:9', '--token', 'T', '--key', 'work', '--secrets', '--no-past'];
    const { app, io } = await call([...args, '--no-follow'], []);
    expect(app.traceWish).toEqual({
      url: 'http://127.0.0.1:9',
      token: 'T',
      key: 'work',
      format: 'json-lines',
      follow: false,
      past: false,
      secrets: true,
    });
    expect(io.stdout.text).toBe('');
    const { app: other } = await call(['--no-follow'], [], { env: { FAUXKEY_CONTROL_TOKEN: 'E' } });
    expect(other.traceWish?.token).toBe('E');
  });

  it('writes a capture to a file', async () => {
    const { app } = await call(['--no-follow', '--pcapng', 'out.pcapng'], []);
    expect(app.traceWish?.format).toBe('pcapng');
    expect(app.savedTraces).toEqual(['out.pcapng']);
  });

  it('goes on until it is stopped', async () => {
    const [io, app] = [new FakeIo(), new FakeApp()];
    const pieces = await lines();
    let release = (): void => undefined;
    app.traceBody = (async function* () {
      yield* pieces;
      await new Promise<void>((resolve) => (release = resolve));
      throw new Error('aborted');
    })();
    const running = run(['trace'], io, app, '1.2.3');
    for (let times = 0; times < 5; times++) await settle();
    expect(io.stdout.text.split('\n')).toHaveLength(3);
    expect(io.stderr.text).toBe('Trace of key default at http://127.0.0.1:7111; Ctrl-C ends it.\n');
    io.listeners.get('SIGINT')!();
    for (let times = 0; times < 5; times++) await settle();
    release();
    expect(await running).toBe(0);
  });

  it('ends when the key does', async () => {
    const { code } = await call([], await lines());
    expect(code).toBe(0);
  });

  it.each([
    [['--json', '--pcapng', 'x'], 'Error: --json and --pcapng exclude each other.'],
    [['--pcapng', ''], 'Error: --pcapng names no file.'],
  ])('refuses %j', async (args, message) => {
    const { code, io } = await call(args, []);
    expect(code).toBe(2);
    expect(io.stderr.text.toLowerCase()).toContain(message.slice(7).toLowerCase());
  });

  it('says what to do when nothing runs', async () => {
    const [io, app] = [new FakeIo(), new FakeApp()];
    app.failure = new UsageError('No key with a control server is running here.', {
      problem: 'not-running',
      hint: 'Start one with `fauxkey start --control`.',
    });
    expect(await run(['trace'], io, app, '1.2.3')).toBe(4);
    expect(io.stderr.text).toContain('fauxkey start --control');
  });
});
