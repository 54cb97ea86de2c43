import { describe, expect, it } from 'vitest';
import { creationToJson, credentialToPage, requestToJson } from '../../../src/frameworks/page-conversions.ts';
import type { Json } from '../../../src/frameworks/page-types.ts';
import { creation, fakePage } from './fake-page.ts';

const { page, classes } = fakePage(() => undefined);
const bytes = (...values: readonly number[]) => Uint8Array.from(values);

describe('the options of a registration', () => {
  it('become JSON with bytes as base64url', () => {
    expect(creationToJson(page, creation())).toEqual({
      challenge: 'AQID',
      rp: { name: 'Example' },
      user: { id: 'CQ', name: 'ada', displayName: 'Ada' },
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
    });
  });

  it('keep every member that they have', () => {
    const selection = { residentKey: 'required', requireResidentKey: 1, userVerification: 'preferred' };
    const options = creation({
      timeout: 1500.7,
      hints: new Set(['security-key']),
      attestation: 'direct',
      attestationFormats: ['packed'],
      authenticatorSelection: { ...selection, authenticatorAttachment: 'cross-platform' },
      excludeCredentials: [{ type: 'public-key', id: bytes(0xff, 0xfe).buffer, transports: ['usb'] }],
    });
    expect(creationToJson(page, options)).toMatchObject({
      timeout: 1500,
      hints: ['security-key'],
      attestation: 'direct',
      attestationFormats: ['packed'],
      authenticatorSelection: {
        ...selection,
        requireResidentKey: true,
        authenticatorAttachment: 'cross-platform',
      },
      excludeCredentials: [{ type: 'public-key', id: '__4', transports: ['usb'] }],
    });
  });

  it.each([
    [-5, 0],
    [Infinity, 0xffffffff],
    ['soon', 0],
    [5e12, 0xffffffff],
  ])('have a timeout of 32 bits: %s', (timeout, expected) => {
    expect(creationToJson(page, creation({ timeout }))).toMatchObject({ timeout: expected });
  });

  it('are read as Web IDL reads them', () => {
    const odd = creation({
      rp: { id: '\ud800.example', name: 7 },
      pubKeyCredParams: [{ type: 'public-key', alg: 2 ** 32 - 7 }],
    });
    expect(creationToJson(page, odd)).toMatchObject({
      rp: { id: '\ufffd.example', name: '7' },
      pubKeyCredParams: [{ alg: -7 }],
    });
  });

  it('send only the bytes that a view shows', () => {
    const view = new DataView(bytes(1, 2, 3, 4).buffer, 1, 2);
    expect(creationToJson(page, creation({ challenge: view }))).toMatchObject({ challenge: 'AgM' });
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, "Required member 'challenge' of PublicKeyCredentialCreationOptions is undefined."],
    ['null', null, "Required member 'challenge' of PublicKeyCredentialCreationOptions is undefined."],
    ['a number', 5, "The provided value for 'publicKey' is not an object."],
    ['no name', creation({ rp: {} }), "Required member 'name' of PublicKeyCredentialRpEntity is undefined."],
    [
      'a text for bytes',
      creation({ challenge: 'AQID' }),
      "challenge is not of type '(ArrayBuffer or ArrayBufferView)'.",
    ],
    [
      'no list',
      creation({ pubKeyCredParams: 'ES256' }),
      "The provided value for 'pubKeyCredParams' is not a sequence.",
    ],
    ['null for a list', creation({ hints: null }), "The provided value for 'hints' is not a sequence."],
    ['a symbol', creation({ attestation: Symbol('direct') }), 'Cannot convert a Symbol value to a string'],
    [
      'no algorithm',
      creation({ pubKeyCredParams: [{ type: 'public-key' }] }),
      "Required member 'alg' of PublicKeyCredentialParameters is undefined.",
    ],
    [
      'no id',
      creation({ excludeCredentials: [{ type: 'public-key' }] }),
      "Required member 'id' of PublicKeyCredentialDescriptor is undefined.",
    ],
  ])('are refused with the sentence of a browser: %s', (_, options, sentence) => {
    expect(() => creationToJson(page, options)).toThrow(new TypeError(sentence));
  });
});

describe('the options of a sign-in', () => {
  it('become JSON', () => {
    const options = {
      challenge: bytes(0),
      rpId: 'example.com',
      userVerification: 'required',
      allowCredentials: [{ type: 'public-key', id: bytes(1) }],
    };
    expect(requestToJson(page, options)).toEqual({
      challenge: 'AA',
      rpId: 'example.com',
      userVerification: 'required',
      allowCredentials: [{ type: 'public-key', id: 'AQ' }],
    });
  });

  it('take the inputs of extensions along, and nothing unknown', () => {
    const extensions = {
      credProps: 'yes',
      credentialProtectionPolicy: 'userVerificationRequired',
      credBlob: bytes(1),
      getCredBlob: 0,
      hmacGetSecret: { salt1: bytes(2), salt2: bytes(3) },
      prf: { eval: { first: bytes(4) }, evalByCredential: { AQ: { first: bytes(5), second: bytes(6) } } },
      largeBlob: { support: 'preferred', read: true, write: bytes(7) },
      unheardOf: { of: 1 },
    };
    expect(requestToJson(page, { challenge: bytes(0), extensions })['extensions']).toEqual({
      credProps: true,
      credentialProtectionPolicy: 'userVerificationRequired',
      credBlob: 'AQ',
      getCredBlob: false,
      hmacGetSecret: { salt1: 'Ag', salt2: 'Aw' },
      prf: { eval: { first: 'BA' }, evalByCredential: { AQ: { first: 'BQ', second: 'Bg' } } },
      largeBlob: { support: 'preferred', read: true, write: 'Bw' },
    });
  });

  it('are refused without the first salt of prf', () => {
    const extensions = { prf: { eval: { second: bytes(1) } } };
    expect(() => requestToJson(page, { challenge: bytes(0), extensions })).toThrow(
      "Required member 'first' of AuthenticationExtensionsPRFValues is undefined.",
    );
  });
});

interface PageCredential {
  readonly rawId: ArrayBuffer;
  readonly authenticatorAttachment: unknown;
  readonly response: Json & {
    getPublicKey(): ArrayBuffer | null;
    getPublicKeyAlgorithm(): number;
    getTransports(): string[];
    getAuthenticatorData(): ArrayBuffer;
  };
  getClientExtensionResults(): Json;
  toJSON(): Json;
}

function credential(response: Json, changes: Json = {}): { json: Json; object: PageCredential } {
  const json = {
    id: 'AQ',
    rawId: 'AQ',
    type: 'public-key',
    response,
    clientExtensionResults: {},
    ...changes,
  };
  return { json, object: credentialToPage(page, json) as unknown as PageCredential };
}

const list = (buffer: unknown) => [...new Uint8Array(buffer as ArrayBuffer)];

describe('a credential', () => {
  it('of a registration is one of the page, with bytes', () => {
    const made = {
      clientDataJSON: 'e30',
      attestationObject: 'oA',
      authenticatorData: '_-8',
      publicKey: 'BQ',
      publicKeyAlgorithm: -7,
      transports: ['usb'],
    };
    const { json, object } = credential(made, { authenticatorAttachment: 'cross-platform' });
    const { response } = object;
    expect(object).toBeInstanceOf(classes.PublicKeyCredential);
    expect(response).toBeInstanceOf(classes.AuthenticatorAttestationResponse);
    expect([list(object.rawId), object.authenticatorAttachment]).toEqual([[1], 'cross-platform']);
    expect(list(response['clientDataJSON'])).toEqual([0x7b, 0x7d]);
    expect(list(response.getAuthenticatorData())).toEqual([0xff, 0xef]);
    expect([list(response.getPublicKey()), response.getPublicKeyAlgorithm()]).toEqual([[5], -7]);
    response.getTransports().push('nfc');
    expect(response.getTransports()).toEqual(['usb']);
    expect(object.toJSON()).toEqual(json);
    expect(object.toJSON()).not.toBe(json);
  });

  it('has no public key where the key type is unknown', () => {
    const { object } = credential({ clientDataJSON: '', attestationObject: '', authenticatorData: '' });
    expect(object.response.getPublicKey()).toBeNull();
    expect(object.authenticatorAttachment).toBeNull();
  });

  it('of a sign-in has a user handle or null', () => {
    const signed = { clientDataJSON: 'e30', authenticatorData: 'AA', signature: 'MA' };
    const { response } = credential(signed).object;
    expect(response).toBeInstanceOf(classes.AuthenticatorAssertionResponse);
    expect([list(response['signature']), response['userHandle']]).toEqual([[0x30], null]);
    const known = credential({ ...signed, userHandle: 'CQ' }).object;
    expect(list(known.response['userHandle'])).toEqual([9]);
  });

  it('gives the outputs of extensions as bytes, and leaves its JSON as it was', () => {
    const clientExtensionResults = {
      credProps: { rk: true },
      getCredBlob: 'AQ',
      hmacGetSecret: { output1: 'Ag' },
      largeBlob: { blob: 'Aw', written: true },
      prf: { enabled: true, results: { first: 'BA', second: 'BQ' } },
    };
    const { object, json } = credential(
      { clientDataJSON: '', authenticatorData: '', signature: '' },
      { clientExtensionResults },
    );
    const outputs = object.getClientExtensionResults() as {
      readonly credProps: unknown;
      readonly getCredBlob: unknown;
      readonly hmacGetSecret: { readonly output1: unknown };
      readonly largeBlob: { readonly blob: unknown; readonly written: boolean };
      readonly prf: { readonly enabled: boolean; readonly results: Json };
    };
    expect(outputs.credProps).toEqual({ rk: true });
    expect(list(outputs.getCredBlob)).toEqual([1]);
    expect(list(outputs.hmacGetSecret.output1)).toEqual([2]);
    expect([list(outputs.largeBlob.blob), outputs.largeBlob.written]).toEqual([[3], true]);
    expect([list(outputs.prf.results['first']), list(outputs.prf.results['second'])]).toEqual([[4], [5]]);
    expect(outputs.prf.enabled).toBe(true);
    expect(json).toMatchObject({ clientExtensionResults });
  });
});
