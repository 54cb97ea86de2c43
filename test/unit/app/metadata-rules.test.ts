import { MetadataService, SettingsService, verifyRegistrationResponse } from '@simplewebauthn/server';
import { describe, expect, it } from 'vitest';
import { describeAttestation } from '../../../src/app/attestation-admin.ts';
import { resolveProfile, type ProfileSettings } from '../../../src/app/profile-settings.ts';
import { systemClock, systemRandom } from '../../../src/app/system.ts';
import { createKey } from '../../../src/app/create-key.ts';
import { presets } from '../../../src/authenticator/presets.ts';
import { CtapClient } from '../../../src/client/ctap-client.ts';
import { openHidChannel } from '../../../src/client/hid-channel.ts';
import { WebAuthnClient } from '../../../src/client/webauthn/webauthn-client.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { createMemoryKeystore } from '../../../src/keystore/memory.ts';
import { brokenMetadataRules, metadataRules } from '../../support/metadata-rules.ts';

const crypto = createNodeCrypto();
type Statement = Readonly<Record<string, unknown>>;

async function statementOf(settings: string | ProfileSettings): Promise<Statement> {
  const profile = resolveProfile(settings);
  const store = createMemoryKeystore({ random: systemRandom });
  const named = { name: 'test', changed: true, profile };
  return (await describeAttestation(store, crypto, profile, named)).metadata;
}

const others: readonly (readonly [string, ProfileSettings])[] = [
  ['nfc and ble', { transports: ['usb', 'nfc', 'ble'], transportsForReset: ['usb'] }],
  ['built in', { transports: ['internal'] }],
  ['a phone', { transports: ['hybrid', 'internal'] }],
  ['certified', { certifications: { FIDO: 3 }, firmwareVersion: 77 }],
  ['attested by nothing', { attestation: 'none' }],
  ['attested as U2F is', { attestation: 'fido-u2f' }],
  ['all algorithms', { algorithms: crypto.algorithms }],
];

/** Statements that differ from a good one in one thing each. */
function bend(good: Statement): Statement[] {
  const info = (good['authenticatorGetInfo'] ?? {}) as Statement;
  const without = (object: Statement, name: string): Statement =>
    Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
  const values = [
    null,
    0,
    1e9,
    'x',
    [],
    ['x'],
    [[]],
    [['x']],
    {},
    ['internal'],
    ['external'],
    ['software', 'hardware'],
  ];
  const changed = (object: Statement): Statement[] =>
    Object.keys(object).flatMap((name) => [
      without(object, name),
      ...values.map((value) => ({ ...object, [name]: value })),
    ]);
  return [
    ...changed(good),
    ...changed(info).map((authenticatorGetInfo) => ({ ...good, authenticatorGetInfo })),
    { ...good, authenticatorGetInfo: { ...info, encIdentifier: '00' } },
    { ...good, authenticatorGetInfo: { ...info, unheard: 1 } },
    { ...good, authenticatorGetInfo: { ...info, minPINLength: 5 } },
    { ...good, authenticatorGetInfo: { ...info, uvModality: 4 } },
    { ...good, legalHeader: new Uint8Array(1) },
    { ...good, aaguid: good['aaguid'] === undefined ? '00' : undefined, aaid: '1234#5678' },
  ];
}

describe('the metadata statement keeps the rules of FIDO Metadata Statement 3.1', () => {
  it.each([...presets.map(({ name }) => [name, name] as const), ...others])(
    'of %s',
    async (_name, profile) => {
      expect(brokenMetadataRules(await statementOf(profile))).toEqual([]);
    },
  );

  /** Otherwise the rules would hold for anything. */
  it('each of which some bent statement breaks', async () => {
    const good = [await statementOf('enterprise'), await statementOf('u2f')];
    const broken = new Set(good.flatMap(bend).flatMap(brokenMetadataRules));
    expect(Object.keys(metadataRules).filter((name) => !broken.has(name))).toEqual([]);
  });
});

describe('SimpleWebAuthn, which trusts metadata alone,', () => {
  const origin = 'https://example.com';
  const challenge = Buffer.from('challenge').toString('base64url');

  async function registered(profile: ProfileSettings, described = profile) {
    const key = createKey({ profile });
    const [clock, random] = [systemClock, systemRandom];
    const ctap = new CtapClient(await openHidChannel({ pipe: key.connect(), clock, random }), {
      crypto,
      random,
    });
    const browser = new WebAuthnClient({ ctap, clock, origin });
    const named = { name: 'test', changed: true, profile: resolveProfile(described) };
    const { metadata } = await describeAttestation(key.keystore, crypto, key.profile, named);
    SettingsService.setRootCertificates({ identifier: 'packed', certificates: [] });
    await MetadataService.initialize({
      mdsServers: [],
      statements: [metadata as never],
      verificationMode: 'strict',
    });
    const response = await browser.create({
      rp: { id: 'example.com', name: 'Example' },
      user: { id: Buffer.from('user').toString('base64url'), name: 'user', displayName: 'User' },
      challenge,
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
      attestation: 'direct',
    });
    return verifyRegistrationResponse({
      response: response as never,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: 'example.com',
      requireUserVerification: false,
    });
  }

  it.each([{ extends: 'enterprise' }, { attestation: 'packed' }, {}] as const)(
    'accepts %j',
    async (profile) => {
      expect((await registered(profile)).verified).toBe(true);
    },
  );

  it('refuses a key of which there is no statement, and one that attests otherwise than it says', async () => {
    const stranger = { aaguid: new Uint8Array(16).fill(3) };
    await expect(registered({ attestation: 'packed' }, stranger)).rejects.toThrow();
    await expect(
      registered({ attestation: 'packed' }, { enterpriseAttestation: undefined }),
    ).rejects.toThrow();
  });
});
