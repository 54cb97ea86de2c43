import { beforeEach, describe, expect, it } from 'vitest';
import { publicKeyDescriptors, publicKeyParameters } from '../../src/client/ctap-client.ts';
import { KeystoreError } from '../../src/ports/keystore.ts';
import {
  allow,
  assertion,
  bit,
  clientDataHash,
  fingerprintUv,
  idOf,
  openKey,
  outcome,
  pin,
  provider,
  registration,
  resident,
  siteHash,
  snapshot,
  tokenByPin,
  withoutPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';
import { concatBytes } from '../../src/ctap/bytes.ts';
import { localProfile } from '../support/local-key.ts';

let opened: Opened;
beforeEach(async () => {
  opened = await openKey();
});

const make = (changes: Parameters<typeof registration>[0] = {}) =>
  outcome(opened.client.makeCredential(registration(changes)));

describe('makeCredential §6.1: the response', () => {
  it('is authenticator data of the site with a self attestation that verifies', async () => {
    const { fmt, attStmt, authData, parsed, ...rest } = await opened.client.makeCredential(registration());
    expect(fmt).toBe('packed');
    expect([...attStmt.keys()]).toEqual(['alg', 'sig']);
    expect(parsed).toMatchObject({
      rpIdHash: siteHash,
      userPresent: true,
      userVerified: false,
      backupEligible: false,
      backupState: false,
      signCount: 0,
    });
    expect(parsed.attested?.aaguid).toEqual(localProfile.aaguid);
    expect(parsed.extensions).toBeUndefined();
    const signed = concatBytes(authData, clientDataHash);
    const signature = attStmt.get('sig') as Uint8Array;
    expect(provider.verify(parsed.attested!.publicKey, signed, signature)).toBe(true);
    expect(rest).toEqual({});
  });

  it('asks once, with the site and the account', async () => {
    await make();
    expect(opened.key.user.questions).toMatchObject([
      {
        kind: 'presence',
        purpose: 'register',
        site: 'example.com',
        siteName: 'Example',
        accounts: [{ userId: '01', name: 'alice', displayName: 'Alice' }],
        timeoutMs: 30_000,
      },
    ]);
  });

  it.each([
    [[-7, -8], -7],
    [[-8, -7], -8],
    [[-999, -8, -7], -8],
    [[2 ** 40, -7], -7],
  ])('of %j takes the first that the key has: %i', async (wanted, taken) => {
    const made = await opened.client.makeCredential(
      registration({ pubKeyCredParams: publicKeyParameters(...wanted) }),
    );
    expect(made.parsed.attested?.publicKey.get(3)).toBe(taken);
  });

  it('skips parameters of another type', async () => {
    const pubKeyCredParams = [{ alg: -7, type: 'other' }, ...publicKeyParameters(-8)];
    const made = await opened.client.makeCredential(registration({ pubKeyCredParams }));
    expect(made.parsed.attested?.publicKey.get(3)).toBe(-8);
    expect(await make({ pubKeyCredParams: [{ alg: -7, type: 'other' }] })).toBe('UNSUPPORTED_ALGORITHM');
    expect(await make({ pubKeyCredParams: [] })).toBe('UNSUPPORTED_ALGORITHM');
  });

  it.each([
    [undefined, 'packed'],
    [[], 'packed'],
    [['none'], 'none'],
    [['packed'], 'packed'],
    [['tpm', 'none', 'packed'], 'none'],
    [['tpm', 'packed', 'none'], 'packed'],
    [['tpm'], 'packed'],
  ])('to the preference %j has the format %s', async (preference, fmt) => {
    const made = await opened.client.makeCredential(
      registration(preference && { attestationFormatsPreference: preference }),
    );
    expect(made.fmt).toBe(fmt);
    if (fmt === 'none') expect(made.attStmt.size).toBe(0);
    expect(made.parsed.attested?.aaguid).toEqual(localProfile.aaguid);
  });

  it('carries the backup flags of the profile', async () => {
    const { client } = await openKey({ backupEligible: true, backupState: true });
    const made = await client.makeCredential(registration());
    expect(made.parsed).toMatchObject({ backupEligible: true, backupState: true });
    const used = await client.getAssertion(assertion(allow(made)));
    expect(used.parsed).toMatchObject({ backupEligible: true, backupState: true });
  });
});

describe('makeCredential §6.1.2: options', () => {
  it.each([
    [{ up: true }, 'OK'],
    [{ up: false }, 'INVALID_OPTION'],
    [{ rk: false }, 'OK'],
    [{ rk: true }, 'OK'],
    [{ uv: false }, 'OK'],
    [{ uv: true }, 'INVALID_OPTION'],
    [{ somethingNew: true }, 'OK'],
  ])('%j gives %s', async (options, expected) => {
    expect(await make({ options })).toBe(expected);
  });

  it('knows no discoverable credentials on a key without room for any', async () => {
    opened = await openKey({ maxDiscoverableCredentials: 0 });
    expect(await make({ options: { rk: true } })).toBe('UNSUPPORTED_OPTION');
    expect(await make({ options: { rk: false } })).toBe('OK');
  });

  it('lets a pinUvAuthParam overrule uv', async () => {
    await opened.client.clientPin.setPin(pin);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.mc);
    expect(await make({ options: { uv: true }, pinUvAuthToken })).toBe('OK');
  });

  it('refuses enterprise attestation, whatever its value', async () => {
    for (const enterpriseAttestation of [0, 1, 2, 3]) {
      expect(await make({ enterpriseAttestation })).toBe('INVALID_PARAMETER');
    }
  });
});

describe('makeCredential §6.1.2: values', () => {
  it.each([0, 1, 31, 33, 64])('refuses a clientDataHash of %i bytes', async (size) => {
    expect(await make({ clientDataHash: new Uint8Array(size) })).toBe('INVALID_LENGTH');
  });

  it('refuses an empty RP ID and takes any other text', async () => {
    expect(await make({ rp: { id: '' } })).toBe('INVALID_LENGTH');
    for (const id of ['../../etc/passwd', 'ünïcode', 'ssh:', ' ', '\uFEFF', 'a'.repeat(2000)]) {
      expect(await make({ rp: { id } })).toBe('OK');
      expect(await outcome(opened.client.getAssertion({ rpId: id, clientDataHash }))).toBe('NO_CREDENTIALS');
    }
  });

  it.each([
    [0, 'INVALID_PARAMETER'],
    [1, 'OK'],
    [64, 'OK'],
    [65, 'INVALID_PARAMETER'],
  ])('answers a user.id of %i bytes with %s', async (size, expected) => {
    expect(await make({ user: { id: new Uint8Array(size) } })).toBe(expected);
  });

  it('keeps long names', async () => {
    const name = 'ä'.repeat(64);
    await opened.client.clientPin.setPin(pin);
    const mc = await tokenByPin(opened.client, bit.mc);
    const user = { id: Uint8Array.of(1), name, displayName: name };
    await opened.client.makeCredential(registration({ user, options: { rk: true }, pinUvAuthToken: mc }));
    const ga = await tokenByPin(opened.client, bit.ga);
    expect((await opened.client.getAssertion(assertion({ pinUvAuthToken: ga }))).user).toEqual(user);
  });
});

describe('makeCredential §6.1.2: the order of checks', () => {
  const wrongHash = { clientDataHash: new Uint8Array(3) };
  const noAlgorithm = { pubKeyCredParams: publicKeyParameters(-999) };
  const noProtocol = { pinUvAuthParam: new Uint8Array(32) };
  const wrongProtocol = { pinUvAuthParam: new Uint8Array(32), pinUvAuthProtocol: 9 };

  it.each<[string, Parameters<typeof registration>[0], string]>([
    ['length before probe', { ...wrongHash, pinUvAuthParam: new Uint8Array() }, 'INVALID_LENGTH'],
    ['probe before protocol', { pinUvAuthParam: new Uint8Array() }, 'PIN_NOT_SET'],
    ['probe before algorithm', { ...noAlgorithm, pinUvAuthParam: new Uint8Array() }, 'PIN_NOT_SET'],
    ['protocol before algorithm', { ...noProtocol, ...noAlgorithm }, 'MISSING_PARAMETER'],
    ['protocol value before algorithm', { ...wrongProtocol, ...noAlgorithm }, 'INVALID_PARAMETER'],
    ['algorithm before options', { ...noAlgorithm, options: { up: false } }, 'UNSUPPORTED_ALGORITHM'],
    ['options before enterprise', { enterpriseAttestation: 1, options: { up: false } }, 'INVALID_OPTION'],
    ['a protocol without param is not looked at', { pinUvAuthProtocol: 9 }, 'OK'],
  ])('%s', async (_what, changes, expected) => {
    expect(await make(changes)).toBe(expected);
  });

  it('uv before rk before up', async () => {
    opened = await openKey({ maxDiscoverableCredentials: 0 });
    expect(await make({ options: { uv: true, rk: true, up: false } })).toBe('INVALID_OPTION');
    expect(await make({ options: { rk: true, up: false } })).toBe('UNSUPPORTED_OPTION');
  });

  it('the need of verification before enterprise, and that before the param', async () => {
    await opened.client.clientPin.setPin(pin);
    expect(await make({ options: { rk: true }, enterpriseAttestation: 1 })).toBe('PUAT_REQUIRED');
    const forged = { pinUvAuthParam: new Uint8Array(32), pinUvAuthProtocol: 2 };
    expect(await make({ ...forged, enterpriseAttestation: 1 })).toBe('INVALID_PARAMETER');
    expect(await make(forged)).toBe('PIN_AUTH_INVALID');
  });

  it('the param before the exclude list, the exclude list before the extensions', async () => {
    const made = await opened.client.makeCredential(registration());
    await opened.client.clientPin.setPin(pin);
    const excludeList = publicKeyDescriptors(idOf(made));
    const forged = { pinUvAuthParam: new Uint8Array(32), pinUvAuthProtocol: 2 };
    expect(await make({ ...forged, excludeList })).toBe('PIN_AUTH_INVALID');
    expect(await make({ excludeList, extensions: { credProtect: 9 } })).toBe('CREDENTIAL_EXCLUDED');
    expect(opened.key.user.questions.at(-1)?.purpose).toBe('already-registered');
  });
});

describe('makeCredential §6.1.2 steps 7, 8: who needs verification', () => {
  it.each([
    [true, false, 'OK'],
    [true, true, 'PUAT_REQUIRED'],
    [false, false, 'PUAT_REQUIRED'],
    [false, true, 'PUAT_REQUIRED'],
  ])('with a PIN, makeCredUvNotRqd %s and rk %s: %s', async (makeCredUvNotRqd, rk, expected) => {
    opened = await openKey({ makeCredUvNotRqd });
    await opened.client.clientPin.setPin(pin);
    expect(await make({ options: { rk } })).toBe(expected);
  });

  it('is denied when a PIN gives no token for it', async () => {
    opened = await openKey({ pin: { ...localProfile.pin!, noMcGaPermissions: true } });
    await opened.client.clientPin.setPin(pin);
    expect(await make({ options: { rk: true } })).toBe('OPERATION_DENIED');
  });

  it('is denied on a key with built-in verification alone', async () => {
    const { client, key } = await openKey({ ...withoutPin, builtInUv: fingerprintUv });
    expect(await outcome(client.makeCredential(resident(1)))).toBe('OPERATION_DENIED');
    expect(key.user.questions).toEqual([]);
  });
});

describe('makeCredential §6.1.2 step 12: the exclude list', () => {
  it('ends with a touch and tells what is on the key', async () => {
    const made = await opened.client.makeCredential(registration());
    const before = snapshot(opened.key.keystore);
    expect(await make({ excludeList: publicKeyDescriptors(new Uint8Array(32), idOf(made)) })).toBe(
      'CREDENTIAL_EXCLUDED',
    );
    expect(opened.key.user.questions.at(-1)).toMatchObject({
      kind: 'presence',
      purpose: 'already-registered',
    });
    expect(snapshot(opened.key.keystore)).toBe(before);
  });

  it('is of no effect for other sites, unknown ids and unknown types', async () => {
    const made = await opened.client.makeCredential(registration());
    const excludeList = publicKeyDescriptors(idOf(made));
    expect(await make({ rp: { id: 'example.org' }, excludeList })).toBe('OK');
    expect(await make({ excludeList: publicKeyDescriptors(new Uint8Array(32)) })).toBe('OK');
    expect(await make({ excludeList: [{ id: idOf(made), type: 'other' }] })).toBe('OK');
    expect(await make({ excludeList: [] })).toBe('OK');
    expect(await make({ excludeList: publicKeyDescriptors(new Uint8Array(), new Uint8Array(4000)) })).toBe(
      'OK',
    );
  });

  it('asks for no second touch when the verification was one', async () => {
    const { client, key } = await openKey({ builtInUv: fingerprintUv });
    const made = await client.makeCredential(registration({ options: { uv: true } }));
    const before = key.user.questions.length;
    const again = registration({ options: { uv: true }, excludeList: publicKeyDescriptors(idOf(made)) });
    expect(await outcome(client.makeCredential(again))).toBe('CREDENTIAL_EXCLUDED');
    expect(key.user.questions.slice(before).map(({ kind }) => kind)).toEqual(['verification']);
  });

  it('leaves the token as it was', async () => {
    const made = await opened.client.makeCredential(registration());
    await opened.client.clientPin.setPin(pin);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.mc);
    const excludeList = publicKeyDescriptors(idOf(made));
    expect(await make({ pinUvAuthToken, excludeList })).toBe('CREDENTIAL_EXCLUDED');
    expect(await make({ pinUvAuthToken })).toBe('OK');
  });
});

describe('makeCredential §6.1.2 step 17: storage', () => {
  it('replaces the account that was there: new id, old one gone', async () => {
    const first = await opened.client.makeCredential(resident(1));
    const second = await opened.client.makeCredential(resident(1));
    expect(idOf(second)).not.toEqual(idOf(first));
    const used = await opened.client.getAssertion(assertion());
    expect(used.credentialId).toEqual(idOf(second));
    expect(used.numberOfCredentials).toBeUndefined();
    expect(await outcome(opened.client.getAssertion(assertion(allow(first))))).toBe('NO_CREDENTIALS');
  });

  it('keeps accounts of other sites and ids, and credentials that are not discoverable', async () => {
    const plain = await opened.client.makeCredential(registration());
    const other = await opened.client.makeCredential(resident(1, { rp: { id: 'example.org' } }));
    await opened.client.makeCredential(resident(1));
    await opened.client.makeCredential(resident(2));
    expect(await outcome(opened.client.getAssertion(assertion(allow(plain))))).toBe('OK');
    expect((await opened.client.getAssertion(assertion({ rpId: 'example.org' }))).credentialId).toEqual(
      idOf(other),
    );
    expect((await opened.client.getAssertion(assertion())).numberOfCredentials).toBe(2);
  });

  it('runs out of room for new accounts only', async () => {
    opened = await openKey({ maxDiscoverableCredentials: 2 });
    await opened.client.makeCredential(resident(1));
    await opened.client.makeCredential(resident(2));
    const before = snapshot(opened.key.keystore);
    expect(await outcome(opened.client.makeCredential(resident(3)))).toBe('KEY_STORE_FULL');
    expect(snapshot(opened.key.keystore)).toBe(before);
    expect(await outcome(opened.client.makeCredential(resident(2)))).toBe('OK');
    expect(await make()).toBe('OK');
    expect((await opened.client.getInfo()).remainingDiscoverableCredentials).toBe(0);
  });

  it('says so when the store itself is full', async () => {
    const full = new KeystoreError('full', 'The disk is full.');
    opened.key.keystore.add = () => Promise.reject(full);
    expect(await make()).toBe('KEY_STORE_FULL');
  });

  it('renews the credential store state for discoverable credentials alone', async () => {
    const state = () => opened.key.keystore.state().credStoreState;
    const first = state();
    await make();
    expect(state()).toEqual(first);
    await opened.client.makeCredential(resident(1));
    expect(state()).not.toEqual(first);
  });

  it('has stored the credential when it answers', async () => {
    const made = await opened.client.makeCredential(registration());
    const stored = opened.key.keystore.find(siteHash, idOf(made));
    expect(stored).toMatchObject({
      discoverable: false,
      protocol: 'ctap2',
      rpId: 'example.com',
      signCount: 0,
    });
  });
});

describe('makeCredential: what a failure leaves', () => {
  it.each<[string, string, Parameters<typeof registration>[0]]>([
    ['deny', 'OPERATION_DENIED', {}],
    ['approve', 'INVALID_OPTION', { options: { rk: true, up: false } }],
    ['approve', 'UNSUPPORTED_ALGORITHM', { pubKeyCredParams: publicKeyParameters(-999) }],
    ['approve', 'INVALID_PARAMETER', { options: { rk: true }, extensions: { credProtect: 4 } }],
    ['approve', 'CBOR_UNEXPECTED_TYPE', { options: { rk: true }, extensions: { credProtect: 'x' } }],
    ['approve', 'CBOR_UNEXPECTED_TYPE', { options: { rk: true }, extensions: { 'hmac-secret': 1 } }],
  ])('the user would %s: %s, and nothing changed', async (reaction, status, changes) => {
    const before = snapshot(opened.key.keystore);
    opened.key.user.otherwise(reaction as 'deny' | 'approve');
    expect(await make(changes)).toBe(status);
    expect(snapshot(opened.key.keystore)).toBe(before);
    opened.key.user.otherwise('approve');
    expect(await make()).toBe('OK');
  });
});

describe('touch probes', () => {
  it('with an empty param ask, and say whether a PIN is set', async () => {
    const probe = { pinUvAuthParam: new Uint8Array(), pinUvAuthProtocol: 1, rp: { id: 'make.me.blink' } };
    const before = snapshot(opened.key.keystore);
    expect(await make(probe)).toBe('PIN_NOT_SET');
    expect(opened.key.user.questions).toMatchObject([{ kind: 'presence', purpose: 'select' }]);
    expect(snapshot(opened.key.keystore)).toBe(before);
    await opened.client.clientPin.setPin(pin);
    expect(await make(probe)).toBe('PIN_INVALID');
    opened.key.user.next('deny');
    expect(await make(probe)).toBe('OPERATION_DENIED');
    expect(opened.key.user.questions).toHaveLength(3);
    expect(opened.key.keystore.state().pinRetries).toBe(8);
  });

  it('say that verification is set up on a key that has it built in', async () => {
    opened = await openKey({ builtInUv: fingerprintUv });
    expect(await make({ pinUvAuthParam: new Uint8Array() })).toBe('PIN_INVALID');
  });

  it.each(['make.me.blink', '.dummy'])('for %s without a param make nothing that stays', async (id) => {
    const before = snapshot(opened.key.keystore);
    expect(await make({ rp: { id }, user: { id: Uint8Array.of(0) } })).toBe('OK');
    expect(opened.key.user.questions).toHaveLength(1);
    expect(snapshot(opened.key.keystore)).toBe(before);
  });
});
