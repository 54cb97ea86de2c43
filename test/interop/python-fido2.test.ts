import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createKey, type Key } from '../../src/app/create-key.ts';
import { findPreset } from '../../src/authenticator/presets.ts';

const scripts = join(import.meta.dirname, 'python-fido2');
const python = process.env['FAUXKEY_PYTHON'] ?? 'python3';
const installed = spawnSync(python, ['-c', 'import fido2.ctap2.extensions']).status === 0;

/** Plays a scenario on a fresh key and gives what python-fido2 saw. */
async function play(key: Key, scenario: string): Promise<unknown> {
  const { address } = await key.attach('tcp:127.0.0.1:0');
  const port = address.slice(address.lastIndexOf(':') + 1);
  const child = spawn(python, [join(scripts, 'scenarios.py'), scenario, port], { cwd: scripts });
  let [printed, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(errors);
  return JSON.parse(printed);
}

describe.skipIf(!installed)('python-fido2', () => {
  let key: Key | undefined;
  afterEach(async () => key?.close());

  const fresh = (): Key => (key = createKey());

  it('registers and signs in, with and without PIN, accounts newest first', async () => {
    expect(await play(fresh(), 'ceremonies')).toEqual({
      users: ['second', 'first'],
      counters: [1, 1],
      uv: [false, true, true],
    });
  });

  it('sets, mistypes and changes a PIN under both protocols', async () => {
    expect(await play(fresh(), 'pin')).toEqual({ one: 'PIN_INVALID', two: 'PIN_INVALID', retries: 8 });
  });

  it('manages discoverable credentials', async () => {
    expect(await play(fresh(), 'credential_management')).toEqual({
      rp: 'example.com',
      existing: 2,
      left: ['renamed'],
    });
  });

  it('evaluates prf', async () => {
    expect(await play(fresh(), 'prf')).toEqual({
      enabled: true,
      lengths: [32, 32],
      repeats: true,
      differs: true,
    });
  });

  it('writes and reads large blobs', async () => {
    expect(await play(fresh(), 'large_blobs')).toEqual({
      supported: true,
      written: true,
      read: 'hello blob',
      long: true,
      entries: 2,
    });
  });

  it('stores a credBlob and honours credProtect', async () => {
    expect(await play(fresh(), 'cred_blob')).toEqual({
      signed: { credBlob: true, credProtect: 3 },
      resident: true,
      blob: 'small',
    });
  });

  it('configures the key', async () => {
    expect(await play(fresh(), 'config')).toEqual({
      options: { ep: true, alwaysUv: true, makeCredUvNotRqd: false },
      versions: ['FIDO_2_0', 'FIDO_2_1', 'FIDO_2_3'],
      minPinLength: 9,
      forcePinChange: true,
    });
  });

  it('enrols a finger and is verified by it', async () => {
    key = createKey({ profile: findPreset('fingerprint')?.profile ?? {} });
    expect(await play(key, 'fingerprints')).toEqual({
      samples: 4,
      names: ['thumb'],
      uv: true,
      verified: true,
    });
  });

  it('speaks U2F', async () => {
    expect(await play(fresh(), 'u2f')).toEqual({ version: 'U2F_V2', counters: [1, 2], foreign: '0x6a80' });
  });

  it('resets the key', async () => {
    expect(await play(fresh(), 'reset')).toEqual({ clientPin: false, remaining: 1000 });
  });
});
