import { afterEach, describe, expect, it } from 'vitest';
import type { CborMap } from '../../src/cbor/value.ts';
import { derToPem } from './pem.ts';
import { WebAuthnClient } from '../../src/client/webauthn/webauthn-client.ts';
import type { CreationOptionsJson } from '../../src/client/webauthn/options.ts';
import { presets } from '../../src/authenticator/presets.ts';
import { faultCatalogue } from '../../src/faults/faults.ts';
import type { FaultParameters } from '../../src/faults/fault.ts';
import type { MakeCredentialParameters } from '../../src/client/ctap-client.ts';
import { createRig } from './rig.ts';
import type { FaultRig } from './rig.ts';
import { trust } from './site.ts';
import type { Site } from './site.ts';

/** The key with a certificate of its authority, which SimpleWebAuthn may be told to trust. */
const basic = { profile: { attestation: 'packed' } } as const;

async function openSite(
  options: Parameters<typeof createRig>[0] = {},
): Promise<{ rig: FaultRig; site: Site }> {
  const rig = createRig(options);
  return { rig, site: await rig.site() };
}

async function registered(
  options: Parameters<typeof createRig>[0] = {},
): Promise<{ rig: FaultRig; site: Site }> {
  const opened = await openSite(options);
  expect((await opened.site.register()).said).toBe('verified');
  expect((await opened.site.signIn()).said).toBe('verified');
  return opened;
}

/** The promise of the catalogue, which has to name what was said. */
function promised(fault: string): string {
  return faultCatalogue.find(({ name }) => name === fault)!.outcome;
}

function account(id: number): Pick<MakeCredentialParameters, 'user' | 'options'> {
  return { user: { id: Uint8Array.of(id), name: `user ${id}` }, options: { rk: true } };
}

type Row = readonly [fault: string, parameters: FaultParameters, said: string];
const rpIdHash = 'Unexpected RP ID hash';
const noUser = 'User presence was required, but user was not present';
const noUserAtSignIn = 'User not present during authentication';
const noUv = 'User verification was required, but user could not be verified';
const noUvAtSignIn = 'User verification required, but user could not be verified';
const leftover = 'Leftover bytes detected while parsing authenticator data';
const backedUp = 'Single-device credential indicated that it was backed up, which should be impossible.';

describe('SimpleWebAuthn refuses at registration', () => {
  it.each<Row>([
    ['ctap.rp-id-hash', {}, rpIdHash],
    ['ctap.flag', { flag: 'UP' }, noUser],
    ['ctap.flag', { flag: 'BS', set: true }, backedUp],
    ['ctap.flag', { flag: 'AT' }, leftover],
    ['attestation.signature', {}, 'not verified'],
    ['attestation.signature', { how: 'empty' }, 'Input buffer has zero length'],
    ['attestation.format', {}, 'Unsupported Attestation Format: example-format'],
  ])('%s %o', async (fault, parameters, said) => {
    const { rig, site } = await openSite();
    rig.add(fault, parameters);
    expect((await site.register()).said).toBe(said);
    if (said !== 'not verified') expect(promised(fault)).toContain(said);
    expect((await site.register()).said).toBe('verified');
  });

  it('ctap.flag UV cleared, where verification was asked for', async () => {
    const { rig, site } = await openSite({ profile: 'keypad' });
    const uv = { options: { uv: true } };
    await rig.settle((await rig.client()).clientPin.setPin('1234'));
    rig.add('ctap.flag', { flag: 'UV' });
    expect((await site.register(uv, { requireUserVerification: true })).said).toBe(noUv);
    expect(promised('ctap.flag')).toContain(noUv);
    expect((await site.register(uv, { requireUserVerification: true })).said).toBe('verified');
    rig.add('ctap.flag', { flag: 'UV' });
    expect((await site.signIn(uv, { requireUserVerification: true })).said).toBe(noUvAtSignIn);
    expect(promised('ctap.flag')).toContain(noUvAtSignIn);
  });

  it('attestation.signature of random bytes', async () => {
    const { rig, site } = await openSite();
    rig.add('attestation.signature', { how: 'random' });
    expect((await site.register()).said).not.toBe('verified');
    expect((await site.register()).said).toBe('verified');
  });

  it('ctap.flag ED set, where there is no extension', async () => {
    const { rig, site } = await openSite();
    rig.add('ctap.flag', { flag: 'ED', set: true });
    expect((await site.register()).said).toMatch(/./);
    expect((await site.register()).said).toBe('verified');
  });
});

describe('SimpleWebAuthn refuses at sign-in', () => {
  it.each<Row>([
    ['ctap.signature', { how: 'flipped' }, 'not verified'],
    ['ctap.rp-id-hash', { rpId: 'evil.example' }, rpIdHash],
    ['ctap.flag', { flag: 'UP' }, noUserAtSignIn],
    ['ctap.flag', { flag: 'BS', set: true }, backedUp],
    ['ctap.counter', { how: 'frozen' }, 'Response counter value 1 was lower than expected 1'],
    ['ctap.counter', { how: 'back' }, 'Response counter value 0 was lower than expected 1'],
    ['ctap.counter', { how: 'zero' }, 'Response counter value 0 was lower than expected 1'],
  ])('%s %o', async (fault, parameters, said) => {
    const { rig, site } = await registered();
    rig.add(fault, parameters);
    expect((await site.signIn()).said).toBe(said);
    const pattern = said.replace(/value \d+ was/, 'value N was').replace(/expected \d+$/, 'expected M');
    expect(promised(fault)).toContain(pattern === 'not verified' ? '`verified` is false' : pattern);
    expect(await site.signIn()).toMatchObject({ said: 'verified', counter: 3 });
  });

  it('ctap.signature, however it is spoiled', async () => {
    const { rig, site } = await registered();
    rig.add('ctap.signature', { how: 'empty' });
    const { members, said } = await site.signIn();
    expect(said).toBe('Input buffer has zero length');
    expect(promised('ctap.signature')).toContain(said);
    expect(members.get(3)).toEqual(new Uint8Array());
    rig.add('ctap.signature', { how: 'random' });
    expect((await site.signIn()).said).not.toBe('verified');
    expect((await site.signIn()).said).toBe('verified');
  });

  it('ctap.counter that stands still, again and again', async () => {
    const { rig, site } = await registered();
    const id = rig.add('ctap.counter', { how: 'frozen' }, {});
    for (let times = 0; times < 3; times++) {
      expect((await site.signIn()).said).toBe('Response counter value 1 was lower than expected 1');
    }
    rig.faults.remove(id);
    expect(await site.signIn()).toMatchObject({ said: 'verified', counter: 5 });
  });

  it('ctap.counter that leaps, once the leap is over', async () => {
    const { rig, site } = await registered();
    rig.add('ctap.counter', { how: 'jump', by: 500 });
    expect(await site.signIn()).toMatchObject({ said: 'verified', counter: 502 });
    expect((await site.signIn()).said).toBe('Response counter value 3 was lower than expected 502');
  });
});

describe('what a relying party has to compare by itself', () => {
  it('ctap.flag BE: SimpleWebAuthn tells it', async () => {
    const { rig, site } = await registered();
    rig.add('ctap.flag', { flag: 'BE', set: true });
    const { members, said } = await site.signIn();
    expect(said).toBe('verified');
    expect((members.get(2) as Uint8Array)[32]! & 0x08).toBe(0x08);
  });

  it('ctap.flag BS is in order where BE is set too', async () => {
    const { rig, site } = await openSite({ profile: { backupEligible: true } });
    rig.add('ctap.flag', { flag: 'BS', set: true });
    expect((await site.register()).said).toBe('verified');
    expect((await site.signIn()).said).toBe('verified');
  });

  it('ctap.credential-id: a sign-in with an id that the server does not know', async () => {
    const { rig, site } = await openSite();
    await site.register({ options: { rk: true } });
    rig.add('ctap.credential-id', { credentialId: 'AQIDBA' });
    const { members } = await site.signIn({ allowList: [] });
    expect((members.get(1) as CborMap).get('id')).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  it('ctap.credential-id: a registration that can never be used', async () => {
    const { rig, site } = await openSite();
    rig.add('ctap.credential-id');
    expect((await site.register()).said).toBe('verified');
    await expect(site.signIn()).rejects.toMatchObject({ statusName: 'NO_CREDENTIALS' });
  });

  it('ctap.user-handle: that of another account on the key', async () => {
    const { rig, site } = await openSite();
    await site.register(account(2));
    await site.register(account(1));
    rig.add('ctap.user-handle');
    const { members, said } = await site.signIn();
    expect(said).toBe('verified');
    expect((members.get(4) as CborMap).get('id')).toEqual(Uint8Array.of(2));
    expect(((await site.signIn()).members.get(4) as CborMap).get('id')).toEqual(Uint8Array.of(1));
  });

  it('ctap.user-handle: one that is given, and a random one', async () => {
    const { rig, site } = await openSite();
    await site.register(account(1));
    rig.add('ctap.user-handle', { userHandle: 'CQk' });
    expect(((await site.signIn()).members.get(4) as CborMap).get('id')).toEqual(Uint8Array.of(9, 9));
    rig.add('ctap.user-handle');
    expect(((await site.signIn()).members.get(4) as CborMap).get('id')).not.toEqual(Uint8Array.of(1));
  });

  it('ctap.aaguid under self attestation', async () => {
    const { rig, site } = await openSite();
    rig.add('ctap.aaguid');
    expect(await site.register()).toMatchObject({
      said: 'verified',
      aaguid: 'deadbeef-dead-beef-dead-beefdeadbeef',
    });
    expect((await site.register()).aaguid).toBe('01774657-57ce-481c-b33f-57b5cd399558');
  });
});

describe('certificates', () => {
  let distrust: () => void = () => undefined;
  afterEach(() => distrust());

  async function trusted(profile: object = basic.profile): Promise<{ rig: FaultRig; site: Site }> {
    const opened = await openSite({ profile });
    expect((await opened.site.register()).said).toBe('verified');
    distrust = trust(derToPem(opened.rig.key.keystore.attestation()!.root.certificate));
    expect((await opened.site.register()).said).toBe('verified');
    return opened;
  }

  it.each([
    ['attestation.expired', {}, /^Certificate not good after ".* Dec 0\d 2025 .*" \(Packed\|Full\)$/],
    ['attestation.foreign', {}, /^x5c could not be chained to any specified trust anchor \(Packed\|Full\)$/],
    [
      'attestation.aaguid',
      {},
      /^Certificate extension id-fido-gen-ce-aaguid \(.*\) value of ".*" was present but not equal to attestation statement AAGUID/,
    ],
    [
      'ctap.aaguid',
      {},
      /^Certificate extension id-fido-gen-ce-aaguid \(.*\) value of ".*" was present but not equal to attestation statement AAGUID/,
    ],
    ['attestation.signature', {}, /^not verified$/],
  ] as const)('%s is refused', async (fault, parameters, said) => {
    const { rig, site } = await trusted();
    const material = rig.key.keystore.attestation();
    rig.add(fault, parameters);
    expect((await site.register()).said).toMatch(said);
    expect((await site.register()).said).toBe('verified');
    expect(rig.key.keystore.attestation()).toEqual(material);
  });

  it.each(['attestation.expired', 'attestation.foreign', 'attestation.aaguid'])(
    '%s shows also where the key attests by itself or not at all',
    async (fault) => {
      for (const attestation of ['packed-self', 'none'] as const) {
        const { rig, site } = await openSite({ profile: { attestation } });
        rig.add(fault);
        const { members } = await site.register();
        expect(members.get(1)).toBe('packed');
        expect((members.get(3) as CborMap).get('x5c')).toHaveLength(1);
        expect(((await site.register()).members.get(3) as CborMap).has('x5c')).toBe(false);
      }
    },
  );

  it('keep the format fido-u2f', async () => {
    const { rig, site } = await openSite({ profile: { attestation: 'fido-u2f' } });
    rig.add('attestation.foreign');
    expect(await site.register()).toMatchObject({ said: 'verified' });
    rig.add('ctap.rp-id-hash');
    const { members, said } = await site.register({}, { rpId: 'attacker.example' });
    expect(members.get(1)).toBe('fido-u2f');
    // The statement is signed over the wrong hash as well: only the RP ID tells.
    expect(said).toBe('verified');
  });
});

describe('what has to be tolerated', () => {
  it('ctap.unknown-member', async () => {
    const { rig, site } = await openSite();
    rig.add('ctap.unknown-member', { key: 0xfa }, { next: 2 });
    const made = await site.register();
    expect(made.said).toBe('verified');
    expect(made.members.get(0xfa)).toBeInstanceOf(Uint8Array);
    expect(await site.signIn()).toMatchObject({ said: 'verified', counter: 1 });
    expect((await site.signIn()).members.has(0xfa)).toBe(false);
  });

  it('ctap.extension-output drop, extra, malformed', async () => {
    const { rig, site } = await openSite();
    const extensions = { credProtect: 2, 'hmac-secret': true };
    rig.add('ctap.extension-output', { how: 'drop', extension: 'hmac-secret' });
    expect((await site.register({ extensions })).said).toBe('verified');
    rig.add('ctap.extension-output', { how: 'drop' });
    const dropped = await site.register({ extensions });
    expect(dropped.said).toBe('verified');
    expect((dropped.members.get(2) as Uint8Array)[32]! & 0x80).toBe(0);
    rig.add('ctap.extension-output', { how: 'extra' });
    expect(await site.signIn()).toMatchObject({
      said: 'verified',
      extensions: { 'example.unasked': true },
    });
    rig.add('ctap.extension-output', { how: 'malformed' });
    expect((await site.register({ extensions })).said).toBe('verified');
    rig.add('ctap.extension-output', { how: 'not-cbor' });
    expect((await site.register({ extensions })).said).not.toMatch(/verified/);
    expect((await site.register({ extensions })).said).toBe('verified');
  });

  it('ctap.extension-output waits for one that there is', async () => {
    const { rig, site } = await openSite();
    rig.add('ctap.extension-output', { how: 'drop' });
    expect((await site.register()).said).toBe('verified');
    expect(rig.applied).toEqual([]);
    await site.register({ extensions: { credProtect: 2 } });
    expect(rig.applied).toHaveLength(1);
  });
});

describe('a browser ends the ceremony', () => {
  it.each([
    ['ctap.rp-id-hash', {}, 'UnknownError', 'the key answered for another RP ID'],
    ['ctap.flag', { flag: 'UP' }, 'UnknownError', 'without the user'],
    ['ctap.cbor-truncated', {}, 'UnknownError', 'does not decode'],
    ['ctap.cbor-not-canonical', {}, 'UnknownError', 'does not decode'],
    ['ctap.status', { status: 'CREDENTIAL_EXCLUDED' }, 'InvalidStateError', 'registered already'],
    ['ctap.status', { status: 'UNSUPPORTED_ALGORITHM' }, 'NotSupportedError', 'none of the algorithms'],
    ['ctap.status', { status: 'OPERATION_DENIED' }, 'NotAllowedError', 'OPERATION_DENIED'],
    ['ctap.status', { status: 0xf2 }, 'NotAllowedError', '0xf2'],
    ['storage.full', {}, 'NotAllowedError', 'KEY_STORE_FULL'],
    ['storage.failing', {}, 'NotAllowedError', 'OTHER'],
  ] as const)('at registration: %s %o', async (fault, parameters, name, message) => {
    const rig = createRig();
    const ctap = await rig.client();
    const browser = new WebAuthnClient({ ctap, clock: rig.clock, origin: 'https://example.com' });
    rig.add(fault, parameters);
    const failed = browser.create(creation);
    await expect(failed).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message) as unknown,
    });
    await expect(browser.create(creation)).resolves.toMatchObject({ type: 'public-key' });
  });
});

const creation: CreationOptionsJson = {
  challenge: 'Y2hhbGxlbmdl',
  rp: { id: 'example.com', name: 'Example' },
  user: { id: 'AQ', name: 'alice', displayName: 'Alice' },
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
};

it('works on every kind of key', async () => {
  for (const { name } of presets.filter((preset) => preset.name !== 'u2f')) {
    const { rig, site } = await openSite({ profile: name });
    rig.add('ctap.rp-id-hash', {}, { next: 1, command: 'makeCredential' });
    const said = await site.register().then(
      (verdict) => verdict.said,
      (error: unknown) => (error as { statusName?: string }).statusName,
    );
    expect([rpIdHash, 'PUAT_REQUIRED', 'PIN_NOT_SET']).toContain(said);
  }
});
