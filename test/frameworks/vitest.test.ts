import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { describe, expect } from 'vitest';
import { UsageError } from '../../src/ports/errors.ts';
import { test } from '../../src/frameworks/vitest.ts';

const origin = 'https://login.example.com';
const rpId = 'example.com';
const creation = {
  rp: { id: rpId, name: 'Example' },
  user: { id: 'AQID', name: 'alice', displayName: 'Alice' },
  challenge: 'AAECAwQFBgcICQ',
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
};
const request = { challenge: 'CQgHBgUEAwIBAA', rpId, userVerification: 'required' };
const patient = { ...request, timeout: 60_000 };

describe('the fixture of Vitest', () => {
  test('gives a key that a server accepts, verification included', async ({ securityKey }) => {
    const site = securityKey.site(origin);
    const expected = { expectedOrigin: origin, expectedRPID: rpId, requireUserVerification: true };
    const { registrationInfo } = await verifyRegistrationResponse({
      ...expected,
      response: (await site.create(creation)) as unknown as RegistrationResponseJSON,
      expectedChallenge: creation.challenge,
    });
    const { verified } = await verifyAuthenticationResponse({
      ...expected,
      response: (await site.get(request)) as unknown as AuthenticationResponseJSON,
      expectedChallenge: request.challenge,
      credential: registrationInfo!.credential,
    });
    expect(verified).toBe(true);
    expect(securityKey.credentials()).toHaveLength(1);
  });

  test('starts every test with an empty key', ({ securityKey }) => {
    expect(securityKey.credentials()).toEqual([]);
    expect(securityKey.key.plugged).toBe(true);
  });

  test('has a user who denies once, then allows', async ({ securityKey }) => {
    const site = securityKey.site(origin);
    securityKey.user.deny({ times: 1, rpId });
    const refused = await site.create(creation).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DOMException);
    expect(refused).toMatchObject({ name: 'NotAllowedError' });
    await site.create(creation);
  });

  test('has a user who takes their time and is answered from the test', async ({ securityKey }) => {
    const { user } = securityKey;
    user.ask();
    const pending = securityKey.site(origin).create(creation);
    const question = await user.waitForQuestion({ rpId });
    expect(question).toMatchObject({ kind: 'verification', site: rpId });
    user.answer(question, 'allow');
    await pending;
    await expect(user.waitForQuestion({}, 1)).rejects.toThrow(UsageError);
    expect(() => user.answer(question, 'allow')).toThrow(UsageError);
    user.forgetRules();
    await securityKey.site(origin).get(request);
  });

  test('says what a page would get from mistakes', async ({ securityKey }) => {
    await expect(securityKey.site('https://other.test').create(creation)).rejects.toMatchObject({
      name: 'SecurityError',
    });
    await expect(securityKey.site(origin).create({})).rejects.toThrow(TypeError);
    await securityKey.unplug();
    await expect(securityKey.site(origin).get(request)).rejects.toMatchObject({ name: 'NotAllowedError' });
    await securityKey.plug();
    await securityKey.site(origin).create(creation);
  });

  test('loses the ceremony when the key is pulled out in the middle', async ({ securityKey }) => {
    await securityKey.site(origin).create(creation);
    securityKey.user.ask();
    const pending = securityKey.site(origin).get(patient);
    await securityKey.user.waitForQuestion();
    await securityKey.unplug();
    await expect(pending).rejects.toMatchObject({ name: 'NotAllowedError' });
  });

  test('aborts', async ({ securityKey }) => {
    securityKey.user.ignore();
    const page = new AbortController();
    const pending = securityKey.site(origin).create(creation, page.signal);
    page.abort();
    await expect(pending).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('makes further keys of other kinds, each with its own PIN', async ({ createKey, securityKey }) => {
    const other = await createKey({ profile: 'ctap2.1', pin: '4711', attachment: 'platform' });
    const made = await other.site(origin).create(creation);
    expect(made.response.transports).toEqual(['internal']);
    expect(other.browserUser.pinPrompts.map(({ purpose }) => purpose)).toEqual(['enter']);
    expect(securityKey.credentials()).toEqual([]);
    other.browserUser.typePin('0000', '4711');
    await other.site(origin).get(request);
    expect(other.key.pin.state().retriesLeft).toBe(8);
    other.browserUser.typePin('0000');
    await expect(other.site(origin).get(request)).rejects.toMatchObject({ name: 'NotAllowedError' });
    expect(other.key.pin.state().retriesLeft).toBe(7);
    other.browserUser.typePin(null);
    await expect(other.site(origin).get(request)).rejects.toMatchObject({ name: 'NotAllowedError' });
  });

  test('has an account chooser', async ({ securityKey }) => {
    const site = securityKey.site(origin);
    await site.create(creation);
    await site.create({ ...creation, user: { id: 'BAUG', name: 'bob', displayName: 'Bob' } });
    const newest = await site.get(request);
    expect(newest.response.userHandle).toBe('BAUG');
    securityKey.browserUser.pickAccount('alice');
    const chosen = await site.get(request);
    expect(chosen.response.userHandle).toBe('AQID');
    securityKey.browserUser.pickAccount('carol');
    await expect(site.get(request)).rejects.toMatchObject({ name: 'NotAllowedError' });
  });

  test('puts credentials in and takes them away', async ({ securityKey }) => {
    const { id } = await securityKey.addCredential({ rpId, user: { id: Uint8Array.of(9), name: 'carol' } });
    const used = await securityKey.site(origin).get(request);
    expect(used.response.userHandle).toBe('CQ');
    expect(await securityKey.removeCredential(id)).toBe(true);
    expect(await securityKey.clearCredentials()).toBe(0);
  });
});
