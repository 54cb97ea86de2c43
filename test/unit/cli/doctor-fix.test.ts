import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { doctor } from '../../../src/cli/commands/doctor.ts';
import type { Hands } from '../../../src/cli/doctor/hands.ts';
import { systemHands } from '../../../src/cli/doctor/system-hands.ts';
import { Interrupted } from '../../../src/cli/failure.ts';
import { healthy, machine, withFiles } from './doctor-machine.ts';
import type { FakeMachine } from './doctor-machine.ts';
import { execute, FakeApp, FakeIo } from './support.ts';

const rulePath = '/etc/udev/rules.d/70-fauxkey.rules';
const modulesPath = '/etc/modules-load.d/fauxkey.conf';
const packaged = {
  '/package/70-fauxkey.rules': readFileSync(systemHands().packaged('70-fauxkey.rules'), 'utf8'),
  '/package/fauxkey.conf': 'uhid\n',
};
/** What root has to run on a machine that has nothing yet. */
const all = [
  `install -D -m 0644 /package/70-fauxkey.rules ${rulePath}`,
  `install -D -m 0644 /package/fauxkey.conf ${modulesPath}`,
  'udevadm control --reload',
  'modprobe uhid',
  'udevadm trigger --subsystem-match=misc --sysname-match=uhid',
  'udevadm trigger --subsystem-match=hidraw',
  'udevadm settle --timeout=10',
];
const sudo = all.map((command) => `sudo ${command}`);

/** A machine whose users may not open /dev/uhid; with sudo. */
function forbidden(files: Record<string, string> = {}): FakeMachine {
  return {
    ...withFiles({ ...packaged, '/usr/bin/sudo': 'binary', ...files }),
    devices: { ...healthy.devices, '/dev/uhid': 'EACCES' },
  };
}

interface Wish {
  readonly tty?: boolean;
  readonly typed?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly isRoot?: boolean;
  /** Exit codes of commands that fail. */
  readonly failing?: Readonly<Record<string, number>>;
}

/** `doctor --fix` on a machine on which `install` and udev do what they should. */
async function fix(change: FakeMachine, wish: Wish = {}) {
  const io = new FakeIo({ tty: wish.tty ?? false });
  const cli = { io, app: new FakeApp(), version: '1', exitCode: 0 };
  const files = { ...change.files };
  const devices = { ...change.devices };
  const ran: string[] = [];
  const hands: Hands = {
    isRoot: wish.isRoot ?? false,
    packaged: (name) => `/package/${name}`,
    run: (command) => {
      ran.push(command.join(' '));
      const code = wish.failing?.[command.filter((word) => !/^(sudo|-n)$/.test(word))[0] ?? ''] ?? 0;
      const [from = '', to = ''] = command.slice(-2);
      if (code === 0 && command.includes('install')) files[to] = files[from] ?? '';
      if (code === 0 && command.includes('settle')) devices['/dev/uhid'] = 'ok';
      return Promise.resolve(code);
    },
  };
  const options = { key: 'default', fix: true, yes: wish.yes ?? false, json: wish.json ?? false };
  const done = doctor(cli, options, { probes: machine({ ...change, files, devices }), hands });
  done.catch(() => undefined);
  if (wish.typed !== undefined) await io.type(wish.typed);
  await done;
  return { ran, files, out: io.stdout.text, err: io.stderr.text, exitCode: cli.exitCode };
}

describe('doctor --fix on a terminal', () => {
  it('shows the commands, asks, and runs them through sudo', async () => {
    const { ran, out, err, exitCode, files } = await fix(forbidden(), { tty: true, typed: 'y\r' });
    expect(ran).toEqual(sudo);
    for (const command of sudo) expect(err).toContain(`    ${command}\n`);
    expect(err).toContain('Run these commands? [y/N]');
    expect(out).toMatch(/^The udev rule is installed/);
    // The checks are those of the machine as it is now.
    expect(out).toContain('✓ This user can make HID devices');
    expect(exitCode).toBe(0);
    expect(files[rulePath]).toBe(packaged['/package/70-fauxkey.rules']);
  });

  it.each(['\r', 'n\r', 'no\r'])('does nothing after %j', async (typed) => {
    const { ran, out, exitCode } = await fix(forbidden(), { tty: true, typed });
    expect(ran).toEqual([]);
    expect(out).toMatch(/^Nothing was installed.\n/);
    expect(exitCode).toBe(1);
  });

  it('does nothing after Ctrl-C', async () => {
    await expect(fix(forbidden(), { tty: true, typed: '\u0003' })).rejects.toBeInstanceOf(Interrupted);
  });

  it('needs no sudo as root', async () => {
    const { ran } = await fix(forbidden(), { tty: true, typed: 'y\r', isRoot: true });
    expect(ran).toEqual(all);
  });
});

describe('doctor --fix in a script', () => {
  it('does nothing without --yes, and says what to run', async () => {
    const { ran, out, err, exitCode } = await fix(forbidden());
    expect([ran, err, exitCode]).toEqual([[], '', 1]);
    expect(out).toMatch(/^Nothing was installed, since nobody can be asked here. Add --yes, or run:\n/);
    for (const command of sudo) expect(out).toContain(`    $ ${command}\n`);
  });

  it('with --yes asks nobody, also not for a password', async () => {
    const { ran, err } = await fix(forbidden(), { yes: true });
    expect(ran).toEqual(all.map((command) => `sudo -n ${command}`));
    expect(err).toBe('');
  });

  it('tells in JSON what it did', async () => {
    const { out } = await fix(forbidden(), { yes: true, json: true, isRoot: true });
    const told = JSON.parse(out) as { ok: boolean; installation: unknown };
    expect(told.ok).toBe(true);
    expect(told.installation).toEqual({ outcome: 'installed', commands: all });
  });

  it('without sudo says what root has to run', async () => {
    const change = { ...forbidden(), ...withFiles(packaged), devices: forbidden().devices ?? {} };
    const { ran, out } = await fix(change, { yes: true });
    expect(ran).toEqual([]);
    expect(out).toMatch(/^Nothing was installed, since there is no sudo here. As root, run:\n/);
    expect(out).toContain(`    $ ${all[0] ?? ''}\n`);
  });

  it('stops at a command that fails, and says what is left', async () => {
    const wish = { yes: true, isRoot: true, failing: { modprobe: 1 } };
    const { ran, out, exitCode } = await fix(forbidden(), wish);
    expect(ran).toEqual(all.slice(0, 4));
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^The installation stopped at a command that failed/);
    expect(out).not.toContain('install -D');
    for (const command of all.slice(3)) expect(out).toContain(`    $ ${command}\n`);
  });

  it('takes --yes for a mistake without --fix', async () => {
    const { code, err } = await execute('doctor --yes');
    expect(code).toBe(2);
    expect(err).toContain('--fix');
  });
});

describe('what is installed', () => {
  it('is nothing on a machine where all is well', async () => {
    const well = withFiles({ ...packaged, '/etc/udev/rules.d/70-mine.rules': 'KERNEL=="uhid", MODE="0666"' });
    expect((await fix(well, { yes: true })).ran).toEqual([]);
    expect((await fix(well, { yes: true, isRoot: true })).ran).toEqual([]);
  });

  it('is the rule for the others where root is asked, who may open everything', async () => {
    expect((await fix(withFiles(packaged), { yes: true })).ran).toEqual([]);
    expect((await fix(withFiles(packaged), { yes: true, isRoot: true })).ran).toEqual(all);
  });

  it('is only what is not there yet', async () => {
    const files = { [rulePath]: packaged['/package/70-fauxkey.rules'], [modulesPath]: 'uhid\n' };
    expect((await fix(forbidden(files), { yes: true, isRoot: true })).ran).toEqual(all.slice(2));
    const old = { ...files, [rulePath]: '# of an older version\n' };
    expect((await fix(forbidden(old), { yes: true, isRoot: true })).ran).toEqual([all[0], ...all.slice(2)]);
  });

  it('needs no module where the kernel has it built in', async () => {
    const builtin = { '/lib/modules/6.1.0/modules.builtin': 'kernel/drivers/hid/uhid.ko\n' };
    expect((await fix(forbidden(builtin), { yes: true, isRoot: true })).ran).not.toContain('modprobe uhid');
  });

  it.each([
    ['in a container, whose devices come from elsewhere', { '/.dockerenv': '' }],
    ['for a kernel without the module', { '/lib/modules/6.1.0/modules.dep': 'kernel/x.ko:' }],
  ])('is nothing %s', async (_, files) => {
    const change = forbidden(files);
    const { ran, out } = await fix({ ...change, devices: {} }, { yes: true, isRoot: true });
    expect(ran).toEqual([]);
    expect(out).not.toContain('installed');
  });

  it('is nothing on other systems', async () => {
    expect((await fix({ ...forbidden(), platform: 'darwin' }, { yes: true })).ran).toEqual([]);
  });
});

describe('the hands of this machine', () => {
  it('run a program, and tell of one that fails or is missing', async () => {
    const hands = systemHands();
    const node = (code: string) => [process.execPath, '-e', code];
    expect(await hands.run(node('process.exit(0)'))).toBe(0);
    expect(await hands.run(node('process.exit(3)'))).toBe(3);
    expect(await hands.run(node('process.kill(process.pid, "SIGKILL")'))).toBe(1);
    expect(await hands.run(['/nowhere/to-be-found'])).toBe(127);
  });
});
