import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { doctor } from '../../../src/cli/commands/doctor.ts';
import { systemHands } from '../../../src/cli/doctor/system-hands.ts';
import { KeystoreError } from '../../../src/ports/keystore.ts';
import { handsOff, healthy, machine, withFiles } from './doctor-machine.ts';
import type { FakeMachine } from './doctor-machine.ts';
import { credential, FakeApp, FakeIo, FakeKey } from './support.ts';

interface Told {
  id: string;
  status: string;
  message: string;
  fix?: string[];
}

async function examine(change: FakeMachine, app = new FakeApp(), fix = false) {
  const io = new FakeIo();
  const cli = { io, app, version: '1', exitCode: 0 };
  await doctor(cli, { key: 'default', json: true, fix }, { probes: machine(change), hands: handsOff });
  const { ok, checks } = JSON.parse(io.stdout.text) as { ok: boolean; checks: Told[] };
  expect(cli.exitCode).toBe(ok ? 0 : 1);
  return { ok, checks, find: (id: string) => checks.find((check) => check.id === id) };
}

describe('on a healthy machine', () => {
  it('everything is well', async () => {
    const { ok, checks } = await examine(healthy, new FakeApp(new FakeKey([credential('01', 'a')])));
    expect(ok).toBe(true);
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(checks.map(({ id }) => id)).toEqual([
      'node',
      'lmdb',
      'node-hid',
      'keystore',
      'uhid',
      'udev-rule',
      'device-hidraw3',
      'browser',
      'tcp-8112',
      'udp-8111',
    ]);
  });

  it('people read it as a list', async () => {
    const io = new FakeIo();
    const cli = { io, app: new FakeApp(), version: '1', exitCode: 0 };
    await doctor(cli, { key: 'default' }, { probes: machine(healthy), hands: handsOff });
    expect(io.stdout.text).toContain(
      '✓ The FIDO device "Faux\ufffdkey" (/dev/hidraw3) is open to this user.\n',
    );
    expect(io.stdout.text).toMatch(/\n\nA browser on this machine can see a key.\n$/);
    io.stdout.text = '';
    const bare = { probes: machine({ ...healthy, devices: {} }), hands: handsOff };
    await doctor(cli, { key: 'default' }, bare);
    expect(io.stdout.text).toContain('✗ The module uhid is not loaded');
    expect(io.stdout.text).toContain('\n    $ sudo modprobe uhid\n');
    expect(io.stdout.text).toMatch(/2 things stand between a key and a browser on this machine.\n$/);
    expect(cli.exitCode).toBe(1);
  });
});

describe('the program', () => {
  it.each([
    ['v18.20.0', 'fail'],
    ['v20.18.3', 'fail'],
    ['v20.19.0', 'ok'],
    ['v22.1.0', 'ok'],
  ])('with Node.js %s is %s', async (nodeVersion, status) => {
    expect((await examine({ ...healthy, nodeVersion })).find('node')?.status).toBe(status);
  });

  it('needs lmdb, and can do without node-hid', async () => {
    const both = await examine({ ...healthy, broken: { lmdb: 'no binary', 'node-hid': 'no binary' } });
    expect(both.find('lmdb')).toMatchObject({ status: 'fail', fix: ['npm ci'] });
    expect(both.find('node-hid')).toMatchObject({ status: 'warn', fix: ['npm ci'] });
  });
});

describe('/dev/uhid', () => {
  const missing = { ...healthy, devices: { '/dev/hidraw3': 'ok' } };

  it.each<[string, Record<string, string>, string]>([
    ['the module is not loaded', {}, 'sudo modprobe uhid'],
    [
      'the module is there but not loaded',
      { '/lib/modules/6.1.0/modules.dep': 'kernel/drivers/hid/uhid.ko.xz:' },
      'sudo modprobe uhid',
    ],
    [
      'the kernel has no such module',
      { '/lib/modules/6.1.0/modules.dep': 'kernel/x.ko:' },
      'sudo apt install linux-modules-extra',
    ],
    [
      'the module is loaded, the node is not there',
      { '/sys/module/uhid/refcnt': '0' },
      'sudo mknod -m 0600 /dev/uhid c 10 239',
    ],
    [
      'the kernel has it built in',
      { '/lib/modules/6.1.0/modules.builtin': 'kernel/drivers/hid/uhid.ko\n' },
      'sudo mknod',
    ],
    ['this is a container', { '/.dockerenv': '' }, 'docker run --device /dev/uhid'],
  ])('missing because %s', async (_, files, command) => {
    const { ok, find } = await examine({ ...missing, files: { ...healthy.files, ...files } });
    expect([ok, find('uhid')?.status]).toEqual([false, 'fail']);
    expect(find('uhid')?.fix?.join('\n')).toContain(command);
  });

  it('not open to this user', async () => {
    const denied = { ...healthy, devices: { ...healthy.devices, '/dev/uhid': 'EACCES' } };
    const { find } = await examine(denied);
    expect(find('uhid')?.fix).toEqual(['sudo setfacl -m u:alice:rw /dev/uhid', 'fauxkey doctor --fix']);
    const ruled = {
      ...denied.files,
      '/etc/udev/rules.d/70-fauxkey.rules': '# x\nKERNEL=="uhid", TAG+="uaccess"',
    };
    const again = (await examine({ ...denied, files: ruled })).find('uhid');
    expect(again?.message).toContain('not for this one now');
    expect(again?.fix?.join('\n')).toMatch(/^sudo udevadm[^]*setfacl/);
    expect(again?.fix?.join('\n')).not.toMatch(/doctor/);
    const commented = { ...denied.files, '/etc/udev/rules.d/70-fauxkey.rules': '#KERNEL=="uhid"' };
    expect((await examine({ ...denied, files: commented })).find('uhid')?.fix).toHaveLength(2);
  });

  it('broken in a way that nobody foresaw', async () => {
    const { find } = await examine({ ...healthy, devices: { ...healthy.devices, '/dev/uhid': 'EBUSY' } });
    expect(find('uhid')).toMatchObject({ status: 'fail', message: '/dev/uhid cannot be opened (EBUSY).' });
  });

  it('is no question on other systems', async () => {
    const { ok, checks, find } = await examine({ platform: 'darwin' });
    expect([ok, find('uhid')?.fix]).toEqual([false, ['fauxkey start --transport tcp:127.0.0.1:8112']]);
    expect(checks.map(({ id }) => id)).toEqual([
      'node',
      'lmdb',
      'node-hid',
      'keystore',
      'uhid',
      'tcp-8112',
      'udp-8111',
    ]);
  });
});

describe('the udev rule', () => {
  it('is missed on old systems', async () => {
    const { ok, find } = await examine(withFiles({}, /udev/));
    expect([ok, find('udev-rule')?.status]).toEqual([true, 'warn']);
    expect(find('udev-rule')?.fix).toEqual(['fauxkey doctor --fix']);
  });

  it('may be the one of the package', async () => {
    const own = readFileSync(systemHands().packaged('70-fauxkey.rules'), 'utf8');
    const { find } = await examine(withFiles({ '/etc/udev/rules.d/70-fauxkey.rules': own }, /udev/));
    expect(find('udev-rule')?.status).toBe('ok');
  });

  it.each([/60-fido/, /70-uaccess/])('needs both halves of those of systemd', async (without) => {
    expect((await examine(withFiles({}, without))).find('udev-rule')?.status).toBe('warn');
  });
});

describe('the device', () => {
  it('may not be there yet', async () => {
    const { ok, find } = await examine(withFiles({}, /hidraw3/));
    expect([ok, find('device')]).toEqual([
      true,
      expect.objectContaining({ status: 'warn', fix: ['fauxkey start'] }),
    ]);
  });

  it.each([
    ['EACCES', {}, 'sudo setfacl -m u:alice:rw /dev/hidraw3'],
    ['ENOENT', {}, "sudo udevadm trigger --sysname-match='hidraw3'"],
    ['ENOENT', { '/run/.containerenv': '' }, 'docker run --device /dev/hidraw3 …'],
  ])('may be out of reach: %s', async (code, files, command) => {
    const { ok, find } = await examine({
      ...withFiles(files),
      devices: { '/dev/uhid': 'ok', '/dev/hidraw3': code },
    });
    expect([ok, find('device-hidraw3')?.status, find('device-hidraw3')?.fix]).toEqual([
      false,
      'fail',
      [command],
    ]);
  });
});

describe('browsers', () => {
  const snap = {
    '/snap/firefox/current/x': '',
    '/usr/bin/firefox': '#!/bin/sh\nexec /snap/bin/firefox "$@"',
  };
  const snapRules = '/etc/udev/rules.d/70-snap.firefox.rules';

  it.each([
    ['not connected', {}, 'sudo snap connect firefox:u2f-devices'],
    [
      'of known makers only',
      { [snapRules]: '# u2f-devices\nATTRS{idVendor}=="1050"' },
      'sudo snap refresh --devmode firefox',
    ],
  ])('in a snap that is %s', async (_, files, command) => {
    const { ok, find } = await examine(withFiles({ ...snap, ...files }));
    expect([ok, find('snap-firefox')?.status]).toEqual([false, 'fail']);
    expect(find('snap-firefox')?.fix).toContain(command);
    const both = await examine(withFiles({ ...snap, ...files, '/usr/bin/chromium': 'binary' }));
    expect([both.ok, both.find('snap-firefox')?.status]).toEqual([true, 'warn']);
    expect(both.find('browser')?.message).toBe('Browsers without a sandbox around them: chromium.');
  });

  it('in a snap that knows all FIDO devices', async () => {
    const rules = '# u2f-devices\nENV{ID_FIDO_TOKEN}=="1", TAG+="snap_firefox_firefox"';
    const { ok, find } = await examine(withFiles({ ...snap, [snapRules]: rules }));
    expect([ok, find('snap-firefox')?.status, find('browser')]).toEqual([true, 'ok', undefined]);
  });

  it('that are links into a snap count as one', async () => {
    const { find } = await examine({
      ...withFiles({ ...snap, '/usr/bin/firefox': 'binary' }),
      links: { '/usr/bin/firefox': '/usr/bin/snap' },
    });
    expect(find('snap-firefox')?.status).toBe('fail');
  });

  it('in a flatpak', async () => {
    const app = '/home/alice/.local/share/flatpak/app/org.mozilla.firefox/current/active/metadata';
    const closed = await examine(withFiles({ [app]: '[Context]\ndevices=dri;\n' }, /bin.firefox/));
    expect([closed.ok, closed.find('flatpak-org.mozilla.firefox')?.fix]).toEqual([
      false,
      ['flatpak override --user --device=all org.mozilla.firefox'],
    ]);
    const open = await examine(withFiles({ [app]: '[Context]\ndevices=dri;all;\n' }, /bin.firefox/));
    expect([open.ok, open.find('flatpak-org.mozilla.firefox')?.status]).toEqual([true, 'ok']);
    const override = '/home/alice/.local/share/flatpak/overrides/org.mozilla.firefox';
    const mended = await examine(withFiles({ [app]: '', [override]: 'devices=all;' }, /bin.firefox/));
    expect(mended.ok).toBe(true);
  });

  it('may be missing', async () => {
    const { ok, find } = await examine(withFiles({}, /bin.firefox/));
    expect([ok, find('browser')?.status]).toEqual([true, 'warn']);
  });
});

describe('ports', () => {
  it('in use, perhaps by a key', async () => {
    const { ok, find } = await examine({
      ...healthy,
      ports: { 'tcp:8112': 'EADDRINUSE', 'udp:8111': 'EPERM' },
    });
    expect([ok, find('tcp-8112')]).toEqual([
      true,
      expect.objectContaining({
        status: 'warn',
        fix: ["ss -lnp --tcp 'sport = :8112'", 'fauxkey start --transport tcp:127.0.0.1:8122'],
      }),
    ]);
    expect(find('udp-8111')?.message).toBe('UDP port 8111 cannot be opened (EPERM).');
  });
});

describe('the keystore', () => {
  it('may not exist yet', async () => {
    const { find } = await examine(healthy, new FakeApp(new FakeKey([], 'other')));
    expect(find('keystore')).toMatchObject({
      status: 'ok',
      message: 'Key default will be made in /store at its first start.',
    });
  });

  it.each([
    ['passphrase', 'warn'],
    ['corrupt', 'fail'],
    ['io', 'fail'],
  ] as const)('may not open: %s', async (problem, status) => {
    const app = new FakeApp();
    app.failure = new KeystoreError(problem, 'It does not open.');
    expect((await examine(healthy, app)).find('keystore')).toMatchObject({
      status,
      message: 'It does not open.',
    });
  });

  it('may be open to others', async () => {
    const modes = { '/store/keystore.key': 0o640, '/store/data.mdb': 0o600 };
    const { find } = await examine({ ...healthy, modes });
    expect(find('keystore-modes')).toMatchObject({
      status: 'warn',
      fix: ["chmod 600 '/store/keystore.key'"],
    });
    expect((await examine({ platform: 'win32', modes })).find('keystore-modes')).toBeUndefined();
  });

  const sockets = '/run/user/1000/fauxkey';
  const exposed = (): FakeMachine => ({
    ...healthy,
    files: { ...healthy.files, '/store/data.mdb': '', '/store/key.log': '', [`${sockets}/a.sock`]: '' },
    modes: {
      '/store': 0o755,
      '/store/data.mdb': 0o644,
      '/store/key.log': 0o640,
      [sockets]: 0o755,
      [`${sockets}/a.sock`]: 0o666,
    },
  });

  it('may be open to others as a directory, with its logs and sockets', async () => {
    const { find } = await examine(exposed());
    expect(find('keystore-modes')?.fix).toEqual([
      "chmod 700 '/store'",
      "chmod 600 '/store/data.mdb' '/store/key.log'",
    ]);
    expect(find('socket-modes')).toMatchObject({
      status: 'warn',
      fix: [`chmod 700 '${sockets}'`, `chmod 600 '${sockets}/a.sock'`],
    });
  });

  it('keeps the mode of a directory that holds other things too', async () => {
    const open = exposed();
    const { find } = await examine({ ...open, files: { ...open.files, '/store/photo.jpg': '' } });
    expect(find('keystore-modes')?.fix).toEqual(["chmod 600 '/store/data.mdb' '/store/key.log'"]);
  });

  it('has nothing to hide before there is a store in it', async () => {
    const files = { '/store/README.md': '', '/store/.gitignore': '' };
    const { find } = await examine({ ...healthy, files, modes: { '/store': 0o755 } });
    expect(find('keystore-modes')).toBeUndefined();
  });

  it('is closed to others by --fix, as far as that is possible', async () => {
    const open = exposed();
    const { find } = await examine({ ...open, stubborn: [`${sockets}/a.sock`] }, new FakeApp(), true);
    expect(find('keystore-modes')).toMatchObject({ status: 'ok' });
    expect(find('socket-modes')).toMatchObject({ status: 'warn', fix: [`chmod 600 '${sockets}/a.sock'`] });
    expect(open.modes).toEqual({
      '/store': 0o700,
      '/store/data.mdb': 0o600,
      '/store/key.log': 0o600,
      [sockets]: 0o700,
      [`${sockets}/a.sock`]: 0o666,
    });
    const { find: again } = await examine({ ...open, stubborn: [] }, new FakeApp(), true);
    expect(again('keystore-modes')).toBeUndefined();
  });

  it('is closed again', async () => {
    const app = new FakeApp();
    await examine(healthy, app);
    expect(app.key.closed).toBe(1);
  });
});
