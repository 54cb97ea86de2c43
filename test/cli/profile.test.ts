import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, register } from './host.ts';
import { fauxkey, startKey, temporaryDirectory } from './program.ts';

let directory: string;
let env: Record<string, string>;
const anyPort = ['--transport', 'tcp:127.0.0.1:0', '--consent', 'auto'];

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

beforeEach(async () => {
  directory = await temporaryDirectory();
  env = { FAUXKEY_KEYSTORE: join(directory, 'keys') };
});

function run(...args: string[]) {
  return fauxkey(args, { env });
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await run(...args, '--json')).out) as Record<string, unknown>;
}

describe('a profile', () => {
  it('decides what the key is, also to commands from outside, and is remembered', async () => {
    const key = await startKey([...anyPort, '--profile', 'no-pin'], { env });
    const info = await (await connect(key.addresses[0] ?? '')).getInfo();
    expect(info.options?.get('clientPin')).toBeUndefined();
    const running = { profile: { name: 'no-pin', remembered: true }, running: { pid: key.pid } };
    expect(await json('info')).toMatchObject({ ...running, getInfo: { versions: info.versions } });
    expect((await run('pin', 'set', '--pin', '1234')).code).toBe(1);
    key.signal('SIGTERM');
    await key.ended;
    expect(await json('info')).toMatchObject({ profile: { name: 'no-pin' }, running: null });

    const other = await startKey([...anyPort, '--counter', 'zero'], { env });
    expect(await json('info')).toMatchObject({ profile: { name: 'complete', changed: true } });
    other.signal('SIGTERM');
    await other.ended;
    expect((await run('pin', 'set', '--pin', '1234')).code).toBe(0);
  });

  it('can be printed, changed and started again', async () => {
    const file = join(directory, 'mine.json');
    await writeFile(
      file,
      (await run('profiles', 'ctap2.1')).out.replace(/"maxMsgSize": \d+/, '"maxMsgSize": 1111'),
    );
    const key = await startKey([...anyPort, '--profile', file], { env });
    expect((await (await connect(key.addresses[0] ?? '')).getInfo()).maxMsgSize).toBe(1111);
  });

  it('that is unknown, wrong or impossible stops the start before anything is made', async () => {
    const file = join(directory, 'wrong.json');
    for (const [content, text] of [
      ['{"extends": "ctap9"}', 'profile.extends'],
      ['{"backupState": true}', 'backupState'],
      ['{', 'not JSON'],
    ] as const) {
      await writeFile(file, content);
      const { code, err } = await run('start', ...anyPort, '--profile', file);
      expect([code, err.split('\n').length]).toEqual([2, 3]);
      expect(err).toContain(text);
    }
    expect((await run('start', ...anyPort, '--profile', 'ctap9')).err).toContain('small-storage');
    expect(existsSync(env['FAUXKEY_KEYSTORE'] ?? '')).toBe(false);
  });
});

describe('a credential', () => {
  it('that is changed from outside answers so at once', async () => {
    const key = await startKey([...anyPort, '--profile', 'synced-passkey'], { env });
    const client = await connect(key.addresses[0] ?? '');
    await register(client, 'example.com', 'alice');
    const flags = async () => {
      const answer = await client.getAssertion({ rpId: 'example.com', clientDataHash: new Uint8Array(32) });
      return [
        answer.authData[32],
        new DataView(answer.authData.buffer, answer.authData.byteOffset).getUint32(33),
      ];
    };
    expect(await flags()).toEqual([0x19, 0]);
    const [first] = (await json('list')) as unknown as { idHex: string }[];
    const id = first?.idHex ?? '';
    expect((await run('set', id, '--backup-eligible', 'no')).code).toBe(2);
    const change = ['--backup-state', 'no', '--counter', '41', '--user-name', 'bob'];
    expect(await json('set', id, ...change)).toMatchObject({
      account: { name: 'bob' },
      backupEligible: true,
      backupState: false,
      signCount: 41,
    });
    expect(await flags()).toEqual([0x09, 42]);
    expect((await run('set', id, '--counter', '5')).err).toContain('--force');
    expect((await run('set', id, '--counter', '5', '--force')).code).toBe(0);
    expect(await flags()).toEqual([0x09, 6]);
    expect((await run('show', id)).out).toContain('backup eligible, not backed up');
  });
});

describe('attestation', () => {
  it('with --attestation basic is by the certificate that is printed, or by your own', async () => {
    const key = await startKey([...anyPort, '--attestation', 'basic'], { env });
    const client = await connect(key.addresses[0] ?? '');
    const leafOf = async (name: string) => {
      const [leaf] = (await register(client, 'example.com', name)).attStmt.get('x5c') as Uint8Array[];
      return new X509Certificate(leaf ?? new Uint8Array());
    };
    const root = new X509Certificate((await run('attestation', '--root')).out);
    expect((await leafOf('alice')).verify(root.publicKey)).toBe(true);

    const other = await fauxkey(['attestation', '--chain', '--key', 'other'], { env });
    expect(other.code).toBe(3);
    const material = join(directory, 'root.pem');
    await writeFile(material, root.toString());
    const refused = await run('attestation', 'import', '--root-cert', material);
    expect([refused.code, refused.err.split('\n')[0]]).toEqual([
      2,
      'fauxkey: The PEM has neither the private key of the root nor an attestation certificate.',
    ]);
    expect((await leafOf('bob')).verify(root.publicKey)).toBe(true);
  });

  it('prints metadata of any profile', async () => {
    const key = await startKey(anyPort, { env });
    const statement = JSON.parse((await run('attestation', '--metadata', '--profile', 'u2f')).out) as object;
    expect(statement).toMatchObject({ protocolFamily: 'u2f' });
    expect((await run('attestation', 'enterprise', 'on')).code).toBe(0);
    const { options } = await (await connect(key.addresses[0] ?? '')).getInfo();
    expect(options?.get('ep')).toBe(true);
  });
});

describe('a start that fails', () => {
  it('says why in a sentence with a next step', async () => {
    const log = await run('start', ...anyPort, '--log', join(directory, 'none', 'log'));
    expect([log.code, log.err]).toEqual([2, expect.stringContaining('its directory does not exist')]);
    const taken = join(directory, 'taken');
    await writeFile(taken, 'mine');
    expect((await run('start', ...anyPort, '--keystore', taken)).code).toBe(9);
    expect(await readFile(taken, 'utf8')).toBe('mine');
    const { code, err } = await run('start', '--transport', `unix:${directory}/none/sock`);
    expect([code, err.split('\n').length]).toEqual([10, 3]);
    // The key is free again: what was opened by then was closed.
    const key = await startKey(anyPort, { env });
    expect(key.addresses).toHaveLength(1);
  });

  it.skipIf(process.platform === 'win32')(
    'is not one where only the control socket has no place',
    async () => {
      const blocked = join(directory, 'blocked');
      await writeFile(blocked, '');
      await mkdir(join(directory, 'tmp'));
      const places = { XDG_RUNTIME_DIR: blocked, TMPDIR: join(directory, 'tmp') };
      const elsewhere = await startKey(anyPort, { env: { ...env, ...places } });
      expect(elsewhere.notes).toEqual([]);
      expect((await run('power-cycle')).code).toBe(0);
      const nowhere = await startKey([...anyPort, '--key', 'nowhere'], {
        env: { ...env, XDG_RUNTIME_DIR: blocked, TMPDIR: blocked },
      });
      expect(nowhere.notes).toEqual([expect.stringContaining('power-cycle') as string]);
      const { code, err } = await run('power-cycle', '--key', 'nowhere');
      expect([code, err]).toEqual([4, expect.stringContaining('kill -HUP')]);
    },
  );
});
