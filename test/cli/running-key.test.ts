import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CtapStatusError } from '../../src/client/errors.ts';
import { systemRandom } from '../../src/app/system.ts';
import { connect, register } from './host.ts';
import { fauxkey, startKey, temporaryDirectory } from './program.ts';

let keystore: string;
const anyPort = ['--transport', 'tcp:127.0.0.1:0', '--consent', 'auto'];

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

beforeEach(async () => {
  keystore = await temporaryDirectory();
});

function run(...args: string[]) {
  return fauxkey(args, { env: { FAUXKEY_KEYSTORE: keystore } });
}

function start(...args: string[]) {
  return startKey([...anyPort, ...args], { env: { FAUXKEY_KEYSTORE: keystore } });
}

async function json(...args: string[]): Promise<unknown> {
  return JSON.parse((await run(...args, '--json')).out);
}

describe('a running key', () => {
  it('can be looked at and changed from outside, and obeys at once', async () => {
    const key = await start();
    const client = await connect(key.addresses[0] ?? '');
    for (const name of ['alice', 'bob']) await register(client, 'example.com', name);
    await register(client, 'other.example', 'carol', { rk: false });

    const all = (await json('list')) as { idHex: string; account: { name: string }; discoverable: boolean }[];
    expect(all.map(({ account, discoverable }) => [account.name, discoverable])).toEqual([
      ['carol', false],
      ['bob', true],
      ['alice', true],
    ]);
    const bob = all[1]?.idHex ?? '';
    expect(await json('show', bob.slice(0, 10))).toMatchObject({
      site: 'example.com',
      account: { name: 'bob' },
    });

    expect((await run('delete', bob)).out).toBe('Deleted example.com (bob – BOB).\n');
    const request = { rpId: 'example.com', clientDataHash: systemRandom.bytes(32) };
    expect((await client.getAssertions(request)).map(({ user }) => user?.name ?? 'hidden')).toHaveLength(1);

    expect(await json('wipe', '--site', 'example.com', '--yes')).toEqual({ deleted: 1 });
    await expect(client.getAssertion(request)).rejects.toThrow(CtapStatusError);
    expect(await json('list')).toHaveLength(1);

    const hasPin = async () => (await client.getInfo()).options?.get('clientPin');
    expect(await hasPin()).toBe(false);
    expect((await run('pin', 'set', '--pin', '1234')).code).toBe(0);
    expect(await hasPin()).toBe(true);
    expect((await run('reset', '--yes')).code).toBe(0);
    expect(await hasPin()).toBe(false);
  });

  it('tells where it is, is power-cycled and stopped', async () => {
    const key = await start();
    expect(await json('info')).toMatchObject({ running: { pid: key.pid, addresses: key.addresses } });
    expect(await json('power-cycle')).toEqual({ powerCycled: true, pid: key.pid });
    await key.next('power-cycle');
    key.signal('SIGHUP');
    await key.next('power-cycle');

    const second = await run('start', ...anyPort, '--json');
    expect([second.code, second.out]).toEqual([5, '']);
    expect(JSON.parse(second.err)).toMatchObject({ error: { code: 'keystore-locked' } });
    const other = await start('--key', 'other');
    other.signal('SIGINT');
    expect(await other.ended).toMatchObject({ code: 0, err: '' });

    key.signal('SIGTERM');
    await key.next('stopped');
    expect(await key.ended).toMatchObject({ code: 0, err: '' });
    expect(await run('power-cycle')).toMatchObject({ code: 4, out: '' });
  });

  it('keeps what it said when it is killed, and can be started again', async () => {
    const key = await start();
    await register(await connect(key.addresses[0] ?? ''), 'example.com', 'alice');
    key.signal('SIGKILL');
    await key.ended;
    expect(await json('list')).toMatchObject([{ site: 'example.com' }]);
    const again = await start();
    again.signal('SIGTERM');
    expect((await again.ended).code).toBe(0);
  });

  it('leaves nothing behind with --memory, and denies when it is told to', async () => {
    const key = await startKey(['--transport', 'tcp:127.0.0.1:0', '--consent', 'deny', '--memory']);
    const client = await connect(key.addresses[0] ?? '');
    const denied = register(client, 'example.com', 'alice');
    await expect(denied).rejects.toMatchObject({ status: 0x27 });
    const question = await key.next('question');
    expect(question['question']).toMatchObject({ purpose: 'register', site: 'example.com' });
    expect((await key.next('answer'))['answer']).toEqual({ outcome: 'declined' });
    key.signal('SIGTERM');
    expect((await key.ended).code).toBe(0);
    expect((await run('list')).code).toBe(3);
  });
});

describe('a transport', () => {
  it('whose port is in use is told with a remedy', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const spec = `tcp:127.0.0.1:${String(port)}`;
    const { code, err, out } = await run('start', '--transport', spec, '--consent', 'auto', '--json');
    expect([code, out]).toEqual([12, '']);
    expect(JSON.parse(err)).toMatchObject({
      error: { code: 'transport-in-use', hint: expect.any(String) as string },
    });
  });

  it.skipIf(existsSync('/dev/uhid') || process.platform !== 'linux')(
    'that is not here has a code of its own',
    async () => {
      expect((await run('start', '--transport', 'uhid', '--consent', 'auto')).code).toBe(10);
    },
  );

  it('that nobody knows is a mistake', async () => {
    expect((await run('start', '--transport', 'carrier-pigeon')).code).toBe(2);
  });
});
