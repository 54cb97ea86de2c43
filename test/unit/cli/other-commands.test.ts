import { describe, expect, it } from 'vitest';
import { check } from '../../../src/check/check.ts';
import { KeystoreError } from '../../../src/ports/keystore.ts';
import { credential, execute, FakeApp, FakeKey } from './support.ts';

describe('export', () => {
  it('prints the document, without secrets unless asked', async () => {
    const { out, app } = await execute('export');
    expect(JSON.parse(out)).toEqual({ format: 'fauxkey', secrets: false });
    expect(app.created).toBe(false);
    expect(JSON.parse((await execute('export --with-secrets -o -')).out)).toMatchObject({ secrets: true });
  });

  it('writes a file, but not over another one', async () => {
    const files = { '/old': 'precious' };
    const { out, io } = await execute('export --with-secrets --output /new', { files });
    expect(out).toBe('Key default is in /new, private keys included.\n');
    expect(JSON.parse(io.files.get('/new') ?? '')).toMatchObject({ secrets: true });
    const refused = await execute('export --output /old', { files });
    expect(refused).toMatchObject({
      code: 2,
      err: 'fauxkey: /old exists already.\n→ Add --force to replace it.\n',
    });
    expect(refused.io.files.get('/old')).toBe('precious');
    const forced = await execute('export --output /old --force --json', { files });
    expect([forced.code, forced.out]).toEqual([0, '']);
    expect(forced.io.files.get('/old')).toContain('fauxkey');
  });
});

describe('import', () => {
  it('reads a file or the standard input, and makes the key', async () => {
    const { out, app } = await execute('import /doc', { files: { '/doc': '{}' } });
    expect(out).toBe('Imported 2 credentials into key default (1 replaced).\n');
    expect(app.created).toBe(true);
    expect(app.key.imported).toEqual({
      text: '{}',
      options: { onConflict: 'fail' },
    });
    const piped = await execute('import - --on-conflict skip --json', { input: '[1]' });
    expect(JSON.parse(piped.out)).toEqual({ added: 2, replaced: 1, skipped: 0 });
    expect(piped.app.key.imported).toMatchObject({ text: '[1]', options: { onConflict: 'skip' } });
  });

  it('needs a file that is there, and a rule that exists', async () => {
    expect(await execute('import /none')).toMatchObject({ code: 9, err: 'fauxkey: /none does not exist.\n' });
    expect((await execute('import - --on-conflict guess', { input: '' })).code).toBe(2);
  });
});

describe('info', () => {
  it('shows the key', async () => {
    const app = new FakeApp(
      new FakeKey([credential('01', 'a'), credential('02', 'b', { discoverable: false })]),
    );
    app.key.running = { pid: 99, addresses: ['uhid'] };
    expect((await execute('info', { app })).out.split('\n')).toEqual([
      'Key default',
      '  Keystore     /store',
      '  Running      yes, process 99: uhid',
      '  Profile      ctap2.1',
      '  PIN          not set (at least 4 characters)',
      '  Credentials  2, 1 of them discoverable',
      '  AAGUID       00112233-4455-6677-8899-aabbccddeeff',
      '  Versions     FIDO_2_1 U2F_V2',
      '  Algorithms   ES256 EdDSA',
      '  Extensions   credProtect',
      '  Options      rk clientPin=no',
      '  Other keys   work',
      '',
    ]);
    expect(JSON.parse((await execute('info --json', { app })).out)).toMatchObject({
      key: 'default',
      keys: ['default', 'work'],
      running: { pid: 99 },
      algorithms: ['ES256', 'EdDSA'],
      options: { rk: true, clientPin: false },
      pin: { set: false },
      credentials: { total: 2, discoverable: 1 },
      signCount: 7,
      profile: { name: 'ctap2.1', changed: false, remembered: true },
      getInfo: { versions: ['FIDO_2_1'] },
    });
  });

  it('says when it does not run', async () => {
    expect((await execute('info')).out).toMatch(/Running +no\n/);
    expect(JSON.parse((await execute('info --json')).out)).toMatchObject({ running: null });
  });

  it('says what the key is, was, or would be', async () => {
    const app = new FakeApp();
    app.key.profile = { name: 'my\x1b.json', changed: true, remembered: true };
    expect((await execute('info', { app })).out).toContain(
      'Profile      my\ufffd.json, changed by options, when it last ran\n',
    );
    app.key.profile = { name: 'complete', changed: false, remembered: false };
    expect((await execute('info', { app })).out).toContain(
      'Profile      complete, the default: this key never ran\n',
    );
  });

  it('leaves out what a U2F key does not announce', async () => {
    const app = new FakeApp();
    app.key.speaksCtap2 = false;
    const { out } = await execute('info', { app });
    expect(out).toMatch(/Versions .*\n {2}Other keys/);
    expect(out).not.toMatch(/Options|Extensions|Algorithms/);
    expect(JSON.parse((await execute('info --json', { app })).out)).toMatchObject({ getInfo: null });
  });
});

describe('profiles', () => {
  it('are listed', async () => {
    expect((await execute('profiles')).out.split('\n').slice(0, 2)).toEqual([
      'PROFILE   WHAT THE KEY IS',
      'complete  Everything.',
    ]);
    expect(JSON.parse((await execute('profiles --json')).out)).toEqual([
      { name: 'complete', summary: 'Everything.' },
    ]);
  });

  it('are printed by name', async () => {
    expect(JSON.parse((await execute('profiles /my.json')).out)).toEqual({ document: '/my.json' });
  });
});

describe('attestation', () => {
  it('prints root, chain and metadata, together or alone', async () => {
    const { out } = await execute('attestation');
    expect(out).toMatch(/Root.*\nROOT\n\nAttest.*\nLEAF\nROOT\n\nEnter.*\nENTERPRISE\nROOT\n\nMeta.*\n\{/);
    expect((await execute('attestation --root')).out).toBe('ROOT\n');
    expect((await execute('attestation --chain')).out).toBe('LEAF\nENTERPRISE\nROOT\n');
    expect(JSON.parse((await execute('attestation --metadata')).out)).toEqual({ aaguid: '1234' });
  });

  it('prints JSON', async () => {
    const parsed = async (args: string) =>
      JSON.parse((await execute(`attestation --json ${args}`)).out) as unknown;
    expect(await parsed('')).toMatchObject({ root: 'ROOT\n', metadata: { aaguid: '1234' } });
    expect(await parsed('--root')).toEqual({ root: 'ROOT\n' });
    expect(await parsed('--chain')).toEqual({
      chain: ['LEAF\n', 'ROOT\n'],
      enterpriseChain: ['ENTERPRISE\n', 'ROOT\n'],
    });
    expect(await parsed('--metadata')).toEqual({ aaguid: '1234' });
  });

  it('asks about another profile', async () => {
    expect((await execute('attestation --profile u2f')).app.key.attestationProfile).toBe('u2f');
    expect((await execute('attestation')).app.key.attestationProfile).toBeUndefined();
  });

  it('takes certificates from files', async () => {
    const files = { '/root': 'A', '/rk': 'B', '/leaf': 'C', '/lk': 'D' };
    const given = '--root-cert /root --root-key /rk --cert /leaf --cert-key /lk --key work --keystore /s';
    const { out, app } = await execute(`attestation import ${given}`, {
      app: new FakeApp(new FakeKey([], 'work')),
      files,
    });
    expect(out).toBe('Key work attests with your certificates from now on.\n');
    expect(app.key.importedPem?.split('\n')).toEqual(['A', 'B', 'C', 'D']);
    expect(app.selections).toEqual([{ key: 'work', keystore: '/s' }]);
    expect(JSON.parse((await execute('attestation import --json --root-cert /root', { files })).out)).toEqual(
      {
        imported: true,
      },
    );
    expect((await execute('attestation import')).err).toContain('--root-cert');
    expect((await execute('attestation import --root-cert /none')).code).toBe(9);
  });

  it('switches enterprise attestation', async () => {
    const { out, app } = await execute('attestation enterprise on');
    expect([out, app.key.enterprise]).toEqual(['Enterprise attestation of key default is on.\n', true]);
    expect((await execute('attestation enterprise off --json')).app.key.enterprise).toBe(false);
    expect((await execute('attestation enterprise maybe')).code).toBe(2);
  });
});

describe('power-cycle', () => {
  it('asks the running process', async () => {
    const { out, app } = await execute('power-cycle --key work');
    expect(out).toBe('Key work was pulled out and put back (process 4712).\n');
    expect(app.selections).toEqual([{ key: 'work' }]);
    expect(JSON.parse((await execute('power-cycle --json')).out)).toEqual({ powerCycled: true, pid: 4712 });
  });
});

describe('devices', () => {
  const app = new FakeApp();
  app.devices = [
    { path: '/dev/hidraw3', vendorId: 0x1209, productId: 0xf1d0, product: 'Faux\x1bkey', serial: '01' },
  ];

  it('lists them', async () => {
    expect((await execute('devices', { app })).out.split('\n')).toEqual([
      'PATH          ID         PRODUCT   MANUFACTURER  SERIAL',
      '/dev/hidraw3  1209:f1d0  Faux\ufffdkey  –             01',
      '',
    ]);
    expect(JSON.parse((await execute('devices --json', { app })).out)).toEqual(app.devices);
  });

  it('says where to look when there is none', async () => {
    const { code, out } = await execute('devices');
    expect([code, out]).toEqual([0, expect.stringContaining('`fauxkey doctor`')]);
  });
});

describe('an empty --keystore', () => {
  it('is not taken for the default one', async () => {
    const { app, code, err } = await execute('wipe --yes --keystore=');
    expect([code, err]).toEqual([
      2,
      'fauxkey: --keystore names no directory.\n→ See `fauxkey wipe --help`.\n',
    ]);
    expect(app.selections).toEqual([]);
  });
});

describe('the passphrase', () => {
  /** A store that opens with one passphrase only. */
  class SealedApp extends FakeApp {
    override openKey(...[selection, options]: Parameters<FakeApp['openKey']>) {
      return selection.passphrase === 'sesame'
        ? super.openKey(selection, options)
        : Promise.reject(new KeystoreError('passphrase', 'The keystore is sealed.'));
    }
  }

  it('is asked for on a terminal, hidden', async () => {
    const { code, err } = await execute('list', { app: new SealedApp(), tty: true, typed: ['sesame\r'] });
    expect([code, err]).toEqual([0, 'Passphrase of the keystore: \n']);
  });

  it('is asked for once, and not if a wrong one was given', async () => {
    expect((await execute('list', { app: new SealedApp(), tty: true, typed: ['wrong\r'] })).code).toBe(6);
    const given = await execute('list', {
      app: new SealedApp(),
      tty: true,
      env: { FAUXKEY_PASSPHRASE: 'no' },
    });
    expect(given.code).toBe(6);
    expect(given.err).toBe(
      'fauxkey: The keystore is sealed.\n→ A passphrase is given with --passphrase-file FILE or FAUXKEY_PASSPHRASE.\n',
    );
  });

  it('is not asked for without a terminal', async () => {
    expect((await execute('list', { app: new SealedApp() })).code).toBe(6);
  });
});

describe('attach and detach', () => {
  it('say what became a USB device, and what is none any more', async () => {
    const attached = await execute('attach 192.0.2.7:3240 --busid 1-1');
    expect(attached.out).toBe('Attached 1-1 (f1d0:fa0c) as port 0.\n');
    expect(attached.app.attachments).toEqual([['192.0.2.7:3240', '1-1']]);
    const detached = await execute('detach 0 2');
    expect(detached.out).toBe('Detached port 0 (3-1).\nDetached port 2 (3-1).\n');
    expect(detached.app.attachments).toEqual([[0, 2]]);
    expect((await execute('detach')).out).toBe('No key is attached over USB/IP.\n');
    expect(JSON.parse((await execute('attach --json')).out)).toMatchObject([{ port: 0, busId: '1-1' }]);
    expect(await execute('detach zero')).toMatchObject({ code: 2 });
  });
});

describe('check', () => {
  const group = { id: 'one', title: 'One', section: '§1', checks: [] };
  const result = (outcome: 'passed' | 'failed' | 'skipped', reason?: string) => ({
    check: check(`one.${outcome}`, '§1.1', 'It works', () => Promise.resolve()),
    group,
    outcome,
    durationMs: 1,
    ...(reason !== undefined && { reason }),
  });
  const facts = {
    init: { nonce: new Uint8Array(8), channel: 1, protocolVersion: 2, version: [1, 2, 3], capabilities: 4 },
  } as const;
  const app = (...results: readonly ReturnType<typeof result>[]) => {
    const made = new FakeApp();
    made.checkReport = { facts, results, durationMs: 1500 };
    return made;
  };

  it('tells people what passed, what failed and what was left out, and exits with 1 for a failure', async () => {
    const results = [
      result('passed'),
      result('failed', 'It does not.'),
      result('skipped', 'Nobody is there.'),
    ];
    const { out, code } = await execute('check', { app: app(...results) });
    expect(code).toBe(1);
    expect(out).toBe(`One §1
  ✓ It works §1.1 one.passed
  ✗ It works §1.1 one.failed
      It does not.
  – It works §1.1 one.skipped
      Nobody is there.

tcp:key:
  1 passed, 1 failed, 1 left out in 1.5 s

1 failure:
  ✗ one.failed: It does not.
`);
  });

  it('exits with 0 when nothing failed, and hands its options on', async () => {
    const files = { '/root.pem': 'PEM' };
    const line =
      'check --stream 127.0.0.1:8112 --destructive --pin 1234 --only info,pin --root /root.pem --replug-command again';
    const { code, app: asked } = await execute(line, { app: app(result('passed')), files });
    expect(code).toBe(0);
    expect(asked.checked).toEqual({
      stream: '127.0.0.1:8112',
      destructive: true,
      pin: '1234',
      only: ['info', 'pin'],
      roots: ['PEM'],
      replugCommand: 'again',
    });
  });

  it('writes reports, and prints JSON', async () => {
    const { out, io } = await execute('check --json --junit /r.xml --html /r.html', {
      app: app(result('passed')),
    });
    expect(JSON.parse(out)).toMatchObject({
      tool: 'fauxkey 1.2.3',
      target: 'tcp:key',
      summary: { passed: 1 },
    });
    expect(io.files.get('/r.xml')).toContain('<testsuites name="fauxkey 1.2.3: tcp:key" tests="1"');
    expect(io.files.get('/r.html')).toContain('<!doctype html>');
  });

  it('lists the checks without a key', async () => {
    const { out } = await execute('check --list');
    expect(out).toMatch(/^ID +SECTION +CHANGES +WHAT\nchannels\.init /);
    const listed = JSON.parse((await execute('check --list --json')).out) as unknown[];
    expect(listed.length).toBeGreaterThan(200);
  });

  it('says in one sentence when there is no key', async () => {
    expect(await execute('check --device /dev/null')).toMatchObject({
      code: 2,
      err: 'fauxkey: There is no key.\n→ See `fauxkey check --help`.\n',
    });
  });
});
