import { beforeEach, describe, expect, it } from 'vitest';
import { publicKeyDescriptors } from '../../src/client/ctap-client.ts';
import { concatBytes } from '../../src/ctap/bytes.ts';
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
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
beforeEach(async () => {
  opened = await openKey();
});

const get = (changes: Parameters<typeof assertion>[0] = {}) =>
  outcome(opened.client.getAssertion(assertion(changes)));

describe('getAssertion §6.2: the response', () => {
  it.each([-7, -8])('is signed by the credential of algorithm %i', async (alg) => {
    const made = await opened.client.makeCredential(
      registration({ pubKeyCredParams: [{ alg, type: 'public-key' }] }),
    );
    const used = await opened.client.getAssertion(assertion(allow(made)));
    expect(used.credentialId).toEqual(idOf(made));
    expect(used.authData).toHaveLength(37);
    expect(used.parsed).toMatchObject({ rpIdHash: siteHash, userPresent: true, userVerified: false });
    expect(used.parsed.attested).toBeUndefined();
    const signed = concatBytes(used.authData, clientDataHash);
    expect(provider.verify(made.parsed.attested!.publicKey, signed, used.signature)).toBe(true);
    expect(used.user).toBeUndefined();
    expect(used.numberOfCredentials).toBeUndefined();
    expect(used.userSelected).toBeUndefined();
  });

  it('asks with the site and the accounts, after it knows that there is something to sign with', async () => {
    await opened.client.makeCredential(resident(1));
    opened.key.user.questions.length = 0;
    expect(await get({ rpId: 'example.org' })).toBe('NO_CREDENTIALS');
    expect(opened.key.user.questions).toEqual([]);
    expect(await get()).toBe('OK');
    expect(opened.key.user.questions).toMatchObject([
      {
        kind: 'presence',
        purpose: 'sign-in',
        site: 'example.com',
        accounts: [{ userId: '01', name: 'user 1' }],
      },
    ]);
  });

  it('names the account only to a verified user', async () => {
    const made = await opened.client.makeCredential(resident(1));
    expect((await opened.client.getAssertion(assertion())).user).toEqual({ id: Uint8Array.of(1) });
    await opened.client.clientPin.setPin(pin);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.ga);
    const used = await opened.client.getAssertion(assertion({ pinUvAuthToken }));
    expect(used.user).toEqual({ id: Uint8Array.of(1), name: 'user 1', displayName: 'User 1' });
    expect(used.parsed.userVerified).toBe(true);
    expect(used.credentialId).toEqual(idOf(made));
  });

  it('counts accounts, newest first', async () => {
    for (const id of [1, 2, 3]) await opened.client.makeCredential(resident(id));
    const first = await opened.client.getAssertion(assertion());
    expect(first).toMatchObject({ numberOfCredentials: 3, user: { id: Uint8Array.of(3) } });
    expect(first.userSelected).toBeUndefined();
  });

  it('orders by creation and not by the clock', async () => {
    await opened.client.makeCredential(resident(1));
    opened.key.clock.setWall(0);
    await opened.client.makeCredential(resident(2));
    const all = await opened.client.getAssertions(assertion());
    expect(all.map(({ user }) => user?.id[0])).toEqual([2, 1]);
  });
});

describe('getAssertion §6.2.2: options and values', () => {
  beforeEach(async () => {
    await opened.client.makeCredential(resident(1));
  });

  it.each([
    [{ up: true }, 'OK'],
    [{ up: false }, 'OK'],
    [{ uv: false }, 'OK'],
    [{ uv: true }, 'INVALID_OPTION'],
    [{ rk: true }, 'UNSUPPORTED_OPTION'],
    [{ rk: false }, 'UNSUPPORTED_OPTION'],
    [{ uv: true, rk: true }, 'INVALID_OPTION'],
    [{ somethingNew: false }, 'OK'],
  ])('%j gives %s', async (options, expected) => {
    expect(await get({ options })).toBe(expected);
  });

  it('checks lengths', async () => {
    expect(await get({ clientDataHash: new Uint8Array(31) })).toBe('INVALID_LENGTH');
    expect(await get({ rpId: '' })).toBe('INVALID_LENGTH');
  });

  it.each<[string, Parameters<typeof assertion>[0], string]>([
    ['length before probe', { rpId: '', pinUvAuthParam: new Uint8Array() }, 'INVALID_LENGTH'],
    ['probe before options', { pinUvAuthParam: new Uint8Array(), options: { rk: true } }, 'PIN_NOT_SET'],
    [
      'protocol before options',
      { pinUvAuthParam: new Uint8Array(32), options: { rk: true } },
      'MISSING_PARAMETER',
    ],
    [
      'protocol value before options',
      { pinUvAuthParam: new Uint8Array(32), pinUvAuthProtocol: 3, options: { rk: true } },
      'INVALID_PARAMETER',
    ],
    ['options before locating', { rpId: 'nobody.example', options: { rk: true } }, 'UNSUPPORTED_OPTION'],
    [
      'locating before extensions',
      { rpId: 'nobody.example', extensions: { 'hmac-secret': 'x' } },
      'NO_CREDENTIALS',
    ],
  ])('%s', async (_what, changes, expected) => {
    expect(await get(changes)).toBe(expected);
  });

  it('checks the param before it looks for credentials', async () => {
    await opened.client.clientPin.setPin(pin);
    const forged = { pinUvAuthParam: new Uint8Array(32), pinUvAuthProtocol: 2 };
    expect(await get({ ...forged, rpId: 'nobody.example' })).toBe('PIN_AUTH_INVALID');
  });
});

describe('getAssertion §6.2.2 step 7: the allow list', () => {
  it('when empty counts as absent', async () => {
    await opened.client.makeCredential(resident(1));
    await opened.client.makeCredential(resident(2));
    const used = await opened.client.getAssertion(assertion({ allowList: [] }));
    expect(used.numberOfCredentials).toBe(2);
  });

  it('skips unknown ids, other sites and other types', async () => {
    const made = await opened.client.makeCredential(registration());
    const other = await opened.client.makeCredential(registration({ rp: { id: 'example.org' } }));
    expect(await get(allow(other))).toBe('NO_CREDENTIALS');
    expect(await get({ allowList: [{ id: idOf(made), type: 'other' }] })).toBe('NO_CREDENTIALS');
    const used = await opened.client.getAssertion(assertion(allow(other, made)));
    expect(used.credentialId).toEqual(idOf(made));
    expect(await get({ allowList: publicKeyDescriptors(new Uint8Array()) })).toBe('NO_CREDENTIALS');
  });

  it('takes the first match, tells no number and remembers nothing', async () => {
    const one = await opened.client.makeCredential(resident(1));
    const two = await opened.client.makeCredential(resident(2));
    const used = await opened.client.getAssertion(assertion(allow(one, two)));
    expect(used.credentialId).toEqual(idOf(one));
    expect(used.numberOfCredentials).toBeUndefined();
    expect(await outcome(opened.client.getNextAssertion())).toBe('NOT_ALLOWED');
  });

  it('is needed for credentials that are not discoverable', async () => {
    const made = await opened.client.makeCredential(registration());
    expect(await get()).toBe('NO_CREDENTIALS');
    expect(await get(allow(made))).toBe('OK');
  });
});

describe('getAssertion §6.2.2: silence', () => {
  it('with up: false asks nothing, changes nothing, and the UP flag is clear', async () => {
    const made = await opened.client.makeCredential(registration());
    const before = snapshot(opened.key.keystore);
    opened.key.user.questions.length = 0;
    const used = await opened.client.getAssertion(assertion({ ...allow(made), options: { up: false } }));
    expect(used.parsed.userPresent).toBe(false);
    expect(opened.key.user.questions).toEqual([]);
    expect(snapshot(opened.key.keystore)).toBe(before);
  });

  it('is not broken by alwaysUv', async () => {
    opened = await openKey({ alwaysUv: true, makeCredUvNotRqd: false });
    await opened.client.clientPin.setPin(pin);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.mc);
    const made = await opened.client.makeCredential(registration({ pinUvAuthToken }));
    expect(await get({ ...allow(made), options: { up: false } })).toBe('OK');
    expect(await get(allow(made))).toBe('PUAT_REQUIRED');
  });

  it('can be verified: built-in verification runs, presence is not claimed', async () => {
    opened = await openKey({ builtInUv: fingerprintUv });
    const made = await opened.client.makeCredential(registration());
    const options = { up: false, uv: true };
    const used = await opened.client.getAssertion(assertion({ ...allow(made), options }));
    expect(used.parsed).toMatchObject({ userPresent: false, userVerified: true });
    expect(opened.key.user.questions.at(-1)?.kind).toBe('verification');
  });
});

describe('getAssertion: the user', () => {
  it.each([
    ['deny', 'OPERATION_DENIED'],
    ['fail', 'OPERATION_DENIED'],
  ] as const)('who would %s leaves nothing behind', async (reaction, status) => {
    await opened.client.makeCredential(resident(1));
    const before = snapshot(opened.key.keystore);
    opened.key.user.next(reaction);
    expect(await get()).toBe(status);
    expect(snapshot(opened.key.keystore)).toBe(before);
    expect(await get()).toBe('OK');
  });

  it('can choose on the key itself, once verified', async () => {
    opened = await openKey({ accountChooser: true });
    for (const id of [1, 2, 3]) await opened.client.makeCredential(resident(id));
    expect((await opened.client.getAssertion(assertion())).numberOfCredentials).toBe(3);
    await opened.client.clientPin.setPin(pin);
    let pinUvAuthToken = await tokenByPin(opened.client, bit.ga);
    opened.key.user.next('approve', { outcome: 'approved', account: 1 });
    const used = await opened.client.getAssertion(assertion({ pinUvAuthToken }));
    expect(used).toMatchObject({ userSelected: true, user: { id: Uint8Array.of(2) } });
    expect(used.numberOfCredentials).toBeUndefined();
    expect(await outcome(opened.client.getNextAssertion())).toBe('NOT_ALLOWED');
    expect(opened.key.user.questions.at(-1)).toMatchObject({ kind: 'choice', accounts: [{}, {}, {}] });
    for (const answer of ['deny', { outcome: 'approved', account: 7 }] as const) {
      pinUvAuthToken = await tokenByPin(opened.client, bit.ga);
      opened.key.user.next('approve', answer);
      expect(await get({ pinUvAuthToken })).toBe('OPERATION_DENIED');
    }
  });

  it('confirms the only account on a key that can show it, so that the platform need not', async () => {
    opened = await openKey({ accountChooser: true });
    await opened.client.makeCredential(resident(1));
    expect(await opened.client.getAssertion(assertion())).not.toHaveProperty('userSelected');
    await opened.client.clientPin.setPin(pin);
    let pinUvAuthToken = await tokenByPin(opened.client, bit.ga);
    const used = await opened.client.getAssertion(assertion({ pinUvAuthToken }));
    expect(used).toMatchObject({ userSelected: true, user: { id: Uint8Array.of(1) } });
    expect(opened.key.user.questions.at(-1)).toMatchObject({ kind: 'choice', accounts: [{}] });
    pinUvAuthToken = await tokenByPin(opened.client, bit.ga);
    opened.key.user.next('approve', 'deny');
    expect(await get({ pinUvAuthToken })).toBe('OPERATION_DENIED');
  });

  it('answers the touch probe', async () => {
    await opened.client.makeCredential(resident(1));
    expect(await get({ pinUvAuthParam: new Uint8Array() })).toBe('PIN_NOT_SET');
    await opened.client.clientPin.setPin(pin);
    expect(await get({ pinUvAuthParam: new Uint8Array() })).toBe('PIN_INVALID');
    expect(opened.key.user.questions.slice(-2).map(({ purpose }) => purpose)).toEqual(['select', 'select']);
  });
});
