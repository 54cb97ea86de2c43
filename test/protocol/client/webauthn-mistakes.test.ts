import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { cborMap } from '../../../src/cbor/map.ts';
import { decodeCbor } from '../../../src/cbor/decode.ts';
import type { CborMap, CborValue } from '../../../src/cbor/value.ts';
import type { CtapClient } from '../../../src/client/ctap-client.ts';
import { CtapStatusError } from '../../../src/client/errors.ts';
import { LargeBlobsClient } from '../../../src/client/large-blobs-client.ts';
import { createPinUvAuthToken } from '../../../src/client/pin-protocol.ts';
import type { Assertion, Registration } from '../../../src/client/responses.ts';
import { decodeBase64Url, encodeBase64Url } from '../../../src/client/webauthn/base64url.ts';
import type { CeremonyContext, WebAuthnUser } from '../../../src/client/webauthn/context.ts';
import { batch, parseDescriptors } from '../../../src/client/webauthn/lists.ts';
import type { CreationOptionsJson, RequestOptionsJson } from '../../../src/client/webauthn/options.ts';
import { WebAuthnClient } from '../../../src/client/webauthn/webauthn-client.ts';
import type { WebAuthnClientOptions } from '../../../src/client/webauthn/webauthn-client.ts';
import { encodeAuthData } from '../../../src/ctap/auth-data.ts';
import type { AuthData } from '../../../src/ctap/auth-data.ts';
import { fromHex } from '../../../src/ctap/bytes.ts';
import type { GetInfoResponse } from '../../../src/ctap/messages/get-info.ts';
import { ctapStatus } from '../../../src/ctap/status.ts';
import { createLocalKey } from '../../support/local-key.ts';
import type { LocalKey } from '../../support/local-key.ts';
import { createArrayKey } from '../../unit/client/array-key.ts';

const challenge = 'AAECAwQFBgcICQ';
const creation: CreationOptionsJson = {
  rp: { name: 'Example' },
  user: { id: 'AQ', name: 'alice', displayName: 'Alice' },
  challenge,
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
};
const discoverable = { ...creation, authenticatorSelection: { residentKey: 'required' } };

let key: LocalKey;
let ctap: CtapClient;
beforeEach(() => useKey());

async function useKey(changes: Parameters<typeof createLocalKey>[0] = {}): Promise<void> {
  key = createLocalKey(changes);
  ctap = await key.connect();
}

function browser(options: Partial<WebAuthnClientOptions> = {}): WebAuthnClient {
  return new WebAuthnClient({ ctap, clock: key.clock, origin: 'https://example.com', ...options });
}

function pin(value: string): WebAuthnUser {
  return { askPin: () => Promise.resolve(value) };
}

/** The key says something else of itself than is true. */
async function pretend(change: (info: GetInfoResponse) => Partial<GetInfoResponse>): Promise<void> {
  const info = await ctap.getInfo();
  ctap.getInfo = () => Promise.resolve({ ...info, ...change(info) });
}

function withOptions(...options: readonly (readonly [string, boolean])[]) {
  return (info: GetInfoResponse) => ({ options: new Map([...(info.options ?? []), ...options]) });
}

function tamperWithRegistration(change: (response: Registration) => Partial<Registration>): void {
  const makeCredential = ctap.makeCredential.bind(ctap);
  ctap.makeCredential = async (...parameters) => {
    const response = await makeCredential(...parameters);
    return { ...response, ...change(response) };
  };
}

function tamperWithAssertion(change: (response: Assertion) => Partial<Assertion>): void {
  const getAssertions = ctap.getAssertions.bind(ctap);
  ctap.getAssertions = async (...parameters) => {
    const [first, ...others] = await getAssertions(...parameters);
    return [{ ...first, ...change(first) }, ...others];
  };
}

const bend = (change: Partial<AuthData>) => (response: { readonly parsed: AuthData }) => {
  const parsed = { ...response.parsed, ...change };
  return { parsed, authData: encodeAuthData(parsed) };
};

describe('a key that answers wrongly is not believed', () => {
  it.each<[string, (response: Registration) => Partial<Registration>, string]>([
    ['another RP ID', bend({ rpIdHash: new Uint8Array(32) }), 'the key answered for another RP ID'],
    ['no presence', bend({ userPresent: false }), 'the key made a credential without the user'],
    ['no verification', bend({ userVerified: false }), 'the key did not verify the user'],
    [
      'another algorithm',
      ({ parsed }) =>
        bend({
          attested: { ...parsed.attested!, publicKey: new Map([...parsed.attested!.publicKey, [3, -8]]) },
        })({ parsed }),
      'the key answered without a public key of a wanted algorithm',
    ],
    [
      'no credential',
      ({ parsed: { attested: _, ...parsed } }) => ({ parsed }),
      'the key answered without a public key of a wanted algorithm',
    ],
  ])('at registration: %s', async (_, change, message) => {
    await ctap.clientPin.setPin('1234');
    tamperWithRegistration(change);
    const options = { ...creation, authenticatorSelection: { userVerification: 'required' } };
    await expect(browser({ user: pin('1234') }).create(options)).rejects.toMatchObject({
      name: 'UnknownError',
      message,
    });
  });

  it.each<[string, (response: Assertion) => Partial<Assertion>, string]>([
    ['another RP ID', bend({ rpIdHash: new Uint8Array(32) }), 'the key answered for another RP ID'],
    ['no presence', bend({ userPresent: false }), 'the key signed without the user'],
    ['no verification', bend({ userVerified: false }), 'the key did not verify the user'],
    [
      'another credential',
      () => ({ credentialId: Uint8Array.of(1) }),
      'the key signed with a credential that was not allowed',
    ],
  ])('at sign-in: %s', async (_, change, message) => {
    await ctap.clientPin.setPin('1234');
    const { id } = await browser({ user: pin('1234') }).create(creation);
    tamperWithAssertion(change);
    const options = {
      challenge,
      userVerification: 'required',
      allowCredentials: [{ id, type: 'public-key' }],
    };
    await expect(browser({ user: pin('1234') }).get(options)).rejects.toMatchObject({
      name: 'UnknownError',
      message,
    });
  });

  it('keeps what it signed over itself when it has no model', async () => {
    await useKey({ aaguid: new Uint8Array(16) });
    const { response } = await browser().create(creation);
    const object = decodeCbor(decodeBase64Url(response.attestationObject, 'attestationObject')) as CborMap;
    expect(object.get('fmt')).toBe('packed');
  });

  it('is given up when it is gone', async () => {
    await ctap.close();
    await expect(browser().create(creation)).rejects.toMatchObject({ name: 'UnknownError' });
  });
});

describe('verification, at its edges', () => {
  it('falls back to the PIN when built-in verification is blocked', async () => {
    await useKey({ builtInUv: { modality: 'fingerprint', maxRetries: 3, attemptsPerOperation: 1 } });
    await ctap.clientPin.setPin('1234');
    await pretend(() => ({ preferredPlatformUvAttempts: 9 }));
    key.user.otherwise(({ kind }) => (kind === 'verification' ? 'fail' : 'approve'));
    await browser({ user: pin('1234') }).create(creation);
    expect(key.user.questions.filter(({ kind }) => kind === 'verification')).toHaveLength(3);
  });

  it('does not ask for a PIN that would be good for nothing', async () => {
    const capability = {
      protocols: [2],
      maxRetries: 8,
      minLength: 4,
      maxLength: 63,
      noMcGaPermissions: true,
    } as const;
    await useKey({ pin: capability });
    await ctap.clientPin.setPin('1234');
    const asked: string[] = [];
    const user = {
      askPin: ({ purpose }: { purpose: string }) => {
        asked.push(purpose);
        return Promise.resolve('1234');
      },
    };
    const options = { ...creation, authenticatorSelection: { userVerification: 'required' } };
    await expect(browser({ user }).create(options)).rejects.toMatchObject({ name: 'ConstraintError' });
    expect(asked).toEqual([]);
  });

  it('sets a PIN for a key that always wants verification, whatever the page says', async () => {
    await useKey({ alwaysUv: true });
    const options = { ...creation, authenticatorSelection: { userVerification: 'discouraged' } };
    const { id } = await browser({ user: pin('1234') }).create(options);
    const again = {
      challenge,
      userVerification: 'discouraged',
      allowCredentials: [{ id, type: 'public-key' }],
    };
    await browser({ user: pin('1234') }).get(again);
    await expect(browser().get(again)).rejects.toMatchObject({ message: 'the user entered no PIN' });
  });

  it('does not try a PIN after the page has gone', async () => {
    await ctap.clientPin.setPin('1234');
    const controller = new AbortController();
    const user = {
      askPin: () => {
        controller.abort(new Error('gone'));
        return Promise.resolve('0000');
      },
    };
    await expect(browser({ user }).create(creation, controller.signal)).rejects.toThrow('gone');
    expect(key.keystore.state().pinRetries).toBe(8);
  });

  it('does not ask again for a PIN that was set a moment ago', async () => {
    let refusals = 0;
    ctap.clientPin.getPinUvAuthTokenUsingPin = () => {
      const status = refusals++ === 0 ? ctapStatus.PIN_INVALID : ctapStatus.OTHER;
      return Promise.reject(new CtapStatusError(status));
    };
    const options = { ...creation, authenticatorSelection: { userVerification: 'required' } };
    await expect(browser({ user: pin('1234') }).create(options)).rejects.toMatchObject({
      cause: { status: ctapStatus.PIN_INVALID },
    });
  });

  it('leaves when the page goes while the user chooses an account', async () => {
    await browser().create(discoverable);
    await browser().create({ ...discoverable, user: { ...creation.user, id: 'Ag' } });
    const controller = new AbortController();
    const user = {
      chooseAccount: () => {
        controller.abort(new Error('gone'));
        return Promise.resolve(0);
      },
    };
    await expect(browser({ user }).get({ challenge }, controller.signal)).rejects.toThrow('gone');
  });

  it('finds a credential that shows itself to verified users only, in a long list', async () => {
    await ctap.clientPin.setPin('1234');
    const extensions = { credentialProtectionPolicy: 'userVerificationRequired' };
    const { id } = await browser({ user: pin('1234') }).create({ ...creation, extensions });
    const strangers = Array.from({ length: 9 }, (_, i) => encodeBase64Url(new Uint8Array(32).fill(i)));
    const excludeCredentials = [...strangers, id].map((each) => ({ id: each, type: 'public-key' }));
    await expect(
      browser({ user: pin('1234') }).create({ ...creation, excludeCredentials }),
    ).rejects.toMatchObject({ name: 'InvalidStateError' });
  });
});

describe('lists', () => {
  const ids = [10, 20, 30, 40, 50].map((length) => ({ id: new Uint8Array(length), type: 'public-key' }));
  const context = (info: Partial<GetInfoResponse>) => ({ info }) as CeremonyContext;
  const lengths = (info: Partial<GetInfoResponse>) =>
    batch(context(info), ids).map((piece) => piece.map(({ id }) => id.length));

  it('are cut as the key wants them', () => {
    expect(lengths({ maxCredentialIdLength: 40, maxCredentialCountInList: 3 })).toEqual([[10, 20, 30], [40]]);
    expect(lengths({ maxCredentialIdLength: 100 })).toEqual([[10], [20], [30], [40], [50]]);
    expect(lengths({ maxCredentialCountInList: 3 })).toEqual([[10], [20], [30], [40], [50]]);
    expect(lengths({ maxCredentialIdLength: 9, maxCredentialCountInList: 3 })).toEqual([]);
  });

  it('leave out what they do not understand', () => {
    const list = [
      { id: 'AQ', type: 'public-key' },
      { id: '!', type: 'future' },
    ];
    expect(parseDescriptors(list, 'list')).toEqual([{ id: Uint8Array.of(1), type: 'public-key' }]);
    expect(parseDescriptors(undefined, 'list')).toEqual([]);
  });
});

describe('large blobs', () => {
  const compression = {
    deflate: (data: Uint8Array) => Uint8Array.from(deflateRawSync(data)),
    inflate: (data: Uint8Array, size: number) => {
      const inflated = Uint8Array.from(inflateRawSync(data, { maxOutputLength: Math.max(1, size) }));
      if (inflated.length !== size) throw new RangeError('wrong size');
      return inflated;
    },
  };
  const blob = encodeBase64Url(new Uint8Array(500).fill(0x61));
  const largeBlobKey = new Uint8Array(32).fill(3);
  const client = () => browser({ compression });

  function get(id: string, extensions: RequestOptionsJson['extensions']) {
    const options = { challenge, allowCredentials: [{ id, type: 'public-key' }] };
    return client()
      .get({ ...options, ...(extensions && { extensions }) })
      .then(({ clientExtensionResults }) => clientExtensionResults.largeBlob);
  }

  /** Gives the key authenticatorLargeBlobs, and its credentials a key for it. */
  async function useArray() {
    const array = createArrayKey(fromHex('8076be8b528d0075f7aae98d6fa57a6d3c'));
    await pretend((info) => ({
      ...withOptions(['largeBlobs', true])(info),
      extensions: [...(info.extensions ?? []), 'largeBlobKey'],
    }));
    Object.assign(ctap, { largeBlobs: new LargeBlobsClient(array, ctap.platform) });
    tamperWithRegistration(() => ({ largeBlobKey }));
    tamperWithAssertion(() => ({ largeBlobKey }));
    return array;
  }

  it('are written and read beside the assertion', async () => {
    const array = await useArray();
    const made = await client().create({
      ...discoverable,
      extensions: { largeBlob: { support: 'required' } },
    });
    expect(made.clientExtensionResults).toEqual({ largeBlob: { supported: true } });
    expect(await get(made.id, { largeBlob: { read: true } })).toEqual({});
    expect(await get(made.id, { largeBlob: { write: blob } })).toEqual({ written: true });
    expect(await get(made.id, { largeBlob: { read: true } })).toEqual({ blob });
    expect(await get(made.id, { largeBlob: { write: 'AQID' } })).toEqual({ written: true });
    expect(await get(made.id, { largeBlob: { read: true } })).toEqual({ blob: 'AQID' });
    expect(decodeCbor(array.array.slice(0, -16))).toHaveLength(1);
  });

  it('are not there for a credential without a key', async () => {
    await useArray();
    const made = await client().create(discoverable);
    tamperWithAssertion(() => ({ largeBlobKey: undefined }) as never);
    expect(await get(made.id, { largeBlob: { read: true } })).toEqual({});
    expect(await get(made.id, { largeBlob: { write: blob } })).toEqual({ written: false });
  });

  it('replace an array that is corrupt, and read nothing from it', async () => {
    const array = await useArray();
    const made = await client().create(discoverable);
    array.array = new Uint8Array(40);
    expect(await get(made.id, { largeBlob: { read: true } })).toEqual({});
    expect(await get(made.id, { largeBlob: { write: blob } })).toEqual({ written: true });
    expect(await get(made.id, { largeBlob: { read: true } })).toEqual({ blob });
    expect(decodeCbor(array.array.slice(0, -16))).toHaveLength(1);
  });

  it('say when the key has no room', async () => {
    const array = await useArray();
    const made = await client().create(discoverable);
    array.refusal = ctapStatus.LARGE_BLOB_STORAGE_FULL;
    expect(await get(made.id, { largeBlob: { write: blob } })).toEqual({ written: false });
  });

  it('are written with a token that may, even if the page discourages verification', async () => {
    await ctap.clientPin.setPin('1234');
    const array = await useArray();
    const made = await browser({ compression, user: pin('1234') }).create(discoverable);
    const asked: number[] = [];
    const getToken = ctap.clientPin.getPinUvAuthTokenUsingPin.bind(ctap.clientPin);
    // This key does not know permission lbw yet: it is asked for without it, and the array takes any token.
    ctap.clientPin.getPinUvAuthTokenUsingPin = async (value, need, protocol) => {
      asked.push(need.permissions);
      const token = await getToken(value, { ...need, permissions: need.permissions & ~0x10 }, protocol);
      return createPinUvAuthToken(ctap.platform.crypto, token.version, token.bytes);
    };
    const allowCredentials = [{ id: made.id, type: 'public-key' }];
    const options = { challenge, userVerification: 'discouraged', allowCredentials };
    const user = pin('1234');
    await browser({ compression, user }).get({ ...options, extensions: { largeBlob: { write: blob } } });
    await browser({ compression, user }).get({ ...options, extensions: { largeBlob: { read: true } } });
    expect(asked).toEqual([0x12]);
    expect(array.writes.every((write) => write.has(5))).toBe(true);
  });

  it('want a discoverable credential in the older design', async () => {
    await useArray();
    const made = await client().create({ ...creation, extensions: { largeBlob: { support: 'preferred' } } });
    expect(made.clientExtensionResults).toEqual({ largeBlob: { supported: false } });
  });

  it('are refused or reported missing where the key has none', async () => {
    const preferred = { ...creation, extensions: { largeBlob: { support: 'preferred' } } };
    const made = await client().create(preferred);
    expect(made.clientExtensionResults).toEqual({ largeBlob: { supported: false } });
    expect(await get(made.id, { largeBlob: { read: true } })).toEqual({});
    expect(await get(made.id, { largeBlob: { write: blob } })).toEqual({ written: false });
  });

  it('go inside the assertion with a key of the newer design', async () => {
    await pretend((info) => ({ extensions: [...(info.extensions ?? []), 'largeBlob'] }));
    const output = (members: Parameters<typeof cborMap>[0]) => ({
      unsignedExtensionOutputs: cborMap([['largeBlob', cborMap(members)]]),
    });
    tamperWithRegistration(() => output([['supported', true]]));
    const made = await client().create({ ...creation, extensions: { largeBlob: { support: 'preferred' } } });
    expect(made.clientExtensionResults).toEqual({ largeBlob: { supported: true } });
    const sent: unknown[] = [];
    const getAssertions = ctap.getAssertions.bind(ctap);
    ctap.getAssertions = (parameters, options) => {
      sent.push(parameters.extensions?.['largeBlob']);
      return getAssertions(parameters, options);
    };
    tamperWithAssertion(() => output([['written', true]]));
    expect(await get(made.id, { largeBlob: { write: 'AQID' } })).toEqual({ written: true });
    const compressed = compression.deflate(Uint8Array.of(1, 2, 3));
    tamperWithAssertion(() =>
      output([
        ['blob', compressed],
        ['originalSize', 3],
      ]),
    );
    expect(await get(made.id, { largeBlob: { read: true } })).toEqual({ blob: 'AQID' });
    tamperWithAssertion(() =>
      output([
        ['blob', Uint8Array.of(0xff)],
        ['originalSize', 3],
      ]),
    );
    expect(await get(made.id, { largeBlob: { read: true } })).toEqual({});
    tamperWithAssertion(() => output([['written', 1]]));
    await expect(get(made.id, { largeBlob: { read: true } })).rejects.toMatchObject({ name: 'UnknownError' });
    expect(sent.slice(0, 2)).toEqual([
      cborMap([
        ['write', compressed],
        ['originalSize', 3],
      ]),
      cborMap([['read', true]]),
    ]);
  });
});

describe('extensions', () => {
  /** Adds extensions to the key: what it is asked is kept, and the outputs are put into its answers. */
  async function addExtensions(outputs: Readonly<Record<string, CborValue>>, ...names: string[]) {
    const sent: (Readonly<Record<string, CborValue>> | undefined)[] = [];
    await pretend((info) => ({
      extensions: [...(info.extensions ?? []), ...names, ...Object.keys(outputs)],
    }));
    const extend = ({ parsed }: { readonly parsed: AuthData }) =>
      bend({ extensions: new Map([...(parsed.extensions ?? []), ...Object.entries(outputs)]) })({ parsed });
    tamperWithRegistration(extend);
    tamperWithAssertion(extend);
    const makeCredential = ctap.makeCredential.bind(ctap);
    ctap.makeCredential = (parameters, options) => {
      sent.push(parameters.extensions);
      return makeCredential(parameters, options);
    };
    return sent;
  }

  it('ask for what the page wants', async () => {
    const sent = await addExtensions({ credBlob: true }, 'minPinLength');
    const made = await browser().create({
      ...creation,
      extensions: { minPinLength: true, credBlob: 'AQID' },
    });
    expect(sent).toEqual([{ minPinLength: true, credBlob: Uint8Array.of(1, 2, 3) }]);
    expect(made.clientExtensionResults).toEqual({ credBlob: true });
  });

  it('ask for nothing that the key does not know, or the page does not want', async () => {
    const sent = await addExtensions({});
    const unknown = { minPinLength: true, credBlob: 'AQID', prf: { eval: { first: 'AA' } } };
    const made = await browser().create({ ...creation, extensions: unknown });
    await browser().create({ ...creation, extensions: { minPinLength: false, credProps: false } });
    expect(sent).toEqual([{ 'hmac-secret': true }, undefined]);
    expect(made.clientExtensionResults).toEqual({ prf: { enabled: true } });
  });

  it('read a blob at sign-in', async () => {
    await addExtensions({ credBlob: Uint8Array.of(9) });
    const { id } = await browser().create(creation);
    const options = {
      challenge,
      allowCredentials: [{ id, type: 'public-key' }],
      extensions: { getCredBlob: true },
    };
    // The key of this test does not know the input and leaves it alone.
    expect((await browser().get(options)).clientExtensionResults).toEqual({ getCredBlob: 'CQ' });
  });

  it.each([
    ['userVerificationOptional', 1],
    ['userVerificationOptionalWithCredentialIDList', 2],
    ['userVerificationRequired', 3],
  ])('spell the policy %s as %i', async (credentialProtectionPolicy, level) => {
    const sent = await addExtensions({});
    await browser().create({ ...creation, extensions: { credentialProtectionPolicy } });
    expect(sent).toEqual([{ credProtect: level }]);
  });

  it('refuse a second salt of another length, and a prf without input is empty', async () => {
    const { id } = await browser().create(creation);
    const options = { challenge, allowCredentials: [{ id, type: 'public-key' }] };
    const salt1 = encodeBase64Url(new Uint8Array(32));
    const short = { hmacGetSecret: { salt1, salt2: 'AAAA' } };
    await expect(browser().get({ ...options, extensions: short })).rejects.toMatchObject({
      name: 'TypeError',
    });
    const empty = await browser().get({ ...options, extensions: { prf: {} } });
    expect(empty.clientExtensionResults).toEqual({ prf: {} });
  });

  it.each([
    ['no byte string', true],
    ['too long', new Uint8Array(96)],
  ])('do not take an output of hmac-secret that is %s', async (_, output) => {
    const { id } = await browser().create(creation);
    await addExtensions({ 'hmac-secret': output });
    const salt1 = encodeBase64Url(new Uint8Array(32));
    const options = { challenge, allowCredentials: [{ id, type: 'public-key' }] };
    await expect(
      browser().get({ ...options, extensions: { hmacGetSecret: { salt1 } } }),
    ).rejects.toMatchObject({ name: 'UnknownError' });
  });
});

it('writes client data as WebAuthn wants it, to the letter', async () => {
  const { response } = await browser().create({ ...creation, challenge: 'AB' });
  const json = new TextDecoder().decode(decodeBase64Url(response.clientDataJSON, 'clientDataJSON'));
  expect(json).toBe(
    '{"type":"webauthn.create","challenge":"AA","origin":"https://example.com","crossOrigin":false}',
  );
});

it.each([
  ['ftp://localhost', undefined],
  ['https://example.com.', ''],
])('SecurityError for a page at %s and RP ID %s', async (origin, id) => {
  const rp = { name: 'Example', ...(id === undefined ? {} : { id }) };
  const isPublicSuffix = () => false;
  await expect(browser({ origin, isPublicSuffix }).create({ ...creation, rp })).rejects.toMatchObject({
    name: 'SecurityError',
  });
});
