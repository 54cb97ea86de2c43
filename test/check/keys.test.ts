import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../src/app/profile-file.ts';
import type { ProfileSettings } from '../../src/app/profile-settings.ts';
import { checkGroups, selectChecks } from '../../src/check/groups.ts';
import { utf8Bytes } from '../../src/ctap/bytes.ts';
import { createIdleClock, crypto, listOf, table } from './table.ts';

/** largeBlob as CTAP 2.3 has it, which excludes the array that other keys keep blobs in. */
const blobsWithCredentials = parseProfile({
  extensions: ['credProtect', 'hmac-secret', 'minPinLength', 'largeBlob'],
  largeBlobArray: null,
  maxCredBlobLength: null,
  largeBlobExtension: { capacity: 1024 },
  algorithms: [-7],
});

/** Keys that conform: nothing may be found, and what is left out is left out for a reason. */
describe('a key that conforms', () => {
  it('passes, also what changes it, and is empty at the end', async () => {
    const { key, run } = table({ profile: { algorithms: [-7, -8] } });
    const report = await run([], { destructive: true });
    expect(listOf(report, 'failed')).toEqual([]);
    expect(report.results.length).toBeGreaterThan(220);
    expect(report.results.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(210);
    expect([...key.keystore.all()]).toEqual([]);
    expect(key.keystore.state().pin).toBeUndefined();
  });

  it.each([
    ['ctap2.0', /fingerprints\.sensor: The key has no fingerprint reader/],
    ['u2f', /registration\.works: The key wants a PIN to register|does not speak CTAP2/],
    ['no-pin', /pin\.retries: The key knows no PIN/],
    ['uv-required', /u2f\.version: The key does not speak U2F/],
    ['fingerprint', /registration\.uv-impossible: The key verifies its user by itself/],
    ['small-storage', /registration\.unverified: The key registers without verifying/],
  ])('of the kind %s has nothing to be found either', async (profile, leftOut) => {
    const { run } = table({ profile: { extends: profile, algorithms: [-7] } });
    const report = await run([], { destructive: true });
    expect(listOf(report, 'failed')).toEqual([]);
    expect(listOf(report, 'skipped').join('\n')).toMatch(leftOut);
  });

  it.each<readonly [string, number, ProfileSettings]>([
    ['fingerprints', 8, { extends: 'fingerprint', algorithms: [-7] }],
    ['large-blob-extension', 4, { ...blobsWithCredentials, algorithms: [-7] }],
  ])('with what the group %s is about passes %i checks of it', async (group, count, profile) => {
    const { run } = table({ profile });
    const report = await run([group], { destructive: true });
    expect(listOf(report, 'failed')).toEqual([]);
    expect(report.results.filter(({ outcome }) => outcome === 'passed')).toHaveLength(count);
  });

  it('whose user takes a while is waited for, cancelled and not disturbed', async () => {
    const clock = createIdleClock();
    const { run } = table({
      clock,
      consent: (_question, signal) =>
        new Promise((resolve) => {
          const stop = clock.after(1000, () => resolve({ outcome: 'approved' }));
          signal.addEventListener('abort', () => {
            stop();
            resolve({ outcome: 'cancelled' });
          });
        }),
    });
    let touches = 0;
    const person = { touch: () => (touches += 1), canReplug: false, replug: () => Promise.resolve(false) };
    const report = await run(['waiting'], { person });
    expect(report.results.map(({ outcome }) => outcome)).toEqual(Array(5).fill('passed'));
    expect(touches).toBe(5);
  });
});

describe('a key that somebody uses', () => {
  it('keeps everything that is on it, unless that is allowed to go', async () => {
    const { key, run } = table({ profile: { algorithms: [-7] } });
    const before = JSON.stringify([key.keystore.state().pin, key.keystore.countDiscoverable()]);
    const report = await run();
    expect(listOf(report, 'failed')).toEqual([]);
    expect(JSON.stringify([key.keystore.state().pin, key.keystore.countDiscoverable()])).toBe(before);
    const changing = report.results.filter(({ check }) => check.destructive);
    expect(changing.length).toBeGreaterThan(30);
    expect(
      changing.every(({ outcome, reason }) => outcome === 'skipped' && /--destructive/.test(reason ?? '')),
    ).toBe(true);
  });

  it('is checked with its PIN', async () => {
    const { key, run } = table({ profile: { algorithms: [-7] } });
    const hash = crypto.sha256(utf8Bytes('1234')).slice(0, 16);
    await key.keystore.updateState({ pin: { hash, codePoints: 4 } });
    const without = await run(['tokens', 'registration.works']);
    expect(listOf(without, 'skipped').join('\n')).toContain('tokens.protocol-2: No PIN is known');
    const report = await run(['registration', 'sign-in', 'tokens', 'extensions', 'pin'], { pin: '1234' });
    expect(listOf(report, 'failed')).toEqual([]);
    expect(report.results.find(({ check }) => check.id === 'tokens.protocol-2')?.outcome).toBe('passed');
  });

  it('is told about when it could not be reset at the end', async () => {
    const { run } = table({ profile: { algorithms: [-7] } });
    const person = { touch: () => undefined, canReplug: true, replug: () => Promise.resolve(false) };
    const report = await run(['pin.set'], { destructive: true, person });
    expect(report.results.map(({ outcome }) => outcome)).toEqual(['passed']);
    expect(report.note).toBe(
      'The key could not be reset at the end: the key was not unplugged. Its PIN is q7-Check-93.',
    );
  });

  it('is not asked for what nobody can do', async () => {
    const { run } = table();
    const person = { touch: () => undefined, canReplug: false, replug: () => Promise.resolve(false) };
    const report = await run(['pin', 'reset'], { destructive: true, person });
    expect(listOf(report, 'failed')).toEqual([]);
    expect(listOf(report, 'skipped')).toContain(
      'reset.wipes: Nobody is there to unplug the key and plug it in again.',
    );
  });
});

describe('the catalogue of checks', () => {
  const checks = checkGroups.flatMap((group) => group.checks.map((check) => ({ check, group })));

  it('names each once, by its group, with a section and a sentence', () => {
    const ids = checks.map(({ check }) => check.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { check, group } of checks) {
      expect(check.id).toMatch(new RegExp(`^${group.id}\\.[a-z0-9-]+$`));
      expect(check.section).toMatch(/§/);
      expect(check.title).toMatch(/^[A-Za-z].*[^.]$/);
    }
  });

  it('finds groups and single checks by their ids', () => {
    const found = selectChecks(['info', 'sign-in.counter']);
    expect(found.map(({ id }) => id)).toEqual(['info', 'sign-in']);
    expect(found[1]?.checks.map(({ id }) => id)).toEqual(['sign-in.counter']);
    expect(selectChecks(['inf'])).toEqual([]);
  });
});
