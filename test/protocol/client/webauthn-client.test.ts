import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type {
  AuthenticationResponseJSON,
  RegistrationResponseJSON,
  WebAuthnCredential,
} from '@simplewebauthn/server';
import { createPublicKey } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CtapClient } from '../../../src/client/ctap-client.ts';
import { encodeBase64Url } from '../../../src/client/webauthn/base64url.ts';
import type { PinQuestion, WebAuthnUser } from '../../../src/client/webauthn/context.ts';
import type { CreationOptionsJson, RequestOptionsJson } from '../../../src/client/webauthn/options.ts';
import { WebAuthnClient } from '../../../src/client/webauthn/webauthn-client.ts';
import type { WebAuthnClientOptions } from '../../../src/client/webauthn/webauthn-client.ts';
import { ctapStatus } from '../../../src/ctap/status.ts';
import { settle } from '../../support/fake-clock.ts';
import { createLocalKey } from '../../support/local-key.ts';
import type { LocalKey } from '../../support/local-key.ts';

const origin = 'https://login.example.com';
const rpID = 'example.com';

let key: LocalKey;
let ctap: CtapClient;
let questions: PinQuestion[];
beforeEach(() => useKey());

async function useKey(changes: Parameters<typeof createLocalKey>[0] = {}): Promise<void> {
  key = createLocalKey(changes);
  ctap = await key.connect();
  questions = [];
}

function browser(options: Partial<WebAuthnClientOptions> = {}): WebAuthnClient {
  return new WebAuthnClient({ ctap, clock: key.clock, origin, ...options });
}

/** A user who enters these PINs, one each time, and gives up after the last. */
function pins(...entered: string[]): WebAuthnUser {
  return {
    askPin: (question) => {
      questions.push(question);
      return Promise.resolve(entered.shift());
    },
  };
}

async function creation(
  options: Partial<Parameters<typeof generateRegistrationOptions>[0]> = {},
): Promise<CreationOptionsJson> {
  const generated = await generateRegistrationOptions({
    rpName: 'Example',
    rpID,
    userName: 'alice',
    ...options,
  });
  return generated as unknown as CreationOptionsJson;
}

async function request(
  options: Partial<Parameters<typeof generateAuthenticationOptions>[0]> = {},
): Promise<RequestOptionsJson> {
  return (await generateAuthenticationOptions({ rpID, ...options })) as unknown as RequestOptionsJson;
}

/** Registers and lets SimpleWebAuthn judge. */
async function register(
  client: WebAuthnClient,
  options: CreationOptionsJson,
  requireUserVerification = false,
) {
  const response = await client.create(options);
  const result = await verifyRegistrationResponse({
    response: response as unknown as RegistrationResponseJSON,
    expectedChallenge: options.challenge,
    expectedOrigin: origin,
    expectedRPID: rpID,
    requireUserVerification,
  });
  if (!result.verified) throw new Error('not verified');
  return { response, ...result.registrationInfo };
}

/** Signs in and lets SimpleWebAuthn judge. */
async function signIn(
  client: WebAuthnClient,
  options: RequestOptionsJson,
  credential: WebAuthnCredential,
  requireUserVerification = false,
) {
  const response = await client.get(options);
  const result = await verifyAuthenticationResponse({
    response: response as unknown as AuthenticationResponseJSON,
    expectedChallenge: options.challenge,
    expectedOrigin: origin,
    expectedRPID: rpID,
    credential,
    requireUserVerification,
  });
  expect(result.verified).toBe(true);
  return { response, ...result.authenticationInfo };
}

function flagsOf({ response }: { response: { authenticatorData: string } }): { uv: boolean } {
  return { uv: ((Buffer.from(response.authenticatorData, 'base64url')[32] ?? 0) & 0x04) !== 0 };
}

describe('registration and sign-in (WebAuthn L3 §5.1.3, §5.1.4), judged by SimpleWebAuthn', () => {
  it.each([-7, -8])('work with algorithm %i', async (alg) => {
    const made = await register(browser(), await creation({ supportedAlgorithmIDs: [alg] }));
    expect(made.response.response).toMatchObject({ publicKeyAlgorithm: alg, transports: ['usb'] });
    const spki = Buffer.from(made.response.response.publicKey!, 'base64url');
    expect(createPublicKey({ key: spki, format: 'der', type: 'spki' }).asymmetricKeyType).toBe(
      alg === -7 ? 'ec' : 'ed25519',
    );
    const options = await request({ allowCredentials: [{ id: made.credential.id }] });
    const { newCounter, response } = await signIn(browser(), options, made.credential);
    expect(newCounter).toBeGreaterThan(made.credential.counter);
    expect(response.authenticatorAttachment).toBe('cross-platform');
  });

  it('strip the attestation and the model unless the page wants them', async () => {
    const none = await register(browser(), await creation());
    expect(none).toMatchObject({ fmt: 'none', aaguid: '00000000-0000-0000-0000-000000000000' });
    const direct = await register(browser(), await creation({ attestationType: 'direct' }));
    expect(direct).toMatchObject({ fmt: 'packed', aaguid: 'a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf' });
  });

  it('work without a name, and let the user choose', async () => {
    const discoverable = { authenticatorSelection: { residentKey: 'required' } } as const;
    const alice = await register(browser(), await creation({ ...discoverable, userName: 'alice' }));
    const bob = await register(browser(), await creation({ ...discoverable, userName: 'bob' }));
    expect(alice.response.clientExtensionResults.credProps).toEqual({ rk: true });
    expect((await signIn(browser(), await request(), bob.credential)).response.id).toBe(bob.credential.id);
    const shown: number[] = [];
    const user: WebAuthnUser = {
      chooseAccount: (accounts) => {
        shown.push(accounts.length);
        return Promise.resolve(1);
      },
    };
    await signIn(browser({ user }), await request(), alice.credential);
    expect(shown).toEqual([2]);
    const undecided = { chooseAccount: () => Promise.resolve(undefined) };
    await expect(browser({ user: undecided }).get(await request())).rejects.toMatchObject({
      name: 'NotAllowedError',
    });
  });

  it('tell that the key waits for a touch', async () => {
    key.user.next(() => 'ignore');
    let touches = 0;
    const controller = new AbortController();
    const user = { touchNeeded: () => touches++ };
    const pending = browser({ user }).create(await creation(), controller.signal);
    const outcome = expect(pending).rejects.toThrow('closed by the page');
    await settle();
    await key.clock.advanceAsync(300);
    controller.abort(new Error('closed by the page'));
    await outcome;
    expect(touches).toBe(1);
  });
});

describe('user verification', () => {
  const discoverable = { residentKey: 'required' } as const;

  it('asks for the PIN, again when it is wrong, and tells the tries left', async () => {
    await ctap.clientPin.setPin('1234');
    const selection = { userVerification: 'required' } as const;
    const user = pins('0000', '1234');
    await register(browser({ user }), await creation({ authenticatorSelection: selection }), true);
    expect(questions).toEqual([
      { purpose: 'enter', retriesLeft: 8, lastWasWrong: false },
      { purpose: 'enter', retriesLeft: 7, lastWasWrong: true },
    ]);
  });

  it('sets a PIN when the page needs one and the key has none', async () => {
    const selection = { userVerification: 'required' } as const;
    const made = await register(
      browser({ user: pins('1234') }),
      await creation({ authenticatorSelection: selection }),
      true,
    );
    expect(questions).toEqual([{ purpose: 'set', minLength: 4 }]);
    const options = await request({
      userVerification: 'required',
      allowCredentials: [{ id: made.credential.id }],
    });
    await signIn(browser({ user: pins('1234') }), options, made.credential, true);
  });

  it('changes a PIN that the key wants to be changed', async () => {
    await ctap.clientPin.setPin('1234');
    await key.keystore.updateState({ forcePinChange: true });
    const selection = { userVerification: 'required' } as const;
    await register(
      browser({ user: pins('1234', '123456') }),
      await creation({ authenticatorSelection: selection }),
      true,
    );
    expect(questions.map(({ purpose }) => purpose)).toEqual(['enter', 'change']);
    await ctap.clientPin.getPinToken('123456');
  });

  it('ends in NotAllowedError when the user gives up, and when the key is blocked', async () => {
    await ctap.clientPin.setPin('1234');
    await expect(browser({ user: pins() }).create(await creation())).rejects.toMatchObject({
      name: 'NotAllowedError',
    });
    const guesses = browser({ user: pins('1', '2', '3', '4') }).create(await creation());
    await expect(guesses).rejects.toMatchObject({
      name: 'NotAllowedError',
      cause: { status: ctapStatus.PIN_AUTH_BLOCKED },
    });
    expect(questions).toHaveLength(4);
  });

  it('is left out where it is not wanted and not needed', async () => {
    await ctap.clientPin.setPin('1234');
    const selection = { userVerification: 'discouraged', residentKey: 'discouraged' } as const;
    const made = await register(browser(), await creation({ authenticatorSelection: selection }));
    expect(made.userVerified).toBe(false);
    const unasked = await register(
      browser(),
      await creation({ authenticatorSelection: { residentKey: 'discouraged' } }),
    );
    expect(unasked.userVerified).toBe(false);
  });

  it('is done where the key needs it, although the page discourages it', async () => {
    await ctap.clientPin.setPin('1234');
    const selection = { ...discoverable, userVerification: 'discouraged' } as const;
    const made = await register(
      browser({ user: pins('1234') }),
      await creation({ authenticatorSelection: selection }),
    );
    expect(made.userVerified).toBe(true);
    await expect(
      browser().create(await creation({ authenticatorSelection: selection })),
    ).rejects.toMatchObject({
      name: 'NotAllowedError',
    });
  });

  it('is impossible for a key that cannot', async () => {
    await useKey({ pin: undefined, credentialManagement: false } as never);
    const selection = { userVerification: 'required' } as const;
    await expect(
      browser().create(await creation({ authenticatorSelection: selection })),
    ).rejects.toMatchObject({
      name: 'ConstraintError',
    });
    await expect(browser().get(await request({ userVerification: 'required' }))).rejects.toMatchObject({
      name: 'NotAllowedError',
      message: 'the key has no way to verify the user',
    });
  });

  it('uses the key itself first, and the PIN when that fails', async () => {
    await useKey({ builtInUv: { modality: 'fingerprint', maxRetries: 3, attemptsPerOperation: 1 } });
    await register(browser(), await creation(), true);
    await ctap.clientPin.setPin('1234');
    key.user.otherwise(({ kind }) => (kind === 'verification' ? 'fail' : 'approve'));
    await register(browser({ user: pins('1234') }), await creation(), true);
    expect(questions).toHaveLength(1);
  });

  it('uses option uv with a key that has no tokens for it', async () => {
    await useKey({ builtInUv: { modality: 'fingerprint', maxRetries: 3, attemptsPerOperation: 1 } });
    const { options, ...info } = await ctap.getInfo();
    const old = new Map(options).set('pinUvAuthToken', false);
    ctap.getInfo = () => Promise.resolve({ ...info, options: old });
    const made = await register(browser(), await creation(), true);
    await signIn(
      browser(),
      await request({ allowCredentials: [{ id: made.credential.id }] }),
      made.credential,
      true,
    );
  });
});

describe('lists', () => {
  it('refuse to register a key twice, also in a list longer than the key takes', async () => {
    const { credential } = await register(browser(), await creation());
    const strangers = Array.from({ length: 20 }, (_, i) => ({
      id: encodeBase64Url(new Uint8Array(32).fill(i)),
    }));
    for (const excludeCredentials of [[credential], [...strangers, credential], [credential, ...strangers]]) {
      const before = key.user.questions.length;
      await expect(browser().create(await creation({ excludeCredentials }))).rejects.toMatchObject({
        name: 'InvalidStateError',
        cause: { status: ctapStatus.CREDENTIAL_EXCLUDED },
      });
      expect(key.user.questions.slice(before)).toMatchObject([{ purpose: 'already-registered' }]);
    }
    await register(browser(), await creation({ excludeCredentials: strangers }));
  });

  it('find the own credential among many with one touch', async () => {
    const { credential } = await register(browser(), await creation());
    const strangers = Array.from({ length: 20 }, (_, i) => ({
      id: encodeBase64Url(new Uint8Array(32).fill(i)),
    }));
    const tooLong = { id: encodeBase64Url(new Uint8Array(300)) };
    const before = key.user.questions.length;
    await signIn(
      browser(),
      await request({ allowCredentials: [tooLong, ...strangers, credential] }),
      credential,
    );
    expect(key.user.questions.length - before).toBe(1);
  });

  it.each([
    ['with the selection command', ['FIDO_2_0', 'FIDO_2_1']],
    ['with a credential for nobody', ['FIDO_2_0']],
  ])('collect a touch before they say that nothing was found, %s', async (_, versions) => {
    await useKey({ versions });
    for (const allowCredentials of [[], [{ id: encodeBase64Url(new Uint8Array(32)) }]]) {
      const before = key.user.questions.length;
      await expect(browser().get(await request({ allowCredentials }))).rejects.toMatchObject({
        name: 'NotAllowedError',
        message: 'the key has no credential for this page',
      });
      expect(key.user.questions.length - before).toBe(1);
    }
    expect([...key.keystore.all()]).toEqual([]);
  });

  it('treat a list of unknown types as one in which nothing matches', async () => {
    await register(browser(), await creation({ authenticatorSelection: { residentKey: 'required' } }));
    const options = { ...(await request()), allowCredentials: [{ id: 'AAAA', type: 'future' }] };
    await expect(browser().get(options)).rejects.toMatchObject({ name: 'NotAllowedError' });
  });
});

describe('what a page gets wrong', () => {
  const bad = async (changes: Partial<CreationOptionsJson>) => ({ ...(await creation()), ...changes });

  it.each([
    ['SecurityError', { rp: { id: 'example.org', name: '' } }],
    ['SecurityError', { rp: { id: 'com', name: '' } }],
    ['SecurityError', { rp: { id: 'ample.com', name: '' } }],
    ['TypeError', { user: { id: '', name: '', displayName: '' } }],
    ['TypeError', { user: { id: encodeBase64Url(new Uint8Array(65)), name: '', displayName: '' } }],
    ['EncodingError', { challenge: 'not base64url!' }],
    ['NotSupportedError', { pubKeyCredParams: [{ type: 'future', alg: -7 }] }],
    ['NotSupportedError', { pubKeyCredParams: [{ type: 'public-key', alg: -65535 }] }],
    ['NotAllowedError', { authenticatorSelection: { authenticatorAttachment: 'platform' } }],
    ['NotSupportedError', { extensions: { prf: { evalByCredential: {} } } }],
    ['NotSupportedError', { extensions: { largeBlob: { read: true } } }],
    ['NotAllowedError', { extensions: { largeBlob: { support: 'required' } } }],
    ['TypeError', { extensions: { credentialProtectionPolicy: 'none' } }],
  ] satisfies [string, Partial<CreationOptionsJson>][])('%s: %j', async (name, changes) => {
    await expect(browser().create(await bad(changes))).rejects.toMatchObject({ name });
  });

  it.each([
    ['SecurityError', { rpId: 'example.org' }],
    ['EncodingError', { challenge: '*' }],
    ['EncodingError', { allowCredentials: [{ id: '*', type: 'public-key' }] }],
    ['NotSupportedError', { extensions: { prf: { evalByCredential: { AAAA: { first: 'AA' } } } } }],
    ['NotSupportedError', { extensions: { largeBlob: { read: true, write: 'AA' } } }],
    ['NotSupportedError', { extensions: { largeBlob: { support: 'required' } } }],
    ['NotSupportedError', { extensions: { largeBlob: { write: 'AA' } } }],
  ] satisfies [string, Partial<RequestOptionsJson>][])('%s: %j', async (name, changes) => {
    await expect(browser().get({ ...(await request()), ...changes })).rejects.toMatchObject({ name });
  });

  it('SyntaxError for a prf input of a credential that is not allowed', async () => {
    const options = await request({ allowCredentials: [{ id: 'AAAA' }] });
    const extensions = { prf: { evalByCredential: { BBBB: { first: 'AA' } } } };
    await expect(browser().get({ ...options, extensions })).rejects.toMatchObject({ name: 'SyntaxError' });
  });

  it.each([
    'http://example.com',
    'https://192.0.2.1',
    'https://[::1]',
    'https://example.com/',
    'example.com',
    'null',
  ])('SecurityError for a page at %s', async (page) => {
    await expect(browser({ origin: page }).create(await creation())).rejects.toMatchObject({
      name: 'SecurityError',
    });
  });

  it.each([
    ['http://localhost:8080', 'localhost'],
    ['http://shop.localhost', 'localhost'],
    ['https://a.b.example.com:444', 'b.example.com'],
  ])('nothing: a page at %s may use RP ID %s', async (page, id) => {
    await browser({ origin: page }).create(await bad({ rp: { id, name: '' } }));
  });

  it('asks the public suffix list that it is given', async () => {
    const client = browser({ origin: 'https://a.co.uk', isPublicSuffix: (domain) => domain === 'co.uk' });
    await expect(client.create(await bad({ rp: { id: 'co.uk', name: '' } }))).rejects.toMatchObject({
      name: 'SecurityError',
    });
  });
});

describe('the user', () => {
  it('says no', async () => {
    key.user.next('deny');
    await expect(browser().create(await creation())).rejects.toMatchObject({
      name: 'NotAllowedError',
      cause: { status: ctapStatus.OPERATION_DENIED },
    });
  });

  it('does nothing until the time of the page is over', async () => {
    key.user.next('ignore');
    const pending = browser().create(await creation({ timeout: 5000 }));
    const outcome = expect(pending).rejects.toMatchObject({
      name: 'NotAllowedError',
      message: 'the ceremony took too long',
    });
    await settle();
    await key.clock.advanceAsync(5000);
    await outcome;
    await browser().create(await creation());
    expect(key.clock.pending).toBe(0);
  });

  it('leaves before anything was sent', async () => {
    const before = key.events.length;
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(browser().get(await request(), gone)).rejects.toThrow('gone');
    expect(key.events.length).toBe(before);
  });
});

describe('extensions', () => {
  it('protect credentials, or refuse where the key cannot', async () => {
    const extensions = {
      credentialProtectionPolicy: 'userVerificationRequired',
      enforceCredentialProtectionPolicy: true,
    };
    const discoverable = { authenticatorSelection: { residentKey: 'required' } } as const;
    await browser().create({ ...(await creation(discoverable)), extensions });
    expect([...key.keystore.all()].map(({ credProtect }) => credProtect)).toEqual([3]);
    await useKey({ extensions: ['hmac-secret'] });
    await expect(browser().create({ ...(await creation()), extensions })).rejects.toMatchObject({
      name: 'NotSupportedError',
    });
  });

  it('evaluate the PRF of a verified user, the same value each time', async () => {
    await ctap.clientPin.setPin('1234');
    const user = () => pins('1234', '1234');
    const made = await browser({ user: user() }).create({ ...(await creation()), extensions: { prf: {} } });
    expect(made.clientExtensionResults).toEqual({ prf: { enabled: true } });
    const evaluate = async (prf: NonNullable<RequestOptionsJson['extensions']>['prf'], allow = true) => {
      const options = await request({
        userVerification: 'discouraged',
        ...(allow && { allowCredentials: [{ id: made.id }] }),
      });
      const response = await browser({ user: user() }).get({
        ...options,
        ...(prf && { extensions: { prf } }),
      });
      expect(flagsOf(response).uv).toBe(prf !== undefined);
      return response.clientExtensionResults.prf;
    };
    const once = await evaluate({ eval: { first: 'AQID', second: 'BAUG' } });
    expect(once).toEqual({
      results: {
        first: expect.stringMatching(/^[\w-]{43}$/) as string,
        second: expect.stringMatching(/^[\w-]{43}$/) as string,
      },
    });
    const swapped = await evaluate({
      eval: { first: 'AAAA' },
      evalByCredential: { [made.id]: { first: 'BAUG', second: 'AQID' } },
    });
    expect(swapped).toEqual({ results: { first: once?.results?.second, second: once?.results?.first } });
    expect(await evaluate(undefined)).toBeUndefined();
  });

  it('leave the PRF empty where the key has none', async () => {
    await useKey({ extensions: ['credProtect'] });
    const made = await browser().create({
      ...(await creation()),
      extensions: { prf: {}, hmacCreateSecret: true },
    });
    expect(made.clientExtensionResults).toEqual({ hmacCreateSecret: false, prf: { enabled: false } });
    const options = await request({ allowCredentials: [{ id: made.id }] });
    const signed = await browser({ user: pins('1234') }).get({
      ...options,
      extensions: { prf: { eval: { first: 'AQID' } } },
    });
    expect(signed.clientExtensionResults).toEqual({ prf: {} });
  });

  it('give the outputs of hmac-secret to who asks for them', async () => {
    const made = await browser().create({ ...(await creation()), extensions: { hmacCreateSecret: true } });
    expect(made.clientExtensionResults).toEqual({ hmacCreateSecret: true });
    const options = await request({ allowCredentials: [{ id: made.id }] });
    const salt1 = encodeBase64Url(new Uint8Array(32));
    const signed = await browser().get({ ...options, extensions: { hmacGetSecret: { salt1 } } });
    expect(signed.clientExtensionResults.hmacGetSecret?.output1).toHaveLength(43);
    const short = browser().get({ ...options, extensions: { hmacGetSecret: { salt1: 'AAAA' } } });
    await expect(short).rejects.toMatchObject({ name: 'TypeError' });
  });
});
