import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { publicKeyDescriptors } from '../../src/client/ctap-client.ts';
import { connect, register } from './host.ts';
import { fauxkey, launcher, startKey, temporaryDirectory } from './program.ts';

let directory: string;
let keystore: string;
const anyPort = ['--transport', 'tcp:127.0.0.1:0', '--consent', 'auto', '--json'];

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

beforeEach(async () => {
  directory = await temporaryDirectory();
  keystore = join(directory, 'keys');
});

function run(...args: string[]) {
  return fauxkey(args, { env: { FAUXKEY_KEYSTORE: keystore } });
}

describe('two processes', () => {
  it('that start one key at the same moment: one runs it, the other says who does', async () => {
    const children = [1, 2].map(() =>
      spawn(process.execPath, [launcher, 'start', ...anyPort], {
        env: { ...process.env, FAUXKEY_KEYSTORE: keystore },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    const fates = await Promise.all(
      children.map((child) =>
        Promise.race([
          once(child.stdout, 'data').then(([line]) => String(line).slice(0, 16)),
          once(child, 'exit').then(([code]) => `exit ${String(code)}`),
        ]),
      ),
    );
    for (const child of children) child.kill('SIGKILL');
    expect([...fates].sort()).toEqual(['exit 5', '{"event":"ready"']);
  });

  it('of which one signs in without a pause, and the other lists, changes, imports and deletes', async () => {
    const key = await startKey(['--keystore', keystore, ...anyPort.slice(0, 4)]);
    // Events that nobody reads would stop the key once the pipe is full.
    const stopped = key.next('stopped');
    const client = await connect(key.addresses[0] ?? '');
    const made = await register(client, 'example.com', 'alice');
    const id = made.parsed.attested?.credentialId ?? new Uint8Array();
    const request = {
      rpId: 'example.com',
      clientDataHash: new Uint8Array(32),
      allowList: publicKeyDescriptors(id),
    };
    const counters: number[] = [];
    const over = new AbortController();
    const load = (async () => {
      while (!over.signal.aborted) counters.push((await client.getAssertion(request)).parsed.signCount);
    })();
    const document = join(directory, 'export.json');
    const hex = Buffer.from(id).toString('hex');
    const words = [
      ['export', '--with-secrets', '--output', document],
      ['set', hex, '--user-name', 'bob'],
      ['import', document, '--on-conflict', 'skip'],
      ['import', document, '--key', 'copy'],
      ['pin', 'set', '--pin', '1234', '--key', 'copy'],
      ['list'],
      ['delete', 'ffffffffffff'],
    ];
    const codes: (number | null)[] = [];
    for (const args of words) codes.push((await run(...args)).code);
    over.abort();
    await load;
    expect(codes).toEqual([0, 0, 0, 0, 0, 0, 3]);
    expect(counters.length).toBeGreaterThan(20);
    for (const [index, counter] of counters.slice(1).entries())
      expect(counter).toBeGreaterThan(counters[index] ?? 0);
    const { credentials } = JSON.parse(await readFile(document, 'utf8')) as { credentials: unknown[] };
    expect(credentials).toHaveLength(1);
    key.signal('SIGTERM');
    await stopped;
    expect((await key.ended).code).toBe(0);
    const listed = JSON.parse((await run('list', '--json')).out) as {
      account: { name: string };
      signCount: number;
    }[];
    expect(listed).toMatchObject([{ account: { name: 'bob' } }]);
    expect(listed[0]?.signCount).toBeGreaterThanOrEqual(counters.at(-1) ?? Infinity);
  });
});
