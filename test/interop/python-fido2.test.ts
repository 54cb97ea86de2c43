import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKey, type CreateKeyOptions, type Key } from '../../src/app/create-key.ts';
import type { AttestationDocument } from '../../src/app/api-admin.ts';
import { describeAttestation } from '../../src/app/attestation-admin.ts';
import { defaultProfile } from '../../src/authenticator/default-profile.ts';
import { algorithmName } from '../../src/cose/algorithm.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { pythonCan, startPlayer, type Player } from './play.ts';

const installed = pythonCan('import fido2.ctap2.extensions');
if (!installed) console.warn('skipped: python-fido2 is not here; FAUXKEY_PYTHON names a Python that has it');

/** The certificates and the metadata statement that `fauxkey attestation` prints for a key. */
function attestationOf({ keystore, profile }: Key): Promise<AttestationDocument> {
  return describeAttestation(keystore, createNodeCrypto(), profile, { name: 'test', changed: true, profile });
}

describe.skipIf(!installed)('python-fido2', () => {
  let player: Player;
  beforeAll(() => void (player = startPlayer('python-fido2')));
  afterAll(() => player.stop());

  const play: Player['play'] = (...scenario) => player.play(...scenario);
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

  it('reads every member of getInfo, the encrypted ones with the persistent token', async () => {
    const options: CreateKeyOptions = {
      profile: {
        extends: 'fingerprint',
        certifications: { FIDO: 2 },
        transportsForReset: ['usb'],
        vendorConfigCommands: [7],
        pinComplexity: { enforced: false, url: 'https://key.example/pin' },
      },
    };
    const read = (await play(fresh(options), 'information')) as { readonly members: object };
    expect(read).toMatchObject({ identifier: [16, true], store: [16, false], fresh: true });
    expect(read.members).toEqual({
      versions: ['U2F_V2', 'FIDO_2_0', 'FIDO_2_1', 'FIDO_2_3'],
      extensions: [...defaultProfile.extensions],
      max_msg_size: 1800,
      pin_uv_protocols: [2, 1],
      max_creds_in_list: 8,
      max_cred_id_length: 128,
      transports: ['usb'],
      algorithms: [-7, -8, -257].map((alg) => ({ alg, type: 'public-key' })),
      max_large_blob: 4096,
      force_pin_change: false,
      min_pin_length: 4,
      firmware_version: 0x0100,
      max_cred_blob_length: 64,
      max_rpids_for_min_pin: 8,
      preferred_platform_uv_attempts: 3,
      uv_modality: 2,
      certifications: { FIDO: 2 },
      remaining_disc_creds: 1000,
      vendor_prototype_config_commands: [7],
      attestation_formats: ['packed'],
      uv_count_since_pin: 0,
      long_touch_for_reset: false,
      transports_for_reset: ['usb'],
      pin_complexity_policy: false,
      pin_complexity_policy_url: 'https://key.example/pin',
      max_pin_length: 63,
      authenticator_config_commands: [1, 2, 3, 4, 255],
    });
  });

  it('lists credentials with a persistent token, which deletes nothing', async () => {
    expect(await play(fresh(), 'read_only_management')).toEqual({
      rp: 'example.com',
      user: 'only',
      deleted: 'PIN_AUTH_INVALID',
      same: true,
    });
  });

  it('evaluates prf when it creates, and hmac-secret', async () => {
    expect(await play(fresh(), 'prf_at_creation')).toEqual({ same: true, lengths: [32, 32] });
  });

  it('learns PIN policies where it may, and of payments', async () => {
    expect(await play(fresh(), 'policies')).toEqual({
      before: null,
      after: { minPinLength: 6, pinComplexityPolicy: true },
      payment: { thirdPartyPayment: true },
      simple: 'PIN_POLICY_VIOLATION',
      forced: true,
    });
  });

  it('gives an enrolment up, renames a finger and removes the only one', async () => {
    const samples = ['too-fast', 'off', 'too-left'] as const;
    let asked = 0;
    const consent: CreateKeyOptions['consent'] = ({ purpose }) => {
      const sample = purpose === 'enroll-fingerprint' ? samples[asked++ - 1] : undefined;
      return { outcome: 'approved', ...(sample !== undefined && sample !== 'off' && { sample }) };
    };
    expect(await play(fresh({ profile: 'fingerprint', consent }), 'more_fingerprints')).toEqual({
      modality: 1,
      sensor: [1, 4, 64],
      givenUp: 0,
      failures: ['FP_TOO_FAST', 'FP_TOO_LEFT'],
      names: ['ring finger'],
      left: 0,
      uv: false,
    });
  });

  it('verifies self attestation and assertions of all algorithms that it knows', async () => {
    const all = createNodeCrypto().algorithms;
    const key = fresh({ profile: { algorithms: all, maxMsgSize: 7609 } });
    const judged = (await play(key, 'algorithms', all)) as Readonly<Record<string, string>>;
    const unknown = Object.keys(judged).filter((alg) => judged[alg] === 'unknown');
    // ML-DSA depends on the OpenSSL that Python's cryptography was built with.
    const mayBeUnknown = ['PS384', 'PS512', 'RS384', 'RS512', 'MLDSA44', 'MLDSA65', 'MLDSA87'];
    expect(mayBeUnknown).toEqual(expect.arrayContaining(unknown.map((alg) => algorithmName(Number(alg)))));
    expect(new Set(Object.values(judged))).toEqual(new Set(['SELF', 'unknown']));
    expect(Object.keys(judged)).toHaveLength(all.length);
  });

  it.each([
    ['packed-self', 'packed', 0],
    ['packed', 'packed', 1],
    ['fido-u2f', 'fido-u2f', 1],
  ] as const)('verifies attestation %s, and by enterprise certificates', async (attestation, fmt, x5c) => {
    const key = fresh({ profile: { extends: 'enterprise', attestation } });
    const { root } = await attestationOf(key);
    const der = root.replaceAll(/-----[^-]+-----|\s/g, '');
    expect(await play(key, 'enable_enterprise')).toBe(true);
    await key.keystore.updateState({ pin: undefined });
    const individual = { fmt: 'packed', epAtt: true, x5c: 1 };
    // example.com is on the list of the vendor.
    expect(await play(key, 'attestations', der)).toEqual({
      plain: { fmt, epAtt: null, x5c },
      one: individual,
      two: individual,
    });
  });

  it('trusts a key by its metadata statement', async () => {
    const key = fresh({ profile: { attestation: 'packed' } });
    const { metadata } = await attestationOf(key);
    const entry = {
      aaguid: metadata['aaguid'],
      metadataStatement: metadata,
      statusReports: [{ status: 'NOT_FIDO_CERTIFIED', effectiveDate: '2026-01-01' }],
      timeOfLastStatusChange: '2026-01-01',
    };
    expect(await play(key, 'metadata', entry)).toEqual({
      description: metadata['description'],
      found: true,
      refused: true,
      roots: 1,
      info: Object.keys(metadata['authenticatorGetInfo'] as object).toSorted(),
    });
  });
});
