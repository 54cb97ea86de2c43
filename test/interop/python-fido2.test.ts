import { afterEach, describe, expect, it } from 'vitest';
import { createKey, type CreateKeyOptions, type Key } from '../../src/app/create-key.ts';
import { play as playIn, pythonCan } from './play.ts';

const installed = pythonCan('import fido2.ctap2.extensions');
if (!installed) console.warn('skipped: python-fido2 is not here; FAUXKEY_PYTHON names a Python that has it');

const play = (key: Key, scenario: string): Promise<unknown> => playIn('python-fido2', key, scenario);

describe.skipIf(!installed)('python-fido2', () => {
  let key: Key | undefined;
  afterEach(async () => key?.close());

  const fresh = (options: CreateKeyOptions = {}): Key => (key = createKey(options));

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
    expect(await play(fresh({ profile: 'fingerprint' }), 'fingerprints')).toEqual({
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
