import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRelyingParty } from '../../../examples/relying-party/server.mjs';
import type { RelyingParty } from '../../../examples/relying-party/types.d.ts';

let site: RelyingParty;
beforeEach(async () => {
  site = await createRelyingParty();
});
afterEach(() => site.close());

async function post(path: string, body: unknown): Promise<{ status: number; name: string | undefined }> {
  const response = await fetch(site.url + path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer = (await response.json()) as { error?: { name: string } };
  return { status: response.status, name: answer.error?.name };
}

function clientDataJSON(challenge: string): string {
  const text = JSON.stringify({ type: 'webauthn.create', challenge, origin: site.url });
  return Buffer.from(text).toString('base64url');
}

describe('relying party, bad input', () => {
  it.each([
    ['no account name', '/register/options', {}],
    ['a body that is not JSON', '/register/options', '{'],
    ['a body that is an array', '/register/options', []],
    ['a misspelt option', '/register/options', { user: 'a', residentkey: 'required' }],
    ['an unknown value', '/register/options', { user: 'a', userVerification: 'always' }],
    ['an unknown algorithm', '/register/options', { user: 'a', algorithms: ['ES512'] }],
    ['an inherited property as an option', '/sign-in/options', { constructor: 'a' }],
    ['a response without members', '/register/verify', {}],
    ['client data that is not JSON', '/sign-in/verify', { id: 'a', response: { clientDataJSON: '!' } }],
  ])('refuses %s', async (_, path, body) => {
    expect(await post(path, body)).toEqual({ status: 400, name: 'BadRequest' });
  });

  it('refuses an unknown user and an unknown challenge by name', async () => {
    expect(await post('/sign-in/options', { user: 'nobody' })).toEqual({ status: 404, name: 'UnknownUser' });
    const response = {
      id: 'a',
      response: { clientDataJSON: clientDataJSON('AAAA') },
      clientExtensionResults: {},
    };
    expect(await post('/register/verify', response)).toEqual({ status: 400, name: 'UnknownChallenge' });
  });

  it('takes a challenge once, and refuses a response the library does not accept', async () => {
    const options = await fetch(`${site.url}/register/options`, { method: 'POST', body: '{"user":"alice"}' });
    const { challenge } = (await options.json()) as { challenge: string };
    const response = {
      id: 'a',
      rawId: 'b',
      response: { clientDataJSON: clientDataJSON(challenge) },
      clientExtensionResults: {},
    };
    expect(await post('/register/verify', response)).toEqual({ status: 400, name: 'VerificationFailed' });
    expect(await post('/register/verify', response)).toEqual({ status: 400, name: 'UnknownChallenge' });
    expect(await (await fetch(`${site.url}/users`)).json()).toEqual([]);
  });

  it('refuses a host that is not a secure context', async () => {
    const response = await fetch(`http://127.0.0.1:${site.port}/`);
    expect(response.status).toBe(421);
  });

  it('takes the host of the page as the RP ID', async () => {
    const response = await fetch(`${site.url}/register/options`, {
      method: 'POST',
      body: '{"user":"alice"}',
    });
    expect(await response.json()).toMatchObject({ rp: { id: 'localhost' } });
  });

  it('serves the page, the browser library and nothing else', async () => {
    const statuses = [
      '/',
      '/app.js',
      '/style.css',
      '/simplewebauthn.js',
      '/../server.mjs',
      '/constructor',
    ].map(async (path) => (await fetch(site.url + path)).status);
    expect(await Promise.all(statuses)).toEqual([200, 200, 200, 200, 404, 404]);
  });
});
