import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeyHost } from '../../../../src/app/key-host.ts';
import { systemClock, systemRandom } from '../../../../src/app/system.ts';
import { createWebAuthnBridge } from '../../../../src/app/webauthn-bridge.ts';
import { openHidChannel } from '../../../../src/client/hid-channel.ts';
import { CtapClient } from '../../../../src/client/ctap-client.ts';
import { U2fClient } from '../../../../src/client/u2f-client.ts';
import type { KeyHost } from '../../../../src/control/handle.ts';
import { createVirtualAuthenticatorRoutes } from '../../../../src/control/webdriver/routes.ts';
import { VirtualAuthenticators } from '../../../../src/control/webdriver/virtual-authenticators.ts';
import { createNodeCrypto } from '../../../../src/crypto/node/provider.ts';

let host: KeyHost;
let routes: ReturnType<typeof createVirtualAuthenticatorRoutes>;
beforeEach(() => {
  host = createKeyHost();
  routes = createVirtualAuthenticatorRoutes(new VirtualAuthenticators({ host, transports: [] }));
});
afterEach(() => host.close());

interface Answer {
  readonly status: number;
  readonly value: unknown;
}

async function send(method: string, path: string, body?: unknown): Promise<Answer> {
  const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await routes.request(`/session/s1/webauthn/authenticator${path}`, init);
  const { value } = (await response.json()) as { value: unknown };
  return { status: response.status, value };
}

const modern = {
  protocol: 'ctap2_1',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
};

async function add(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const { value } = await send('POST', '', { ...modern, ...changes });
  expect(value).toEqual(expect.any(String));
  return value as string;
}

function bridgeTo(id: string) {
  return createWebAuthnBridge({
    connect: () => host.require(id).connect(),
    clock: systemClock,
    platform: { crypto: createNodeCrypto(), random: systemRandom },
  });
}

const origin = 'https://example.com';
const creation = {
  rp: { id: 'example.com', name: 'Example' },
  user: { id: 'AQID', name: 'alice', displayName: 'Alice' },
  challenge: 'AAECAwQFBgcICQ',
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
};

function register(id: string, selection: Readonly<Record<string, unknown>> = {}, more: object = {}) {
  const options = { ...creation, authenticatorSelection: selection, ...more };
  return bridgeTo(id).create({ origin, options });
}

function signIn(id: string, more: object = {}) {
  return bridgeTo(id).get({ origin, options: { challenge: 'CQgHBgUEAwIBAA', rpId: 'example.com', ...more } });
}

/** Flags and counter of an assertion, or of the data in a registration. */
function seenBySite({ response }: { readonly response: { readonly authenticatorData: string } }) {
  const data = Buffer.from(response.authenticatorData, 'base64url');
  const flags = data[32] ?? 0;
  return { uv: (flags & 4) > 0, be: (flags & 8) > 0, bs: (flags & 16) > 0, count: data.readUInt32BE(33) };
}

function responseOf<T>(answer: { response: T } | { error: { name: string; message: string } }): T {
  if ('error' in answer) throw new TypeError(`${answer.error.name}: ${answer.error.message}`);
  return answer.response;
}

const newPrivateKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'der' })
    .toString('base64url');

const resident = (changes: object = {}) => ({
  credentialId: 'AAECAwQFBgcICQoLDA0ODw',
  isResidentCredential: true,
  rpId: 'example.com',
  privateKey: newPrivateKey(),
  userHandle: 'Ynl0ZXM',
  signCount: 41,
  ...changes,
});

describe('Add Virtual Authenticator', () => {
  it('makes a key that a site can use, and answers with its id', async () => {
    const id = await add();
    expect(id).toMatch(/^[\w.~-]{1,48}$/);
    const made = responseOf(await register(id, { residentKey: 'required', userVerification: 'required' }));
    const used = responseOf(await signIn(id, { userVerification: 'required' }));
    expect(used.id).toBe(made.id);
    expect(seenBySite(used)).toEqual({ uv: true, be: false, bs: false, count: 1 });
  });

  it('knows the defaults of the standard: no resident keys, no verification, a user who consents', async () => {
    const id = (await send('POST', '', { protocol: 'ctap2', transport: 'usb' })).value as string;
    const refused = { error: { name: 'ConstraintError' } };
    expect(await register(id, { residentKey: 'required' })).toMatchObject(refused);
    expect(await register(id, { userVerification: 'required' })).toMatchObject(refused);
    expect(seenBySite(responseOf(await register(id)))).toMatchObject({ uv: false, be: false, bs: false });
  });

  it('plays a user who does not consent', async () => {
    const id = await add({ isUserConsenting: false });
    expect(await register(id)).toMatchObject({ error: { name: 'NotAllowedError' } });
  });

  it('plays a U2F key', async () => {
    const id = await add({ protocol: 'ctap1/u2f', hasResidentKey: false, hasUserVerification: false });
    const channel = await openHidChannel({
      pipe: host.require(id).connect(),
      clock: systemClock,
      random: systemRandom,
    });
    const u2f = new U2fClient(channel);
    const touched = () => u2f.register(new Uint8Array(32), new Uint8Array(32).fill(1));
    await vi.waitFor(async () => expect((await touched()).certificate.length).toBeGreaterThan(0));
    expect((await send('GET', `/${id}/credentials`)).value).toMatchObject([{ isResidentCredential: false }]);
  });

  it('gives new credentials the flags of a synced passkey', async () => {
    const id = await add({ defaultBackupEligibility: true, defaultBackupState: true });
    expect(seenBySite(responseOf(await register(id)))).toMatchObject({ be: true, bs: true });
  });

  it.each(['prf', 'largeBlob', 'credBlob'])('has the extension %s when asked for it', async (extension) => {
    const inputs = { prf: { prf: {} }, largeBlob: { largeBlob: { support: 'required' } }, credBlob: {} };
    const extensions = inputs[extension as keyof typeof inputs];
    const id = await add({ extensions: [extension] });
    const made = responseOf(await register(id, { residentKey: 'required' }, { extensions }));
    const results: Readonly<Record<string, unknown>> = { ...made.clientExtensionResults };
    if (extension === 'prf') expect(results['prf']).toEqual({ enabled: true });
    if (extension === 'largeBlob') expect(results['largeBlob']).toEqual({ supported: true });
    expect((await host.require(id).info())['extensions']).toContain(
      extension === 'prf' ? 'hmac-secret' : extension,
    );
  });

  it.each([
    ['a body that is no object', [], /expected object/],
    ['no protocol', { transport: 'usb' }, /^protocol: /],
    ['an unknown protocol', { ...modern, protocol: 'ctap3' }, /^protocol: /],
    ['no transport', { protocol: 'ctap2' }, /^transport: /],
    ['an unknown transport', { ...modern, transport: 'cable' }, /^transport: /],
    ['a flag of the wrong type', { ...modern, hasResidentKey: 'yes' }, /^hasResidentKey: /],
    ['extensions of the wrong type', { ...modern, extensions: 'prf' }, /^extensions: /],
    ['an unknown member', { ...modern, isBogus: true }, /isBogus/],
    ['backed up, but not eligible', { ...modern, defaultBackupState: true }, /eligible/],
  ])('answers invalid argument to %s, and makes no key', async (_, body, message) => {
    const { status, value } = await send('POST', '', body);
    expect({ status, value }).toMatchObject({
      status: 400,
      value: { error: 'invalid argument', stacktrace: '' },
    });
    expect((value as { message: string }).message).toMatch(message);
    expect(host.list()).toEqual([]);
  });

  it.each([
    ['an extension that it does not know', { extensions: ['teleport'] }],
    ['a name that every object has', { extensions: ['constructor'] }],
    ['an extension on a U2F key', { protocol: 'ctap1/u2f', extensions: ['prf'] }],
  ])('answers unsupported operation to %s', async (_, changes) => {
    const answer = await send('POST', '', { ...modern, ...changes });
    expect(answer).toMatchObject({ status: 500, value: { error: 'unsupported operation' } });
    expect(host.list()).toEqual([]);
  });

  it('answers invalid argument to what is no JSON', async () => {
    const response = await routes.request('/session/s1/webauthn/authenticator', {
      method: 'POST',
      body: '{',
    });
    expect(await response.json()).toMatchObject({ value: { error: 'invalid argument' } });
  });
});

describe('Remove Virtual Authenticator', () => {
  it('takes the key away', async () => {
    const id = await add();
    expect(await send('DELETE', `/${id}`)).toEqual({ status: 200, value: null });
    expect(host.list()).toEqual([]);
    expect(await send('DELETE', `/${id}`)).toMatchObject({
      status: 400,
      value: { error: 'invalid argument' },
    });
  });

  it('does not know the authenticators of another session', async () => {
    const id = await add();
    const response = await routes.request(`/session/s2/webauthn/authenticator/${id}`, { method: 'DELETE' });
    expect(response.status).toBe(400);
    expect(host.list()).toHaveLength(1);
  });
});

describe('credentials', () => {
  it('signs in with a credential that was added, and counts on from its counter', async () => {
    const id = await add();
    expect(await send('POST', `/${id}/credential`, resident())).toEqual({ status: 200, value: null });
    const used = responseOf(await signIn(id));
    expect({ id: used.id, user: used.response.userHandle }).toEqual({
      id: 'AAECAwQFBgcICQoLDA0ODw',
      user: 'Ynl0ZXM',
    });
    expect(seenBySite(used).count).toBe(42);
  });

  it('takes the newest of several accounts on the key: no browser has to ask which one', async () => {
    const id = await add();
    const userHandles = ['AAAA', 'AAAB'];
    for (const [index, userHandle] of userHandles.entries())
      await send('POST', `/${id}/credential`, {
        ...resident({
          userHandle,
          userName: `user ${index}`,
          credentialId: `${'A'.repeat(21)}${'AQ'[index]}`,
        }),
      });
    const channel = await openHidChannel({
      pipe: host.require(id).connect(),
      clock: systemClock,
      random: systemRandom,
    });
    const assertion = await new CtapClient(channel, {
      crypto: createNodeCrypto(),
      random: systemRandom,
    }).getAssertion({
      rpId: 'example.com',
      clientDataHash: new Uint8Array(32),
      options: { uv: true },
    });
    expect(assertion).toMatchObject({ userSelected: true, user: { name: 'user 1' } });
    expect(assertion.numberOfCredentials).toBeUndefined();
  });

  it('gives back what was added, in the order of adding', async () => {
    const id = await add({ extensions: ['largeBlob'] });
    const first = resident({
      largeBlob: 'aGVsbG8',
      backupEligibility: true,
      backupState: true,
      userName: 'alice',
      userDisplayName: 'Alice',
    });
    const second = {
      ...resident({ credentialId: 'EBESExQVFhcYGRobHB0eHw', signCount: null, isResidentCredential: false }),
    };
    await send('POST', `/${id}/credential`, first);
    await send('POST', `/${id}/credential`, second);
    expect((await send('GET', `/${id}/credentials`)).value).toEqual([
      first,
      { ...second, backupEligibility: false, backupState: false },
    ]);
  });

  it('lets a credential without a counter always send zero', async () => {
    const id = await add();
    await send('POST', `/${id}/credential`, resident({ signCount: null }));
    await signIn(id);
    expect(seenBySite(responseOf(await signIn(id))).count).toBe(0);
  });

  it.each([
    ['no sign count', { signCount: undefined }],
    ['a negative sign count', { signCount: -1 }],
    ['a sign count above 32 bits', { signCount: 2 ** 32 }],
    ['a resident credential without a user handle', { userHandle: undefined }],
    ['a key that is no PKCS#8', { privateKey: 'AAEC' }],
    ['padding', { credentialId: 'AAE=' }],
    ['an empty id', { credentialId: '' }],
    ['an unknown member', { rpName: 'Example' }],
    ['backed up, but not eligible', { backupState: true }],
    ['a large blob without the extension', { largeBlob: 'aGVsbG8' }],
  ])('answers invalid argument to %s, and stores nothing', async (_, changes) => {
    const id = await add();
    const answer = await send('POST', `/${id}/credential`, resident(changes));
    expect(answer).toMatchObject({ status: 400, value: { error: 'invalid argument' } });
    expect((await send('GET', `/${id}/credentials`)).value).toEqual([]);
  });

  it.each([
    ['a key without resident keys', { hasResidentKey: false }],
    ['a U2F key', { protocol: 'ctap1/u2f' }],
  ])('does not put a resident credential on %s', async (_, changes) => {
    const id = await add(changes);
    expect(await send('POST', `/${id}/credential`, resident())).toMatchObject({ status: 400 });
  });

  it('removes one, then all', async () => {
    const id = await add();
    for (const credentialId of ['AAAAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAAQ', 'AAAAAAAAAAAAAAAAAAAAAg'])
      await send('POST', `/${id}/credential`, resident({ credentialId, userHandle: credentialId }));
    expect(await send('DELETE', `/${id}/credentials/AAAAAAAAAAAAAAAAAAAAAQ`)).toEqual({
      status: 200,
      value: null,
    });
    expect((await send('GET', `/${id}/credentials`)).value).toHaveLength(2);
    expect(await send('DELETE', `/${id}/credentials/AAAAAAAAAAAAAAAAAAAAAQ`)).toMatchObject({ status: 400 });
    await send('DELETE', `/${id}/credentials`);
    expect((await send('GET', `/${id}/credentials`)).value).toEqual([]);
  });

  it('changes flags and counter by Set Credential Properties', async () => {
    const id = await add();
    await send('POST', `/${id}/credential`, resident());
    const path = `/${id}/credentials/AAECAwQFBgcICQoLDA0ODw/props`;
    await send('POST', path, { backupEligibility: true, backupState: true, signCount: 7 });
    expect(seenBySite(responseOf(await signIn(id)))).toMatchObject({ be: true, bs: true, count: 8 });
    await send('POST', path, { signCount: null });
    expect(seenBySite(responseOf(await signIn(id)))).toMatchObject({ be: true, count: 0 });
    expect(await send('POST', path, { backupEligibility: false })).toMatchObject({ status: 400 });
    expect(await send('POST', path, { counter: 1 })).toMatchObject({ status: 400 });
    expect(await send('POST', `/${id}/credentials/AAAA/props`, {})).toMatchObject({ status: 400 });
  });
});

describe('Set User Verified', () => {
  it('decides whether verification succeeds, however often it failed before', async () => {
    const id = await add({ isUserVerified: false });
    for (let round = 0; round < 30; round++) {
      await expect(register(id, { userVerification: 'required' })).resolves.toHaveProperty('error');
      if (round % 20 === 19) await send('POST', `/${id}/uv`, { isUserVerified: false });
    }
    expect(await send('POST', `/${id}/uv`, { isUserVerified: true })).toEqual({ status: 200, value: null });
    const made = responseOf(await register(id, { userVerification: 'required' }));
    expect(seenBySite(made).uv).toBe(true);
    expect(await send('POST', `/${id}/uv`, {})).toMatchObject({ status: 400 });
  });
});

describe('other paths', () => {
  it('are unknown commands, and other methods unknown methods', async () => {
    const id = await add();
    expect(await send('GET', `/${id}/secrets`)).toMatchObject({
      status: 404,
      value: { error: 'unknown command' },
    });
    expect(await send('PUT', `/${id}/uv`)).toMatchObject({ status: 405, value: { error: 'unknown method' } });
  });
});
