import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ControlServer } from '../../../src/app/control-server.ts';
import { startControlServer } from '../../../src/app/control-server.ts';
import type { TraceWish } from '../../../src/app/api.ts';
import { followTrace } from '../../../src/app/follow-trace.ts';
import { createKeyHost } from '../../../src/app/key-host.ts';
import { systemClock, systemRandom } from '../../../src/app/system.ts';
import { openHidChannel, ping } from '../../../src/client/hid-channel.ts';
import type { KeyHost } from '../../../src/control/handle.ts';

let folder: string;
let host: KeyHost;
let server: ControlServer;
const before = process.env['XDG_RUNTIME_DIR'];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fauxkey-trace-'));
  process.env['XDG_RUNTIME_DIR'] = folder;
  host = createKeyHost();
  await host.create({ id: 'one' });
  server = await startControlServer(host, {
    address: '127.0.0.1:0',
    origins: [],
    version: '1',
    allowRemote: false,
    onDefect: () => undefined,
  });
});
afterEach(async () => {
  await server.close();
  await host.close();
  if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
  else process.env['XDG_RUNTIME_DIR'] = before;
  rmSync(folder, { recursive: true, force: true });
});

const wish = (changes: Partial<TraceWish> = {}): TraceWish => ({
  format: 'json-lines',
  follow: false,
  past: true,
  secrets: false,
  url: server.url,
  ...changes,
});

async function talk(id = 'one'): Promise<void> {
  const pipe = host.require(id).connect();
  const channel = await openHidChannel({ pipe, clock: systemClock, random: systemRandom });
  await ping(channel, Uint8Array.of(1, 2, 3));
  await channel.close();
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const commands = (text: string): readonly string[] =>
  text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { command: string }).command);

it('reads what there is, with the token that it finds or is given', async () => {
  await talk();
  const found = await followTrace(wish());
  expect(found).toMatchObject({ key: 'one', url: server.url });
  expect(commands(await textOf(found.body))).toEqual(['init', 'ping']);
  const given = await followTrace(wish({ token: server.token, key: 'one' }));
  expect(commands(await textOf(given.body))).toEqual(['init', 'ping']);
});

it('goes on with what comes, from the start or from now, until it is closed', async () => {
  await talk();
  const all = await followTrace(wish({ follow: true }));
  const fresh = await followTrace(wish({ follow: true, past: false }));
  const read = async (body: AsyncIterable<Uint8Array>, count: number): Promise<readonly string[]> => {
    let text = '';
    for await (const piece of body) {
      text += Buffer.from(piece).toString();
      if (commands(text).length >= count) break;
    }
    return commands(text);
  };
  const reading = [read(all.body, 4), read(fresh.body, 2)];
  await talk();
  expect(await Promise.all(reading)).toEqual([
    ['init', 'ping', 'init', 'ping'],
    ['init', 'ping'],
  ]);
  await all.close();
  await fresh.close();
});

it('ends with the server', async () => {
  const followed = await followTrace(wish({ follow: true }));
  const saved = followed.saveTo(join(folder, 'live.jsonl'));
  await server.close();
  await saved;
  expect(readFileSync(join(folder, 'live.jsonl'), 'utf8')).toBe('');
});

it('saves a capture for its owner alone', async () => {
  await talk();
  const file = join(folder, 'out.pcapng');
  await (await followTrace(wish({ format: 'pcapng' }))).saveTo(file);
  expect(readFileSync(file).readUInt32LE(0)).toBe(0x0a0d0d0a);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('finds the server of this machine by its file, past those that were killed', async () => {
  writeFileSync(join(server.tokenFile!, '..', 'control-1.token'), 'dead\n');
  await talk();
  const found = await followTrace({
    format: 'json-lines',
    follow: false,
    past: true,
    secrets: false,
    key: 'one',
  });
  expect(found.url).toBe(server.url);
  await found.close();
});

it.each([
  [{ url: 'nonsense' }, 'usage', /is no URL of a control server/],
  [{ url: 'https://127.0.0.1:1' }, 'usage', /is no URL of a control server/],
  [{ url: 'http://127.0.0.1:1' }, 'usage', /The token of http:\/\/127\.0\.0\.1:1 is not known here/],
  [{ url: 'http://127.0.0.1:1', token: 'x' }, 'not-running', /No control server answers/],
  [{ token: 'wrong' }, 'usage', /The token is not that of the control server/],
  [{ key: 'two' }, 'no-such-key', /No control server has a key "two"/],
])('says what is wrong with %j', async (changes, problem, message) => {
  await expect(followTrace(wish(changes))).rejects.toMatchObject({
    name: 'UsageError',
    problem,
    message: expect.stringMatching(message) as unknown,
  });
});

it('wants to know which of several keys, and says when there is none', async () => {
  await host.create({ id: 'two' });
  await expect(followTrace(wish())).rejects.toMatchObject({
    message: `There are several keys: one at ${server.url}, two at ${server.url}.`,
  });
  await host.remove('one');
  await host.remove('two');
  await expect(followTrace(wish())).rejects.toMatchObject({ problem: 'not-running' });
});
