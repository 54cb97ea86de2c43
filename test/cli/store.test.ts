import { spawn } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, register } from './host.ts';
import { fauxkey, launcher, startKey, temporaryDirectory } from './program.ts';

let directory: string;
let keystore: string;

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

beforeEach(async () => {
  directory = await temporaryDirectory();
  keystore = join(directory, 'keys');
});

function run(args: string, options: Parameters<typeof fauxkey>[1] = {}) {
  return fauxkey([...args.split(' '), '--keystore', keystore], options);
}

describe('a store', () => {
  it('that does not exist is said to be missing, and not made', async () => {
    const { code, err } = await run('list');
    expect(code).toBe(3);
    expect(err).toMatch(/^fauxkey: .*\n→ .*start/);
    await expect(stat(keystore)).rejects.toThrow('ENOENT');
  });

  it('can be moved as a document', async () => {
    const key = await startKey([
      '--keystore',
      keystore,
      '--transport',
      'tcp:127.0.0.1:0',
      '--consent',
      'auto',
    ]);
    await register(await connect(key.addresses[0] ?? ''), 'example.com', 'alice');
    key.signal('SIGTERM');
    await key.ended;
    const before = JSON.parse((await run('list --json')).out) as unknown;

    const file = join(directory, 'key.json');
    expect((await run(`export --with-secrets --output ${file}`)).code).toBe(0);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await run(`export --output ${file}`)).code).toBe(2);
    const plain = await run('export');
    expect(plain.out).toContain('example.com');
    expect(plain.out).not.toContain('privateKey');

    expect((await run(`import --key copy ${file}`)).out).toBe('Imported 1 credential into key copy.\n');
    expect(JSON.parse((await run('list --key copy --json')).out)).toEqual(before);
    expect((await run(`import --key copy ${file}`)).code).toBe(2);
    const again = await run('import --key copy --on-conflict skip --json -', {
      input: await readFile(file, 'utf8'),
    });
    expect(JSON.parse(again.out)).toEqual({ added: 0, replaced: 0, skipped: 1 });
    expect((await run('import --key copy -', { input: plain.out })).code).toBe(2);
    expect((await run('import --key copy -', { input: 'no JSON' })).code).toBe(2);
    expect(JSON.parse((await run('info --key copy --json')).out)).toMatchObject({
      keys: ['copy', 'default'],
      credentials: { total: 1 },
    });
    expect((await run('delete --key copy ffffffffffff')).code).toBe(3);
  });

  it('has a PIN that is set, changed, checked and removed', async () => {
    expect((await run('pin set --pin 123')).code).toBe(1);
    expect((await run('pin set --pin -', { input: '1234\n' })).out).toBe('Key default has a PIN now.\n');
    expect((await run('pin change --pin 9999 --new-pin 5678')).err).toContain('7 tries left');
    const env = { FAUXKEY_PIN: '1234', FAUXKEY_NEW_PIN: '5678' };
    expect((await run('pin change', { env })).out).toBe('Key default has a new PIN.\n');
    expect(JSON.parse((await run('pin status --json')).out)).toMatchObject({ set: true, retriesLeft: 8 });
    expect((await run('pin remove')).code).toBe(0);
    expect((await run('pin remove')).code).toBe(1);
  });

  it('can be sealed with a passphrase', async () => {
    const file = join(directory, 'passphrase');
    await writeFile(file, 'open sesame\n');
    expect((await run(`pin set --pin 1234 --passphrase-file ${file}`)).code).toBe(0);
    expect((await run('list', { env: { FAUXKEY_PASSPHRASE: 'open sesame' } })).code).toBe(0);
    const wrong = await run('list --json', { env: { FAUXKEY_PASSPHRASE: 'open barley' } });
    expect([wrong.code, wrong.out]).toEqual([6, '']);
    expect(JSON.parse(wrong.err)).toMatchObject({ error: { code: 'keystore-passphrase' } });
    expect(wrong.err).not.toContain('barley');
    expect((await run('start --transport tcp:127.0.0.1:0 --consent auto')).code).toBe(6);
  });

  it('that is damaged, foreign or no directory is left alone', async () => {
    await run('pin set --pin 1234');
    const file = join(keystore, 'data.mdb');
    await writeFile(file, Buffer.alloc(8192, 'not a database'));
    for (const command of ['list', 'start --transport tcp:127.0.0.1:0 --consent auto']) {
      const { code, err } = await run(command);
      expect([code, err.split('\n').length]).toEqual([7, 3]);
    }
    expect((await readFile(file)).toString()).toMatch(/^not a database/);
    await writeFile(join(directory, 'plain'), '');
    expect((await fauxkey(['list', '--keystore', join(directory, 'plain')])).code).toBe(9);
  });
});

describe('the program', () => {
  it('is silent when nobody reads on', async () => {
    const shell = spawn('sh', [
      '-c',
      `"$0" "$1" --help | true; "$0" "$1" --help | head -1`,
      process.execPath,
      launcher,
    ]);
    let out = '';
    let err = '';
    shell.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    shell.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    await new Promise((resolve) => shell.on('close', resolve));
    expect([out, err]).toEqual(['Usage: fauxkey [options] [command]\n', '']);
  });

  it('examines this machine', async () => {
    const { code, out } = await run('doctor --json');
    const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: { id: string; status: string }[] };
    expect(code).toBe(ok ? 0 : 1);
    expect(checks.find(({ id }) => id === 'node')?.status).toBe('ok');
    expect(checks.find(({ id }) => id === 'lmdb')?.status).toBe('ok');
    expect(checks.find(({ id }) => id === 'keystore')?.status).toBe('ok');
  });

  it('lists devices, or says in one sentence why it cannot', async () => {
    const { code, out, err } = await fauxkey(['devices', '--json']);
    if (code === 0) expect(Array.isArray(JSON.parse(out))).toBe(true);
    else expect([code, JSON.parse(err)]).toMatchObject([10, { error: { code: 'transport-unavailable' } }]);
  });
});
