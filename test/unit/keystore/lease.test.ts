import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath, pid, platform } from 'node:process';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ProcessTable } from '../../../src/keystore/lease.ts';
import { hostProcesses } from '../../../src/keystore/lease.ts';
import type { KeystoreDirectory } from '../../../src/keystore/lmdb.ts';
import type { TestDirectory } from './fixtures.ts';
import { makeTestDirectory } from './fixtures.ts';
import { openStore } from './store-files.ts';

/** Processes that a test starts and ends. */
class FakeProcesses {
  readonly #starts = new Map<number, string>();

  start(process: number, at: string): ProcessTable {
    this.#starts.set(process, at);
    return { ownPid: process, startOf: (other) => this.#starts.get(other) };
  }

  end(process: number): void {
    this.#starts.delete(process);
  }
}

let place: TestDirectory;
let processes: FakeProcesses;
let first: KeystoreDirectory;
let second: KeystoreDirectory;
beforeEach(async () => {
  place = makeTestDirectory();
  processes = new FakeProcesses();
  first = await openStore(place.path, { processes: processes.start(100, 'monday') });
  second = await openStore(place.path, { processes: processes.start(200, 'tuesday') });
  await first.open('main');
});
afterEach(async () => {
  await first.close();
  await second.close();
  place.remove();
});

const locked = expect.objectContaining({ name: 'KeystoreError', problem: 'locked' }) as unknown;

describe('leases', () => {
  it('lets one process run a key, and tells the other who that is', async () => {
    const lease = await first.acquireLease('main', { control: '/run/control.sock', addresses: ['uhid'] });
    expect(second.currentLease('main')).toEqual({
      pid: 100,
      since: Date.UTC(2026, 0, 1),
      control: '/run/control.sock',
      addresses: ['uhid'],
    });
    await expect(second.acquireLease('main')).rejects.toThrow(locked);
    await expect(second.acquireLease('main')).rejects.toThrow(
      'The key "main" is run by process 100 since 2026-01-01T00:00:00.000Z; end that one first, or use another key.',
    );
    await expect(second.remove('main')).rejects.toThrow(locked);
    await lease.release();
    expect(second.currentLease('main')).toBeUndefined();
    await second.acquireLease('main');
  });

  it('refuses a second lease to the same process too', async () => {
    await first.acquireLease('main');
    await expect(first.acquireLease('main')).rejects.toThrow(locked);
  });

  it('gives one of two that ask at the same time', async () => {
    const results = await Promise.allSettled([first.acquireLease('main'), second.acquireLease('main')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('leases each key by itself', async () => {
    await second.open('other');
    await first.acquireLease('main');
    await second.acquireLease('other');
    expect(first.currentLease('other')?.pid).toBe(200);
  });

  it('takes over from a process that died without a word', async () => {
    await first.acquireLease('main');
    processes.end(100);
    expect(second.currentLease('main')).toBeUndefined();
    await second.acquireLease('main');
    expect(second.currentLease('main')?.pid).toBe(200);
  });

  it('is not fooled by another process with the number of a dead one', async () => {
    await first.acquireLease('main');
    processes.start(100, 'wednesday');
    expect(second.currentLease('main')).toBeUndefined();
    await second.acquireLease('main');
  });

  it('does not give back or change what another process has taken over', async () => {
    const lease = await first.acquireLease('main');
    processes.end(100);
    await second.acquireLease('main');
    await lease.release();
    await lease.update({ addresses: ['stolen'] });
    expect(second.currentLease('main')).toEqual({ pid: 200, since: Date.UTC(2026, 0, 1) });
  });

  it('tells what becomes known later', async () => {
    const lease = await first.acquireLease('main', { control: 'c' });
    await lease.update({ addresses: ['tcp:127.0.0.1:1'] });
    expect(second.currentLease('main')).toMatchObject({ control: 'c', addresses: ['tcp:127.0.0.1:1'] });
    await lease.release();
    await lease.release();
    expect(second.currentLease('main')).toBeUndefined();
  });

  it('knows no lease of a key that is not there', async () => {
    expect(first.currentLease('none')).toBeUndefined();
    await expect(first.acquireLease('none')).rejects.toMatchObject({ problem: 'no-such-key' });
  });

  it('does not count as a change of the key', async () => {
    const keystore = await second.open('main');
    const before = keystore.generation;
    await (await first.acquireLease('main')).release();
    expect(keystore.generation).toBe(before);
  });
});

describe('the processes of this machine', () => {
  it('knows this one, and no dead one', async () => {
    expect(hostProcesses.ownPid).toBe(pid);
    expect(hostProcesses.startOf(pid)).toBe(hostProcesses.startOf(pid));
    const child = spawn(execPath, ['-e', '']);
    await once(child, 'exit');
    expect(hostProcesses.startOf(child.pid ?? 0)).toBeUndefined();
  });

  it.runIf(platform === 'linux')('tells processes apart by their start', async () => {
    const child = spawn(execPath, ['-e', 'process.stdin.resume()']);
    await once(child, 'spawn');
    const started = hostProcesses.startOf(child.pid ?? 0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(started).toMatch(/^[0-9a-f-]{36} \d+$/);
    expect(started).not.toBe(hostProcesses.startOf(pid));
  });
});
