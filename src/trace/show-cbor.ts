import type { CborKey, CborMap, CborValue } from '../cbor/value.ts';
import { algorithmName } from '../cose/algorithm.ts';
import { decodeAuthData, type AuthData } from '../ctap/auth-data.ts';
import { CborError } from '../cbor/error.ts';
import { toHex } from '../ctap/bytes.ts';
import { encodeBase64Url } from './base64url.ts';
import type { Json, JsonObject } from './entry.ts';
import type { Shape } from './shape.ts';
import { extensionOutputs } from './shapes.ts';

/** Where secrets go that are met on the way. */
export interface Secrets {
  /** Shown, or replaced by their length. */
  readonly reveal: boolean;
  readonly found: Uint8Array[];
}

/** A value as JSON, with names where its shape knows them. */
export function showCbor(value: CborValue, shape: Shape | undefined, secrets: Secrets): Json {
  switch (shape?.kind) {
    case 'secret':
      return showSecret(value, secrets);
    case 'map':
      return value instanceof Map ? showMap(value as CborMap, shape, secrets) : showPlain(value, secrets);
    case 'list':
      return Array.isArray(value)
        ? (value as readonly CborValue[]).map((item) => showCbor(item, shape.element, secrets))
        : showPlain(value, secrets);
    case 'name':
      return (typeof value === 'number' ? shape.names.get(value) : undefined) ?? showPlain(value, secrets);
    case 'bits':
      return typeof value === 'number' ? showBits(value, shape.names) : showPlain(value, secrets);
    case 'authData':
      return value instanceof Uint8Array ? showAuthData(value, secrets) : showPlain(value, secrets);
    case 'coseKey':
      return value instanceof Map ? showCoseKey(value as CborMap, secrets) : showPlain(value, secrets);
    case 'uuid':
      return value instanceof Uint8Array ? showUuid(value) : showPlain(value, secrets);
    case undefined:
      return showPlain(value, secrets);
  }
}

function showPlain(value: CborValue, secrets: Secrets): Json {
  if (value instanceof Uint8Array) return encodeBase64Url(value);
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly CborValue[]).map((item) => showPlain(item, secrets));
  return showMembers(value as CborMap, () => undefined, secrets);
}

/** Numbers and booleans in a secret tell nothing that matters, and much about what went on. */
function showSecret(value: CborValue, secrets: Secrets): Json {
  if (value instanceof Uint8Array) {
    secrets.found.push(value);
    return secrets.reveal ? encodeBase64Url(value) : `redacted, ${value.length} bytes`;
  }
  if (Array.isArray(value)) return (value as readonly CborValue[]).map((item) => showSecret(item, secrets));
  if (!(value instanceof Map)) return showPlain(value, secrets);
  const members = [...(value as CborMap)].map(([key, member]) => [showKey(key), showSecret(member, secrets)]);
  return Object.fromEntries(members) as JsonObject;
}

function showMap(map: CborMap, { members }: Extract<Shape, { kind: 'map' }>, secrets: Secrets): JsonObject {
  return showMembers(map, (key) => members.get(key), secrets);
}

function showMembers(
  map: CborMap,
  find: (key: CborKey) => { readonly name: string; readonly shape?: Shape } | undefined,
  secrets: Secrets,
): JsonObject {
  const result: Record<string, Json> = {};
  for (const [key, value] of map) {
    const member = find(key);
    result[member?.name ?? showKey(key)] = showCbor(value, member?.shape, secrets);
  }
  return result;
}

function showKey(key: CborKey): string {
  return String(key);
}

function showBits(value: number, names: Readonly<Record<string, number>>): Json {
  const known = Object.entries(names).filter(([, bit]) => (value & bit) !== 0);
  const rest = known.reduce((left, [, bit]) => left & ~bit, value);
  return [...known.map(([name]) => name), ...(rest === 0 ? [] : [`0x${rest.toString(16)}`])];
}

export function showUuid(bytes: Uint8Array): string {
  const hex = toHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** In keys of the PIN protocols; it stands there for another one that COSE has no number for (CTAP 2.3 §6.5.6). */
const keyAgreementAlgorithm = -25;
const keyTypes = new Map([
  [1, 'OKP'],
  [2, 'EC2'],
  [3, 'RSA'],
  [7, 'AKP'],
]);
const curves = new Map([
  [1, 'P-256'],
  [2, 'P-384'],
  [3, 'P-521'],
  [6, 'Ed25519'],
  [7, 'Ed448'],
  [8, 'secp256k1'],
]);

/** A COSE_Key with the labels of its type (RFC 9053 §7, RFC 8230 §4). */
function showCoseKey(key: CborMap, secrets: Secrets): JsonObject {
  const type = key.get(1);
  const names = type === 3 ? ['n', 'e'] : type === 7 ? ['pub'] : ['crv', 'x', 'y'];
  const labels = new Map<CborKey, string>([
    [1, 'kty'],
    [3, 'alg'],
    ...names.map((name, index): [number, string] => [-1 - index, name]),
  ]);
  const result: Record<string, Json> = {};
  for (const [label, value] of key) {
    const name = labels.get(label) ?? showKey(label);
    result[name] = nameInKey(name, value) ?? showPlain(value, secrets);
  }
  return result;
}

function nameInKey(member: string, value: CborValue): string | undefined {
  if (typeof value !== 'number') return undefined;
  if (member === 'kty') return keyTypes.get(value);
  if (member === 'alg') return value === keyAgreementAlgorithm ? 'ECDH-ES+HKDF-256' : algorithmName(value);
  return member === 'crv' ? curves.get(value) : undefined;
}

function showAuthData(bytes: Uint8Array, secrets: Secrets): Json {
  try {
    return describeAuthData(decodeAuthData(bytes), secrets);
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
    // What does not parse may hold a secret anywhere.
    secrets.found.push(bytes.subarray(Math.min(37, bytes.length)));
    return { problem: error.message, ...(secrets.reveal && { bytes: encodeBase64Url(bytes) }) };
  }
}

function describeAuthData(data: AuthData, secrets: Secrets): JsonObject {
  const { attested, extensions } = data;
  const flags = [
    data.userPresent && 'UP',
    data.userVerified && 'UV',
    data.backupEligible && 'BE',
    data.backupState && 'BS',
    attested && 'AT',
    extensions && 'ED',
  ].filter((flag) => typeof flag === 'string');
  return {
    rpIdHash: encodeBase64Url(data.rpIdHash),
    flags,
    signCount: data.signCount,
    ...(attested && {
      aaguid: showUuid(attested.aaguid),
      credentialId: encodeBase64Url(attested.credentialId),
      publicKey: showCoseKey(attested.publicKey, secrets),
    }),
    ...(extensions && { extensions: showCbor(extensions, extensionOutputs, secrets) }),
  };
}
