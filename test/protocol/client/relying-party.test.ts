import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CreationOptionsJson, RequestOptionsJson } from '../../../src/client/webauthn/options.ts';
import { WebAuthnClient } from '../../../src/client/webauthn/webauthn-client.ts';
import { createRelyingParty } from '../../../examples/relying-party/server.mjs';
import type { RelyingParty } from '../../../examples/relying-party/types.d.ts';
import { createLocalKey } from '../../support/local-key.ts';
import type { LocalKey } from '../../support/local-key.ts';

let site: RelyingParty;
let key: LocalKey;
let browser: WebAuthnClient;
beforeEach(async () => {
  site = await createRelyingParty();
  key = createLocalKey();
  browser = new WebAuthnClient({ ctap: await key.connect(), clock: key.clock, origin: site.url });
});
afterEach(() => site.close());

async function post(path: string, body: unknown): Promise<unknown> {
  const response = await fetch(site.url + path, { method: 'POST', body: JSON.stringify(body) });
  return response.json();
}

async function register(options: object): Promise<unknown> {
  const creation = (await post('/register/options', options)) as CreationOptionsJson;
  return post('/register/verify', await browser.create(creation));
}

async function signIn(options: object): Promise<unknown> {
  const request = (await post('/sign-in/options', options)) as RequestOptionsJson;
  return post('/sign-in/verify', await browser.get(request));
}

it('accepts a key, by name and without', async () => {
  expect(await register({ user: 'alice', residentKey: 'required', attestation: 'direct' })).toMatchObject({
    ok: true,
    fmt: 'packed',
    aaguid: 'a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf',
    flags: { up: true, uv: false, be: false, bs: false },
    transports: ['usb'],
    discoverable: true,
  });
  expect(await signIn({ user: 'alice' })).toMatchObject({
    ok: true,
    user: 'alice',
    counterBefore: 0,
    counterAfter: 1,
  });
  expect(await signIn({})).toMatchObject({ ok: true, user: 'alice', counterBefore: 1, counterAfter: 2 });
});

it('knows accounts by their keys', async () => {
  await register({ user: 'alice', residentKey: 'required' });
  await register({ user: 'bob', residentKey: 'required' });
  const request = (await post('/sign-in/options', { user: 'alice' })) as RequestOptionsJson;
  expect(
    await post('/sign-in/verify', await browser.get({ ...request, allowCredentials: [] })),
  ).toMatchObject({
    error: { name: 'WrongUser', message: 'This credential belongs to another account than “alice”.' },
  });
});

it('refuses a counter that went back, and forgets nothing by it', async () => {
  await register({ user: 'alice' });
  const [copy] = [...key.keystore.all()];
  await signIn({ user: 'alice' });
  await signIn({ user: 'alice' });
  await key.keystore.update(copy!);
  expect(await signIn({ user: 'alice' })).toMatchObject({
    ok: false,
    error: {
      name: 'CounterWentBack',
      message: 'The signature counter is 1, but the server has seen 2: this may be a copy of the key.',
    },
  });
  expect(await signIn({ user: 'alice' })).toMatchObject({ error: { name: 'CounterWentBack' } });
  expect(await signIn({ user: 'alice' })).toMatchObject({ ok: true, counterBefore: 2, counterAfter: 3 });
});

it('refuses a credential whose backup eligibility changed', async () => {
  await register({ user: 'alice' });
  const [credential] = [...key.keystore.all()];
  await key.keystore.update({ ...credential!, backupEligible: true });
  expect(await signIn({ user: 'alice' })).toMatchObject({ error: { name: 'BackupEligibilityChanged' } });
});

it('refuses a signature that is not of the credential', async () => {
  await register({ user: 'alice' });
  const request = (await post('/sign-in/options', { user: 'alice' })) as RequestOptionsJson;
  const answer = await browser.get(request);
  const data = Buffer.from(answer.response.authenticatorData, 'base64url');
  data[36]! ^= 0x40;
  const response = { ...answer.response, authenticatorData: data.toString('base64url') };
  expect(await post('/sign-in/verify', { ...answer, response })).toMatchObject({
    error: { name: 'VerificationFailed' },
  });
  expect(await signIn({ user: 'alice' })).toMatchObject({ ok: true, counterBefore: 0 });
});

it('insists on verification at a step-up', async () => {
  await register({ user: 'alice' });
  const request = (await post('/sign-in/options', {
    user: 'alice',
    userVerification: 'required',
  })) as RequestOptionsJson;
  const answer = await browser.get({ ...request, userVerification: 'discouraged' });
  expect(await post('/sign-in/verify', answer)).toMatchObject({ error: { name: 'VerificationFailed' } });
});
