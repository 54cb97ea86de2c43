import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKey, type CreateKeyOptions, type Key } from '../../src/app/create-key.ts';
import { defaultProfile } from '../../src/authenticator/default-profile.ts';
import { pythonCan, startPlayer, type Player } from './play.ts';

const installed = pythonCan('import ctypes; ctypes.CDLL("libfido2.so.1")');
if (!installed) console.warn('skipped: libfido2.so.1 is not here, or no python3 to load it');

const enrolments = { good: 0x00, tooFast: 0x05 } as const;

describe.skipIf(!installed)("libfido2's library", () => {
  let player: Player;
  beforeAll(() => void (player = startPlayer('libfido2')));
  afterAll(() => player.stop());

  const keys: Key[] = [];
  afterEach(() => Promise.all(keys.splice(0).map((key) => key.close())));

  const on = (options: CreateKeyOptions, scenario: string): Promise<unknown> => {
    const key = createKey(options);
    keys.push(key);
    return player.play(key, scenario);
  };

  it('reads getInfo', async () => {
    const profile = { certifications: { FIDO: 3, 'CC-EAL': 5 }, firmwareVersion: 0x0203 };
    expect(await on({ profile }, 'info')).toEqual({
      versions: ['U2F_V2', 'FIDO_2_0', 'FIDO_2_1', 'FIDO_2_3'],
      extensions: [...defaultProfile.extensions],
      transports: ['usb'],
      aaguid: '0177465757ce481cb33f57b5cd399558',
      protocols: [2, 1],
      algorithms: [-7, -8, -257],
      certifications: { FIDO: 3, 'CC-EAL': 5 },
      numbers: {
        maxmsgsiz: 1800,
        maxcredcntlst: 8,
        maxcredidlen: 128,
        maxcredbloblen: 64,
        maxlargeblob: 4096,
        minpinlen: 4,
        maxrpid_minpinlen: 8,
        rk_remaining: 1000,
        fwversion: 0x0203,
      },
      clientPin: false,
      fido2: true,
    });
  });

  it.each([
    ['two', {}],
    ['one', { profile: 'ctap2.0' }],
  ] as const)('sets, mistypes and changes a PIN under protocol %s', async (_protocol, options) => {
    expect(await on(options, 'pin')).toEqual({
      short: 'FIDO_ERR_PIN_POLICY_VIOLATION',
      again: 'FIDO_ERR_PIN_AUTH_INVALID',
      wrong: 'FIDO_ERR_PIN_INVALID',
      left: 7,
      right: 'FIDO_ERR_SUCCESS',
      restored: 8,
      old: 'FIDO_ERR_PIN_INVALID',
      new: 'FIDO_ERR_SUCCESS',
      row: [
        'FIDO_ERR_PIN_INVALID',
        'FIDO_ERR_PIN_INVALID',
        'FIDO_ERR_PIN_AUTH_BLOCKED',
        'FIDO_ERR_PIN_AUTH_BLOCKED',
      ],
    });
  });

  it('registers and signs in with ES256, EdDSA, ES384 and RS256, all of which it verifies', async () => {
    const verified = { fmt: 'packed', uv: [true, false], counter: 2 };
    expect(await on({ profile: { algorithms: [-7, -8, -257, -35] } }, 'algorithms')).toEqual({
      es256: verified,
      eddsa: verified,
      es384: verified,
      rs256: verified,
    });
  });

  it('verifies attestation by a certificate', async () => {
    expect(await on({ profile: 'enterprise' }, 'certificates')).toEqual({
      fmt: 'packed',
      x5c: true,
      aaguid: '0177465757ce481cb33f57b5cd399558',
    });
  });

  it.each([
    ['two', {}],
    ['one', { profile: 'ctap2.0' }],
  ] as const)('gets secrets by hmac-secret under protocol %s', async (_protocol, options) => {
    expect(await on(options, 'hmac_secret')).toEqual({
      lengths: [32, 64],
      same: true,
      verificationMatters: true,
    });
  });

  it('manages discoverable credentials', async () => {
    expect(await on({}, 'credential_management')).toEqual({
      existing: 3,
      remaining: 997,
      sites: ['example.com'],
      before: ['cat', 'bob', 'ann'],
      after: ['cat', 'anna'],
      twice: 'FIDO_ERR_NO_CREDENTIALS',
      wrongPin: 'FIDO_ERR_PIN_INVALID',
    });
  });

  it('gets all accounts of a site, newest first', async () => {
    expect(await on({}, 'discoverable')).toEqual(['bob', 'ann']);
  });

  it('writes, replaces, reads, removes and trims large blobs', async () => {
    expect(await on({}, 'large_blobs')).toEqual({
      sameKey: true,
      fresh: '80',
      long: true,
      short: 'written in place of the other one',
      entries: 2,
      left: 1,
      lost: 'FIDO_ERR_NOTFOUND',
      trimmed: '80',
      full: 'FIDO_ERR_LARGEBLOB_STORAGE_FULL',
      withoutPin: 'FIDO_ERR_PIN_REQUIRED',
    });
  });

  it('enrols fingers, good sample or not, names and removes them, and is verified by one', async () => {
    const samples = ['too-fast', 'good', 'good', 'good', 'good'] as const;
    let taken = 0;
    const consent: CreateKeyOptions['consent'] = ({ purpose }) =>
      purpose === 'enroll-fingerprint'
        ? { outcome: 'approved', sample: samples[taken++] ?? 'good' }
        : { outcome: 'approved' };
    const { good, tooFast } = enrolments;
    expect(await on({ profile: 'fingerprint', consent }, 'bio_enrolment')).toEqual({
      sensor: [1, 4],
      statuses: [tooFast, good, good, good, good],
      both: ['thumb', ''],
      left: ['thumb'],
      uv: true,
      verified: true,
      uvRetries: 5,
      gone: 'FIDO_ERR_INVALID_OPTION',
    });
  });

  it('configures the key: alwaysUv both ways, enterprise attestation, PIN lengths, a forced change', async () => {
    expect(await on({}, 'config')).toEqual({
      ep: true,
      alwaysUv: [true, false],
      refused: 'FIDO_ERR_PIN_REQUIRED',
      minPinLength: 6,
      lower: 'FIDO_ERR_PIN_POLICY_VIOLATION',
      told: 6,
      forced: [true, false],
      used: 'FIDO_ERR_PIN_POLICY_VIOLATION',
      same: 'FIDO_ERR_PIN_POLICY_VIOLATION',
    });
  });

  it('stores a credBlob, and credProtect hides the credential from who does not verify', async () => {
    expect(await on({}, 'protection')).toEqual({
      level: 3,
      blob: 'thirty bytes of anything',
      withoutPin: 'FIDO_ERR_NO_CREDENTIALS',
      excluded: 'FIDO_ERR_CREDENTIAL_EXCLUDED',
    });
  });

  it('finds the key that is touched', async () => {
    expect(await on({}, 'touch')).toBe(1);
  });

  it('signs in over U2F with what it made over CTAP2', async () => {
    expect(await on({}, 'u2f')).toEqual({ fmt: 'fido-u2f', counter: 1 });
  });

  it('resets the key, and is refused over a transport that is not for that', async () => {
    expect(await on({}, 'reset')).toEqual({ clientPin: false, remaining: 1000 });
    const profile = { transports: ['usb', 'nfc'], transportsForReset: ['nfc'] } as const;
    await expect(on({ profile }, 'reset')).rejects.toThrow('fido_dev_reset: FIDO_ERR_OPERATION_DENIED');
  });
});
