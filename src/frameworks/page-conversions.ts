import type { Json, PageClass, PageGlobal } from './page-types.ts';

/**
 * What page mode converts in the page. Each function of this file becomes text and part of one script (page-script.ts):
 * it may use nothing but the others, the page and its arguments.
 */
function bytesToText(page: PageGlobal, value: unknown, member: string): string {
  const isBytes =
    Object.prototype.toString.call(value) === '[object ArrayBuffer]' || ArrayBuffer.isView(value);
  if (!isBytes) throw new TypeError(`${member} is not of type '(ArrayBuffer or ArrayBufferView)'.`);
  const view = value as ArrayBufferView;
  const bytes = ArrayBuffer.isView(value)
    ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    : new Uint8Array(value as ArrayBuffer);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return page.btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function textToBytes(page: PageGlobal, text: string): ArrayBuffer {
  const binary = page.atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0)).buffer;
}

/** Conversions of Web IDL for the dictionaries of WebAuthn: `required`, strings and numbers from anything. */
function dictionary(value: unknown, name: string): Json {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' && typeof value !== 'function') {
    throw new TypeError(`The provided value for '${name}' is not an object.`);
  }
  return value as Json;
}

function demand(source: Json, members: readonly string[], name: string): Json {
  for (const member of members) {
    if (source[member] === undefined)
      throw new TypeError(`Required member '${member}' of ${name} is undefined.`);
  }
  return source;
}

function text(value: unknown): string {
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
  // Lone surrogates become U+FFFD, as in a USVString.
  return new TextDecoder().decode(new TextEncoder().encode(String(value)));
}

function list(value: unknown, name: string): unknown[] {
  const iterable = value as Iterable<unknown> | null | undefined;
  if (typeof iterable !== 'object' || typeof iterable?.[Symbol.iterator] !== 'function') {
    throw new TypeError(`The provided value for '${name}' is not a sequence.`);
  }
  return [...iterable];
}

/** Converts the members that are there. */
function members(source: Json, conversions: Readonly<Record<string, (value: unknown) => unknown>>): Json {
  const result: Json = {};
  for (const [name, convert] of Object.entries(conversions)) {
    const value = source[name];
    if (value !== undefined) result[name] = convert(value);
  }
  return result;
}

function descriptorsToJson(page: PageGlobal, value: unknown, name: string): unknown {
  return list(value, name).map((entry) => {
    const descriptor = demand(dictionary(entry, name), ['id', 'type'], 'PublicKeyCredentialDescriptor');
    return {
      id: bytesToText(page, descriptor['id'], `${name}.id`),
      type: text(descriptor['type']),
      ...members(descriptor, { transports: (transports) => list(transports, 'transports').map(text) }),
    };
  });
}

function extensionsToJson(page: PageGlobal, value: unknown): Json {
  const bytes = (member: unknown) => bytesToText(page, member, 'An extension input');
  const values = (pair: unknown) => ({
    ...members(demand(dictionary(pair, 'prf'), ['first'], 'AuthenticationExtensionsPRFValues'), {
      first: bytes,
      second: bytes,
    }),
  });
  const byCredential = (record: unknown) =>
    Object.fromEntries(Object.entries(dictionary(record, 'prf')).map(([id, pair]) => [id, values(pair)]));
  return members(dictionary(value, 'extensions'), {
    credProps: Boolean,
    credentialProtectionPolicy: text,
    enforceCredentialProtectionPolicy: Boolean,
    minPinLength: Boolean,
    credBlob: bytes,
    getCredBlob: Boolean,
    hmacCreateSecret: Boolean,
    hmacGetSecret: (salts) => members(dictionary(salts, 'hmacGetSecret'), { salt1: bytes, salt2: bytes }),
    prf: (prf) => members(dictionary(prf, 'prf'), { eval: values, evalByCredential: byCredential }),
    largeBlob: (blob) =>
      members(dictionary(blob, 'largeBlob'), { support: text, read: Boolean, write: bytes }),
  });
}

/** The members that both kinds of options have. */
function commonToJson(page: PageGlobal, source: Json): Json {
  return {
    challenge: bytesToText(page, source['challenge'], 'challenge'),
    ...members(source, {
      timeout: (value) => Math.min(Math.max(Math.trunc(Number(value)) || 0, 0), 0xffffffff),
      hints: (value) => list(value, 'hints').map(text),
      extensions: (value) => extensionsToJson(page, value),
    }),
  };
}

export function creationToJson(page: PageGlobal, value: unknown): Json {
  const name = 'PublicKeyCredentialCreationOptions';
  const source = demand(
    dictionary(value, 'publicKey'),
    ['challenge', 'pubKeyCredParams', 'rp', 'user'],
    name,
  );
  const rp = demand(dictionary(source['rp'], 'rp'), ['name'], 'PublicKeyCredentialRpEntity');
  const user = demand(
    dictionary(source['user'], 'user'),
    ['displayName', 'id', 'name'],
    'PublicKeyCredentialUserEntity',
  );
  const selection = (chosen: unknown) =>
    members(dictionary(chosen, 'authenticatorSelection'), {
      authenticatorAttachment: text,
      residentKey: text,
      requireResidentKey: Boolean,
      userVerification: text,
    });
  return {
    ...commonToJson(page, source),
    rp: members(rp, { id: text, name: text }),
    user: {
      id: bytesToText(page, user['id'], 'user.id'),
      ...members(user, { name: text, displayName: text }),
    },
    pubKeyCredParams: list(source['pubKeyCredParams'], 'pubKeyCredParams').map((entry) => {
      const wanted = demand(
        dictionary(entry, 'pubKeyCredParams'),
        ['alg', 'type'],
        'PublicKeyCredentialParameters',
      );
      return { type: text(wanted['type']), alg: Number(wanted['alg']) | 0 };
    }),
    ...members(source, {
      excludeCredentials: (entries) => descriptorsToJson(page, entries, 'excludeCredentials'),
      authenticatorSelection: selection,
      attestation: text,
      attestationFormats: (formats) => list(formats, 'attestationFormats').map(text),
    }),
  };
}

export function requestToJson(page: PageGlobal, value: unknown): Json {
  const source = demand(dictionary(value, 'publicKey'), ['challenge'], 'PublicKeyCredentialRequestOptions');
  return {
    ...commonToJson(page, source),
    ...members(source, {
      rpId: text,
      allowCredentials: (entries) => descriptorsToJson(page, entries, 'allowCredentials'),
      userVerification: text,
    }),
  };
}

/** Extension outputs as the page gets them: bytes are ArrayBuffers. */
function outputsToPage(page: PageGlobal, outputs: Json): Json {
  const bytes = (value: unknown) => textToBytes(page, String(value));
  const parts = (names: readonly string[]) => (value: unknown) => ({
    ...(value as Json),
    ...members(value as Json, Object.fromEntries(names.map((name) => [name, bytes]))),
  });
  return {
    ...outputs,
    ...members(outputs, {
      getCredBlob: bytes,
      hmacGetSecret: parts(['output1', 'output2']),
      largeBlob: parts(['blob']),
      prf: (prf) => ({
        ...(prf as Json),
        ...members(prf as Json, { results: parts(['first', 'second']) }),
      }),
    }),
  };
}

/** An object of a class of the page, with members of its own in the place of the class's getters. */
function pageObject(page: PageGlobal, className: string, own: Json): object {
  const { prototype } = page[className] as PageClass;
  const properties = Object.entries(own).map(([name, value]) => [name, { value, enumerable: true }] as const);
  return Object.create(prototype, Object.fromEntries(properties)) as object;
}

export function credentialToPage(page: PageGlobal, json: Json): object {
  const inner = json['response'] as Json;
  const bytes = (name: string) => textToBytes(page, String(inner[name]));
  const created = inner['attestationObject'] !== undefined;
  const response = created
    ? pageObject(page, 'AuthenticatorAttestationResponse', {
        clientDataJSON: bytes('clientDataJSON'),
        attestationObject: bytes('attestationObject'),
        getAuthenticatorData: () => bytes('authenticatorData'),
        getPublicKey: () => (inner['publicKey'] === undefined ? null : bytes('publicKey')),
        getPublicKeyAlgorithm: () => inner['publicKeyAlgorithm'],
        getTransports: () => [...(inner['transports'] as string[])],
      })
    : pageObject(page, 'AuthenticatorAssertionResponse', {
        clientDataJSON: bytes('clientDataJSON'),
        authenticatorData: bytes('authenticatorData'),
        signature: bytes('signature'),
        userHandle: inner['userHandle'] === undefined ? null : bytes('userHandle'),
      });
  return pageObject(page, 'PublicKeyCredential', {
    id: json['id'],
    type: json['type'],
    rawId: textToBytes(page, String(json['rawId'])),
    authenticatorAttachment: json['authenticatorAttachment'] ?? null,
    response,
    getClientExtensionResults: () => outputsToPage(page, json['clientExtensionResults'] as Json),
    toJSON: () => structuredClone(json),
  });
}

/** All functions of this file. */
export const conversions = [
  bytesToText,
  textToBytes,
  dictionary,
  demand,
  text,
  list,
  members,
  descriptorsToJson,
  extensionsToJson,
  commonToJson,
  creationToJson,
  requestToJson,
  outputsToPage,
  pageObject,
  credentialToPage,
];
