import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { beforeEach, describe, expect, it } from 'vitest';
import { isListedSuffix } from '../../../src/app/webauthn-bridge-suffix.ts';
import { createWebAuthnBridge } from '../../../src/app/webauthn-bridge.ts';
import type {
  WebAuthnAnswer,
  WebAuthnBridge,
  WebAuthnBridgeOptions,
  WebAuthnCall,
} from '../../../src/app/webauthn-bridge.ts';
import type { CreationOptionsJson, RequestOptionsJson } from '../../../src/client/webauthn/options.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { UsageError } from '../../../src/ports/errors.ts';
import type { HidPipe } from '../../../src/ports/hid-pipe.ts';
import { settle } from '../../support/fake-clock.ts';
import { connectEndpoint, createLocalKey, localRandom } from '../../support/local-key.ts';
import type { LocalKey } from '../../support/local-key.ts';

const origin = 'https://login.example.com';
const creation: CreationOptionsJson = {
  rp: { id: 'example.com', name: 'Example' },
  user: { id: 'AQID', name: 'alice', displayName: 'Alice' },
  challenge: 'AAECAwQFBgcICQ',
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  attestation: 'direct',
};
const request: RequestOptionsJson = { challenge: 'CQgHBgUEAwIBAA', rpId: 'example.com' };

let key: LocalKey;
let bridge: WebAuthnBridge;
beforeEach(() => useKey());

function useKey(
  changes: Parameters<typeof createLocalKey>[0] = {},
  options: Partial<WebAuthnBridgeOptions> = {},
): void {
  key = createLocalKey(changes);
  bridge = createWebAuthnBridge({
    connect: () => connectEndpoint(key.endpoint),
    clock: key.clock,
    platform: { crypto: createNodeCrypto(), random: localRandom() },
    ...options,
  });
}

function create(options: Partial<CreationOptionsJson> = {}, call: Partial<WebAuthnCall> = {}) {
  return bridge.create({ origin, options: { ...creation, ...options }, ...call });
}

function get(options: Partial<RequestOptionsJson> = {}, call: Partial<WebAuthnCall> = {}) {
  return bridge.get({ origin, options: { ...request, ...options }, ...call });
}

function responseOf<T>(answer: WebAuthnAnswer<T>): T {
  if ('error' in answer) throw new Error(`${answer.error.name}: ${answer.error.message}`);
  return answer.response;
}

const clientData = ({ response }: { response: { clientDataJSON: string } }): unknown =>
  JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString());

describe('the bridge', () => {
  it('registers and signs in, judged by SimpleWebAuthn', async () => {
    const made = responseOf(await create({ authenticatorSelection: { residentKey: 'required' } }));
    const registration = await verifyRegistrationResponse({
      response: made as unknown as RegistrationResponseJSON,
      expectedChallenge: creation.challenge,
      expectedOrigin: origin,
      expectedRPID: 'example.com',
      requireUserVerification: false,
    });
    const used = responseOf(await get());
    const { verified } = await verifyAuthenticationResponse({
      response: used as unknown as AuthenticationResponseJSON,
      expectedChallenge: request.challenge,
      expectedOrigin: origin,
      expectedRPID: 'example.com',
      credential: registration.registrationInfo!.credential,
      requireUserVerification: false,
    });
    expect(verified).toBe(true);
    expect(used.response.userHandle).toBe('AQID');
  });

  it('plays a platform authenticator when it is told to', async () => {
    const wanted = { authenticatorSelection: { authenticatorAttachment: 'platform' } };
    expect(await create(wanted)).toMatchObject({ error: { name: 'NotAllowedError' } });
    const made = responseOf(await create(wanted, { attachment: 'platform' }));
    expect(made).toMatchObject({
      authenticatorAttachment: 'platform',
      response: { transports: ['internal'] },
    });
    const used = responseOf(await get({ allowCredentials: [made] }, { attachment: 'platform' }));
    expect(used.authenticatorAttachment).toBe('platform');
  });

  it('lets hints win over an attachment that contradicts them', async () => {
    const platform = { authenticatorSelection: { authenticatorAttachment: 'platform' } };
    responseOf(await create({ ...platform, hints: ['hybrid', 'security-key'] }));
    const roaming = { authenticatorSelection: { authenticatorAttachment: 'cross-platform' } };
    expect(await create(roaming, { attachment: 'platform' })).toMatchObject({
      error: { name: 'NotAllowedError' },
    });
    responseOf(await create({ ...roaming, hints: ['client-device'] }, { attachment: 'platform' }));
  });

  it('tells the site in which frame it was called', async () => {
    const framed = { crossOrigin: true, topOrigin: 'https://news.example' };
    expect(clientData(responseOf(await create({}, framed)))).toEqual({
      type: 'webauthn.create',
      challenge: creation.challenge,
      origin,
      ...framed,
    });
    expect(clientData(responseOf(await create({}, { topOrigin: 'https://news.example' })))).toEqual({
      type: 'webauthn.create',
      challenge: creation.challenge,
      origin,
      crossOrigin: false,
    });
  });

  it('passes the PIN that the user enters, and says when nobody does', async () => {
    const verified = { authenticatorSelection: { userVerification: 'required' } };
    expect(await create(verified)).toMatchObject({ error: { name: 'NotAllowedError' } });
    const asked: string[] = [];
    const user = {
      askPin: ({ purpose }: { purpose: string }) => {
        asked.push(purpose);
        return Promise.resolve('1234');
      },
    };
    const made = responseOf(await create(verified, { user }));
    expect(Buffer.from(made.response.authenticatorData, 'base64url')[32]! & 0x04).toBe(0x04);
    responseOf(await get({ userVerification: 'required', allowCredentials: [made] }, { user }));
    expect(asked).toEqual(['set', 'enter']);
  });

  it('cancels at the key when the page aborts', async () => {
    key.user.next('ignore');
    const page = new AbortController();
    const pending = bridge.create({ origin, options: creation }, page.signal);
    await settle();
    page.abort();
    expect(await pending).toMatchObject({ error: { name: 'AbortError' } });
    expect(key.events.at(-1)).toMatchObject({ type: 'command', name: 'makeCredential', status: 0x2d });
    responseOf(await create());
  });

  it('does not wait for a person when the ceremony is over', async () => {
    const page = new AbortController();
    const user = {
      askPin: () => {
        page.abort();
        return new Promise<string>(() => undefined);
      },
    };
    const authenticatorSelection = { userVerification: 'required' };
    const options = { ...creation, authenticatorSelection };
    expect(await bridge.create({ origin, options, user }, page.signal)).toMatchObject({
      error: { name: 'AbortError' },
    });
  });

  it('ends a ceremony whose time is over', async () => {
    key.user.next('ignore');
    const pending = create({ timeout: 5000 });
    await settle();
    key.clock.advance(5000);
    expect(await pending).toMatchObject({ error: { name: 'NotAllowedError' } });
  });

  it('has the names that a browser gives to what goes wrong', async () => {
    const { id } = responseOf(await create());
    const excluded = await create({ excludeCredentials: [{ type: 'public-key', id }] });
    expect(excluded).toMatchObject({ error: { name: 'InvalidStateError' } });
    key.user.next('deny');
    expect(await create()).toMatchObject({ error: { name: 'NotAllowedError' } });
    const unknownAlgorithm = await create({ pubKeyCredParams: [{ type: 'public-key', alg: -65535 }] });
    expect(unknownAlgorithm).toMatchObject({ error: { name: 'NotSupportedError' } });
    expect(await get({ challenge: '=' })).toMatchObject({ error: { name: 'EncodingError' } });
  });

  it('gives NotAllowedError when there is no key, or it goes', async () => {
    let pipe: HidPipe | undefined;
    useKey({}, { connect: () => (pipe = connectEndpoint(key.endpoint)) });
    key.user.next(async () => {
      await pipe?.close();
      return 'approve' as const;
    });
    expect(await create()).toMatchObject({ error: { name: 'NotAllowedError' } });
    const connect = () => {
      throw new UsageError('The key is not plugged in.', { problem: 'unplugged' });
    };
    useKey({}, { connect });
    expect(await create()).toEqual({
      error: { name: 'NotAllowedError', message: 'The key is not plugged in.' },
    });
    expect(await bridge.canVerifyUser()).toBe(false);
  });

  it('says which member of the options is wrong', async () => {
    const wrong: [unknown, string][] = [
      [undefined, 'publicKey:'],
      [{ ...creation, rp: {} }, 'publicKey.rp.name:'],
      [{ ...creation, pubKeyCredParams: [{ type: 'public-key', alg: 'ES256' }] }, 'pubKeyCredParams.0.alg:'],
      [{ ...creation, timeout: -1 }, 'publicKey.timeout:'],
      [{ ...creation, extensions: { prf: { eval: {} } } }, 'extensions.prf.eval.first:'],
    ];
    for (const [options, member] of wrong) {
      expect(await bridge.create({ origin, options })).toMatchObject({
        error: { name: 'TypeError', message: expect.stringContaining(member) as string },
      });
    }
    expect(key.events).toEqual([]);
  });

  it('says whether the key could verify its user', async () => {
    expect(await bridge.canVerifyUser()).toBe(true);
    useKey({ pin: undefined, credentialManagement: false } as never);
    expect(await bridge.canVerifyUser()).toBe(false);
  });

  it('keeps large blobs for the page', async () => {
    useKey({
      extensions: ['credProtect', 'hmac-secret', 'largeBlobKey'],
      largeBlobArray: { capacity: 2048 },
    });
    const made = responseOf(
      await create({
        authenticatorSelection: { residentKey: 'required' },
        extensions: { largeBlob: { support: 'required' } },
      }),
    );
    const allowCredentials = [made];
    const write = Buffer.from('a certificate '.repeat(20)).toString('base64url');
    const written = await get({ allowCredentials, extensions: { largeBlob: { write } } });
    expect(responseOf(written).clientExtensionResults.largeBlob).toEqual({ written: true });
    const read = await get({ allowCredentials, extensions: { largeBlob: { read: true } } });
    expect(responseOf(read).clientExtensionResults.largeBlob).toEqual({ blob: write });
  });
});

describe('origin and RP ID', () => {
  it.each([
    ['https://a.co.uk', 'co.uk'],
    ['https://alice.github.io', 'github.io'],
    ['https://example.com', 'com'],
    ['https://example.com', 'example.org'],
    ['https://notexample.com', 'example.com'],
    ['http://example.com', 'example.com'],
    ['http://shop.localhost', 'localhost'],
    ['https://192.0.2.1', '192.0.2.1'],
    ['null', 'example.com'],
  ])('%s may not be %s', async (own, id) => {
    const answer = await create({ rp: { id, name: 'x' } }, { origin: own });
    expect(answer).toMatchObject({ error: { name: 'SecurityError' } });
    expect(key.user.questions).toEqual([]);
    const checked = await bridge.check({ origin: own, options: { ...request, rpId: id } });
    expect(checked).toMatchObject({ error: { name: 'SecurityError' } });
  });

  it.each([
    ['https://a.b.co.uk', 'b.co.uk'],
    ['https://x.alice.github.io', 'alice.github.io'],
    ['http://shop.localhost:8080', 'shop.localhost'],
    ['http://localhost:8080', 'localhost'],
  ])('%s may be %s', async (own, id) => {
    responseOf(await create({ rp: { id, name: 'x' } }, { origin: own }));
    expect(key.user.questions[0]?.site).toBe(id);
    const checked = await bridge.check({ origin: own, options: { ...request, rpId: id } });
    expect(checked).toEqual({ response: { rpId: id } });
  });

  it('asks the list that it is given, and only where it matters', async () => {
    const asked: string[] = [];
    const isPublicSuffix = (domain: string) => {
      asked.push(domain);
      return Promise.resolve(domain === 'example.com');
    };
    useKey({}, { isPublicSuffix });
    expect(await create()).toMatchObject({ error: { name: 'SecurityError' } });
    responseOf(await create({ rp: { id: 'login.example.com', name: 'x' } }));
    responseOf(await create({ rp: { name: 'x' } }));
    expect(asked).toEqual(['example.com']);
  });

  it('believes a browser that compared them', async () => {
    const answer = await create({}, { origin: 'https://related.example', rpIdChecked: true });
    expect(clientData(responseOf(answer))).toMatchObject({ origin: 'https://related.example' });
  });

  it.each(['uk', 'co.uk', 'com.au', 'github.io', 'com', 'localhost'])(
    'takes %s for a suffix',
    async (domain) => {
      expect(await isListedSuffix(domain)).toBe(true);
    },
  );

  it.each(['example.com', 'bbc.uk', 'acme.com', 'a.co.uk', 'a.localhost', 'alice.github.io'])(
    'takes "%s" for no suffix',
    async (domain) => {
      expect(await isListedSuffix(domain)).toBe(false);
    },
  );
});
