import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKeyHost } from '../../../src/app/key-host.ts';
import { createWebAuthnService } from '../../../src/app/webauthn-bridge-service.ts';
import { createControlApp } from '../../../src/control/app.ts';
import type { ControlApp } from '../../../src/control/app.ts';
import { extensionOrigin } from '../../../src/control/extension-origin.ts';
import type { KeyHost } from '../../../src/control/handle.ts';
import { webauthnRoutes } from '../../../src/control/routes/webauthn.ts';
import { systemClock } from '../../../src/app/system.ts';

/** A loaded machine may take its time. */
const patience = { timeout: 10_000 };

const origin = 'https://login.example.com';
const token = 'secret';
const creation = {
  rp: { id: 'example.com', name: 'Example' },
  user: { id: 'AQID', name: 'alice', displayName: 'Alice' },
  challenge: 'AAECAwQFBgcICQ',
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
};
const request = { challenge: 'CQgHBgUEAwIBAA', rpId: 'example.com', userVerification: 'required' };

let host: KeyHost;
let app: ControlApp;
beforeEach(async () => {
  host = createKeyHost();
  await host.create({ id: 'k' });
  app = createControlApp({
    host,
    clock: systemClock,
    version: '0',
    token,
    hosts: ['localhost'],
    origins: [extensionOrigin],
    extraGroups: [webauthnRoutes(createWebAuthnService(host))],
  });
});
afterEach(async () => {
  app.close();
  await host.close();
});

async function call(method: string, path: string, body?: unknown, signal?: AbortSignal) {
  const response = await app.fetch(
    new Request(`http://localhost${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    }),
  );
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

const create = (more: object = {}) =>
  call('POST', '/keys/k/webauthn/create', { origin, options: creation, ...more });
const get = (more: object = {}) =>
  call('POST', '/keys/k/webauthn/get', { origin, options: request, ...more });
const prompts = () => call('GET', '/keys/k/webauthn/prompts');

it('registers and signs in with a PIN that the request carries', async () => {
  expect(await create()).toMatchObject({ status: 200, body: { error: { name: 'NotAllowedError' } } });
  expect(await create({ pin: '1234' })).toMatchObject({
    status: 200,
    body: { response: { type: 'public-key', authenticatorAttachment: 'cross-platform' } },
  });
  const used = await get({ pin: '1234', attachment: 'platform' });
  expect(used).toMatchObject({ body: { response: { authenticatorAttachment: 'platform' } } });
  expect(await get({ pin: '9999' })).toMatchObject({ body: { error: { name: 'NotAllowedError' } } });
  expect(host.require('k').pin.state().retriesLeft).toBe(7);
});

it('shows what the browser asks, and takes the answers', async () => {
  const registered = create({ prompts: true });
  await expect
    .poll(prompts, patience)
    .toMatchObject({ body: [{ kind: 'pin', purpose: 'set', minLength: 4, origin }] });
  expect(await call('POST', '/keys/k/webauthn/prompts/1', { account: 0 })).toMatchObject({
    status: 409,
    body: { code: 'refused' },
  });
  expect(await call('POST', '/keys/k/webauthn/prompts/1', { pin: '1234' })).toMatchObject({ status: 204 });
  expect(await registered).toMatchObject({ body: { response: {} } });
  await create({
    pin: '1234',
    options: { ...creation, user: { id: 'BA', name: 'bob', displayName: 'Bob' } },
  });

  const signedIn = get({ prompts: true });
  await expect
    .poll(prompts, patience)
    .toMatchObject({ body: [{ kind: 'pin', purpose: 'enter', retriesLeft: 8 }] });
  await call('POST', '/keys/k/webauthn/prompts/2', { pin: '1234' });
  await expect.poll(prompts, patience).toMatchObject({
    body: [{ kind: 'account', accounts: [{ name: 'bob', displayName: 'Bob' }, { name: 'alice' }] }],
  });
  expect(await call('POST', '/keys/k/webauthn/prompts/3', { account: 2 })).toMatchObject({ status: 409 });
  await call('POST', '/keys/k/webauthn/prompts/3', { account: 1 });
  expect(await signedIn).toMatchObject({ body: { response: { response: { userHandle: 'AQID' } } } });
});

it('ends its prompts with the ceremony: cancelled by the person, or with the request', async () => {
  const cancelled = create({ prompts: true });
  await expect.poll(prompts, patience).toMatchObject({ body: [{ id: '1' }] });
  await call('POST', '/keys/k/webauthn/prompts/1', { cancel: true });
  expect(await cancelled).toMatchObject({ body: { error: { name: 'NotAllowedError' } } });
  const page = new AbortController();
  const body = { origin, options: creation, prompts: true };
  const aborted = call('POST', '/keys/k/webauthn/create', body, page.signal);
  await expect.poll(prompts, patience).toMatchObject({ body: [{ id: '2' }] });
  page.abort();
  expect(await aborted).toMatchObject({ body: { error: { name: 'AbortError' } } });
  expect(await prompts()).toEqual({ status: 200, body: [] });
  expect(await call('POST', '/keys/k/webauthn/prompts/2', { pin: '1' })).toMatchObject({ status: 404 });
});

it('says whether there is a key that could verify its user', async () => {
  expect(await call('GET', '/keys/k/webauthn')).toMatchObject({ body: { canVerifyUser: true } });
  await host.require('k').unplug();
  expect(await call('GET', '/keys/k/webauthn')).toMatchObject({ body: { canVerifyUser: false } });
  expect(await create()).toMatchObject({ status: 200, body: { error: { name: 'NotAllowedError' } } });
});

it.each([
  ['GET', '/keys/none/webauthn', undefined, 404],
  ['GET', '/keys/none/webauthn/prompts', undefined, 404],
  ['POST', '/keys/none/webauthn/prompts/1', { cancel: true }, 404],
  ['POST', '/keys/none/webauthn/create', { origin, options: {} }, 404],
  ['POST', '/keys/k/webauthn/create', { options: {} }, 422],
  ['POST', '/keys/k/webauthn/get', { origin, options: 'x' }, 422],
  ['POST', '/keys/k/webauthn/get', { origin, options: {}, surprise: 1 }, 422],
])('%s %s with %j is refused with %i', async (method, path, body, status) => {
  const answer = await call(method, path, body);
  expect(answer).toMatchObject({ status, body: { message: expect.stringMatching(/\.$/) as string } });
});

it.each([
  [extensionOrigin, `Bearer ${token}`, 200],
  [extensionOrigin, 'Bearer wrong', 401],
  [extensionOrigin, undefined, 401],
  ['chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', `Bearer ${token}`, 403],
  ['https://example.com', `Bearer ${token}`, 403],
])('lets %s with %s in: %i', async (from, authorization, status) => {
  const headers = { origin: from, ...(authorization !== undefined && { authorization }) };
  const response = await app.fetch(new Request('http://localhost/keys/k/webauthn/prompts', { headers }));
  expect(response.status).toBe(status);
});

it('has the id that the manifest of the extension fixes', () => {
  const folder = resolve(import.meta.dirname, '../../../extension');
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { key: string };
  const digest = createHash('sha256').update(Buffer.from(manifest.key, 'base64')).digest('hex');
  const id = digest.slice(0, 32).replace(/./g, (digit) => 'abcdefghijklmnop'.charAt(parseInt(digit, 16)));
  expect(extensionOrigin).toBe(`chrome-extension://${id}`);
});
