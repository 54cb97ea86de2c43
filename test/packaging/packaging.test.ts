import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const folder = join(import.meta.dirname, '..', '..', 'packaging');

/** Lines that are no comments, with those that a backslash goes on put together. */
function linesOf(name: string): string[] {
  const text = readFileSync(join(folder, name), 'utf8').replaceAll('\\\n', '');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

function works(program: string, ...words: readonly string[]): boolean {
  return spawnSync(program, words, { stdio: 'ignore' }).status === 0;
}

describe('the udev rule', () => {
  const rules = linesOf('70-fauxkey.rules');

  // man 7 udev: a comma separated list of KEY, KEY{attribute}, an operator, and a quoted value.
  it('is made of matches and assignments alone', () => {
    const term = /^[A-Z]+(?:\{\w+\})?(?:==|!=|=|\+=|-=|:=)"[^"]*"$/;
    expect(rules).toHaveLength(3);
    for (const rule of rules) {
      const terms = rule.split(/, /);
      for (const each of terms) expect(each).toMatch(term);
      expect(terms).toContain('TAG+="uaccess"');
    }
  });

  it('gives no device to everybody, to a group, or by a program', () => {
    expect(rules.join('\n')).not.toMatch(/MODE|GROUP|OWNER|RUN|PROGRAM|IMPORT/);
  });

  it('matches one device node and FIDO devices, not whatever comes over uhid', () => {
    const [node, uhid, usb] = rules;
    expect(node).toMatch(/^KERNEL=="uhid", SUBSYSTEM=="misc"/);
    expect(uhid).toContain('KERNELS=="0003:*"');
    expect(usb).toContain('ATTRS{idVendor}=="f1d0", ATTRS{idProduct}=="fa0c"');
  });

  // systemd has that since 254.
  it.skipIf(!works('udevadm', 'verify', '--help'))('is right for udevadm verify', () => {
    const { status, stderr } = spawnSync('udevadm', ['verify', join(folder, '70-fauxkey.rules')], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe('the list of modules', () => {
  it('names uhid', () => {
    expect(linesOf('fauxkey.conf')).toEqual(['uhid']);
  });
});

describe('the systemd user unit', () => {
  const unit = linesOf('fauxkey.service');

  it('asks before the key does anything, and keeps the token out of the journal', () => {
    const start = unit.find((line) => line.startsWith('ExecStart='));
    expect(start).toMatch(/ --consent ask --control$/);
    expect(unit).toContain('StandardOutput=null');
    expect(unit).toContain('UMask=0077');
  });

  it.skipIf(!works('systemd-analyze', '--version'))('is right for systemd-analyze verify', () => {
    const runtime = mkdtempSync(join(tmpdir(), 'fauxkey-unit-'));
    onTestFinished(() => rmSync(runtime, { recursive: true, force: true }));
    const words = ['--user', 'verify', join(folder, 'fauxkey.service')];
    const { status, stderr } = spawnSync('systemd-analyze', words, {
      encoding: 'utf8',
      env: { ...process.env, XDG_RUNTIME_DIR: runtime },
    });
    expect([status, stderr]).toEqual([0, '']);
  });
});
