import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../../src/consent/text/width.ts';
import { credential, execute, FakeApp, FakeKey, now, u2fCredential } from './support.ts';

process.env['TZ'] = 'UTC';

function app(): FakeApp {
  return new FakeApp(
    new FakeKey([
      credential('c0ffee', 'example.com', { lastUsedAt: now - 5000 }),
      credential('abcd12', 'example.com', { signCount: null, user: { id: Uint8Array.of(9), name: 'bob' } }),
      credential('abcd34', 'login.example.org', { discoverable: false, algorithm: -8 }),
      u2fCredential('1234', 'example.com'),
    ]),
  );
}

function json(text: string): unknown {
  return JSON.parse(text);
}

describe('list', () => {
  it('shows a table', async () => {
    const { out, code } = await execute('list', { app: app() });
    expect(out.split('\n')).toEqual([
      'SITE                   ACCOUNT        DISCOVERABLE  ALGORITHM  COUNTER  CREATED           LAST USED  ID',
      'example.com            alice – Alice  yes           ES256            3  2026-01-30 12:00  5 s ago    c0ffee00',
      'example.com            bob            yes           ES256            –  2026-01-30 12:00  never      abcd1200',
      'login.example.org      alice – Alice  no            EdDSA            3  2026-01-30 12:00  never      abcd3400',
      'U2F a379a6f6eeafb9a5…  –              no            ES256            3  2026-01-30 12:00  3 min ago  12340000',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('fits the terminal', async () => {
    const key = new FakeKey([
      credential('01', 'a-rather-long-label.accounts.'.repeat(3) + 'example.com', {
        user: { id: Uint8Array.of(1), name: '田中太郎'.repeat(10) },
      }),
    ]);
    const { out } = await execute('list', { app: new FakeApp(key), tty: true, columns: 110 });
    const [, line = ''] = out.split('\n');
    expect(displayWidth(line)).toBe(110);
    expect(line).toMatch(/^….*example\.com  田中/);
  });

  it('filters by site, U2F too', async () => {
    const { out } = await execute('list --site example.com --json', { app: app() });
    expect((json(out) as { idHex: string }[]).map(({ idHex }) => idHex.slice(0, 6))).toEqual([
      'c0ffee',
      'abcd12',
      '123400',
    ]);
  });

  it('says that there is nothing', async () => {
    expect((await execute('list')).out).toBe('Key default has no credentials.\n');
    expect((await execute('list --site a.example')).out).toBe(
      'Key default has no credentials of a.example.\n',
    );
    expect((await execute('list --json')).out).toBe('[]\n');
  });

  it('gives programs everything but secrets', async () => {
    const { out } = await execute('list --json', { app: app() });
    expect((json(out) as unknown[])[0]).toEqual({
      id: 'wP_uAAAAAAAAAAAAAAAAAA',
      idHex: 'c0ffee' + '0'.repeat(26),
      site: 'example.com',
      siteName: null,
      rpIdHashHex: 'a379a6f6eeafb9a55e378c118034e2751e682fab9f2d30ab13d2125586ce1947',
      account: { id: 'AQI', name: 'alice', displayName: 'Alice' },
      discoverable: true,
      protocol: 'ctap2',
      algorithm: 'ES256',
      signCount: 3,
      credProtect: 1,
      createdAt: '2026-01-30T12:00:00.000Z',
      lastUsedAt: '2026-01-31T11:59:55.000Z',
      thirdPartyPayment: false,
      backupEligible: false,
      backupState: false,
      credBlob: null,
      largeBlob: null,
      publicKey: { 1: 2, 3: -7, '-2': 'qw' },
    });
    expect((json(out) as unknown[])[3]).toMatchObject({ site: null, account: null });
    for (const secret of ['secret', Buffer.from('secret').toString('base64url'), '736563726574'])
      expect(out).not.toContain(secret);
  });

  it('opens the key that is asked for and closes it again', async () => {
    const given = app();
    await execute('list --keystore /a --key default --passphrase-file /p', {
      app: given,
      files: { '/p': 'open sesame\n' },
      env: { FAUXKEY_KEYSTORE: '/b', FAUXKEY_PASSPHRASE: 'other' },
    });
    await execute('list', { app: given, env: { FAUXKEY_KEYSTORE: '/b', FAUXKEY_PASSPHRASE: 'other' } });
    await execute('list', { app: given });
    expect(given.selections).toEqual([
      { keystore: '/a', key: 'default', passphrase: 'open sesame' },
      { keystore: '/b', key: 'default', passphrase: 'other' },
      { key: 'default' },
    ]);
    expect([given.key.closed, given.created]).toEqual([3, false]);
  });

  it('knows no key that was never made', async () => {
    const { code, err } = await execute('list --key other');
    expect(code).toBe(3);
    expect(err).toBe(
      'fauxkey: There is no key "other" in /store.\n→ Start the key once to make it: `fauxkey start --key NAME`.\n',
    );
  });

  it('does not let names play with the terminal', async () => {
    const key = new FakeKey([
      credential('01', '\x1b[2Jevil.example', { user: { id: Uint8Array.of(1), name: 'a\nb\u202ec' } }),
    ]);
    const { out } = await execute('list', { app: new FakeApp(key) });
    expect(out.trimEnd().split('\n')).toHaveLength(2);
    expect(out).not.toMatch(/[\x1b\u202e]/);
  });
});

describe('set', () => {
  const stored = () => new FakeApp(new FakeKey([credential('ab01', 'example.com', { signCount: null })]));

  it('changes what it is told to', async () => {
    const all =
      'set ab --backup-eligible yes --backup-state no --counter 7 --user-name bob --display-name B --force';
    const { out, app } = await execute(all, { app: stored() });
    expect(app.key.changes).toEqual([
      [
        'ab01'.padEnd(32, '0'),
        {
          backupEligible: true,
          backupState: false,
          signCount: 7,
          userName: 'bob',
          displayName: 'B',
          force: true,
        },
      ],
    ]);
    expect(out).toBe('example.com (alice – Alice): counter always zero, bound to this key.\n');
    const zero = await execute('set ab --counter none --json', { app: stored() });
    expect(zero.app.key.changes[0]?.[1]).toEqual({ signCount: null, force: false });
    expect(JSON.parse(zero.out)).toMatchObject({ site: 'example.com', backupEligible: false });
  });

  it.each([
    ['set ab', 'Nothing to change'],
    ['set ab --force', 'Nothing to change'],
    ['set ab --counter -1', 'whole number'],
    ['set ab --counter 1.5', 'whole number'],
    ['set ab --backup-state maybe', 'yes, no'],
  ])('%s is refused', async (args, text) => {
    const { code, err, app } = await execute(args, { app: stored() });
    expect([code, app.key.changes]).toEqual([2, []]);
    expect(err).toContain(text);
  });

  it('needs a credential that exists', async () => {
    expect((await execute('set ff --counter 1', { app: stored() })).code).toBe(3);
  });
});

describe('show', () => {
  it('shows one credential by the beginning of its id', async () => {
    const { out, code } = await execute('show c0f', { app: app() });
    expect(out).toContain('Credential of example.com on key default\n');
    expect(out).toMatch(/^ {2}Counter +3$/m);
    expect(out).toMatch(/^ {2}User id +AQI \(hex 0102\)$/m);
    expect(out).toMatch(/^ {2}Last used +2026-01-31 11:59 \(5 s ago\)$/m);
    expect(out).not.toContain('secret');
    expect(code).toBe(0);
  });

  it.each(['C0FFEE', 'wP_u', 'c0ffee00000000000000000000000000', 'wP_uAAAAAAAAAAAAAAAAAA'])(
    'takes %s for the same',
    async (id) => {
      const { out } = await execute(`show ${id} --json`, { app: app() });
      expect(json(out)).toMatchObject({ id: 'wP_uAAAAAAAAAAAAAAAAAA' });
    },
  );

  it('takes an id that begins with a dash after --', async () => {
    const key = new FakeKey([credential('f8', 'example.com')]);
    expect((await execute('show --json -- -AAA', { app: new FakeApp(key) })).code).toBe(0);
  });

  it('finds none, or several', async () => {
    expect(await execute('show ffff', { app: app() })).toMatchObject({
      code: 3,
      err: 'fauxkey: There is no credential whose id begins with "ffff".\n→ See all with `fauxkey list`.\n',
    });
    const several = await execute('show abcd', { app: app() });
    expect(several.code).toBe(2);
    expect(several.err).toBe(
      'fauxkey: 2 credentials begin with "abcd".\n→ Give more of it: abcd120000000000, abcd340000000000\n',
    );
  });
});

describe('delete', () => {
  it('deletes what is named, once', async () => {
    const given = app();
    const { out, code } = await execute('delete c0ffee abcd34 c0', { app: given });
    expect(out).toBe('Deleted example.com (alice – Alice).\nDeleted login.example.org (alice – Alice).\n');
    expect([code, given.key.stored.length]).toEqual([0, 2]);
  });

  it('deletes nothing if one id is wrong', async () => {
    const given = app();
    expect((await execute('delete c0ffee 9999', { app: given })).code).toBe(3);
    expect((await execute('delete c0ffee abcd', { app: given })).code).toBe(2);
    expect([given.key.stored.length, given.key.closed]).toEqual([4, 2]);
  });

  it('tells programs the ids', async () => {
    const { out } = await execute('delete c0ffee --json', { app: app() });
    expect(json(out)).toEqual({ deleted: ['wP_uAAAAAAAAAAAAAAAAAA'] });
  });
});

describe('wipe', () => {
  it('asks first', async () => {
    const given = app();
    const { code, out, err } = await execute('wipe', { app: given, tty: true, typed: ['y', '\r'] });
    expect(err).toBe('Delete 4 credentials from key default? [y/N] y\n');
    expect([code, out, given.key.stored]).toEqual([0, 'Deleted 4 credentials from key default.\n', []]);
  });

  it.each([['\r'], ['n\r'], ['x\r'], ['yes\x15\r'], ['yx\x7f\x7f\r']])('takes %j for no', async (typed) => {
    const given = app();
    const { code, out } = await execute('wipe', { app: given, tty: true, typed: [typed] });
    expect([code, out, given.key.stored.length]).toEqual([1, 'Nothing was deleted.\n', 4]);
  });

  it('can be interrupted', async () => {
    const given = app();
    const { code, err, io } = await execute('wipe', { app: given, tty: true, typed: ['y\x03'] });
    expect([code, given.key.stored.length, given.key.closed, io.stdin.raw]).toEqual([130, 4, 1, false]);
    expect(err).toContain('Interrupted; nothing was changed.');
  });

  it('needs --yes where nobody can answer', async () => {
    const given = app();
    expect(await execute('wipe', { app: given })).toMatchObject({
      code: 2,
      err: 'fauxkey: This asks first, but nobody can answer here.\n→ Add --yes to go ahead.\n',
    });
    expect(given.key.stored).toHaveLength(4);
    expect((await execute('wipe --yes --json', { app: given })).out).toBe('{\n  "deleted": 4\n}\n');
  });

  it('can be for one site', async () => {
    const given = app();
    const { out } = await execute('wipe --yes --site login.example.org', { app: given });
    expect(out).toBe('Deleted 1 credential of login.example.org from key default.\n');
    expect(given.key.stored).toHaveLength(3);
  });

  it('asks nothing when there is nothing', async () => {
    expect(await execute('wipe')).toMatchObject({
      code: 0,
      out: 'Deleted 0 credentials from key default.\n',
    });
  });
});

describe('reset', () => {
  it('asks first, and means it', async () => {
    const given = app();
    const no = await execute('reset', { app: given, tty: true, typed: ['\r'] });
    expect([no.code, no.out, given.key.resets]).toEqual([1, 'Nothing was changed.\n', 0]);
    const yes = await execute('reset', { app: given, tty: true, typed: ['yes\r'] });
    expect(yes.err).toBe('Reset key default: erase 4 credentials, the PIN and all settings? [y/N] yes\n');
    expect(yes.out).toBe('Key default is as new: 4 credentials, the PIN and all settings are gone.\n');
    expect(given.key.resets).toBe(1);
  });

  it('goes ahead with --yes, and needs it without a terminal', async () => {
    const given = app();
    expect((await execute('reset', { app: given })).code).toBe(2);
    const { out } = await execute('reset --yes --json', { app: given });
    expect([json(out), given.key.resets]).toEqual([{ reset: true, deleted: 4 }, 1]);
  });
});
