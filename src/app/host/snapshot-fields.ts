import type { AttestationMaterial, DeviceState } from '../../ports/keystore.ts';
import { UsageError } from '../../ports/errors.ts';

/** How a value stands in a snapshot; a field that may be absent says so. */
type Kind =
  | 'count'
  | 'flag'
  | 'text'
  | { readonly bytes: readonly [least: number, most: number] }
  | { readonly list: Kind }
  | { readonly fields: Readonly<Record<string, Field>> };
interface Field {
  readonly kind: Kind;
  readonly optional?: true;
}
export type Fields<T> = { readonly [K in keyof T]-?: Field };

const exactly = (length: number): Kind => ({ bytes: [length, length] });
const upTo = (most: number): Kind => ({ bytes: [0, most] });
const optional = (kind: Kind): Field => ({ kind, optional: true });
const required = (kind: Kind): Field => ({ kind });

const certifiedKey: Kind = {
  fields: { privateKey: required(upTo(16_384)), certificate: required(upTo(65_536)) },
};

/** Every member of the persistent state: the compiler asks for one that is new. */
export const stateFields: Fields<DeviceState> = {
  pin: optional({ fields: { hash: required(exactly(16)), codePoints: required('count') } }),
  pinRetries: required('count'),
  uvRetries: required('count'),
  uvCountSinceLastPinEntry: required('count'),
  minPinLength: optional('count'),
  minPinLengthRpIds: optional({ list: 'text' }),
  forcePinChange: required('flag'),
  pinComplexityPolicy: optional('flag'),
  alwaysUv: optional('flag'),
  enterpriseAttestation: required('flag'),
  longTouchForReset: optional('flag'),
  largeBlobArray: optional(upTo(1_048_576)),
  fingerprints: required({
    list: { fields: { id: required({ bytes: [1, 255] }), name: optional('text') } },
  }),
  persistentPinUvAuthToken: required(exactly(32)),
  deviceIdentifier: required(exactly(16)),
  credStoreState: required(exactly(16)),
  signCount: required('count'),
};

export const attestationFields: Fields<AttestationMaterial> = {
  root: required(certifiedKey),
  batch: required(certifiedKey),
  enterprise: optional(certifiedKey),
};

/** JSON of an object with these fields. */
export function encodeFields<T extends object>(
  fields: Fields<T>,
  value: T,
): Readonly<Record<string, unknown>> {
  const names = Object.keys(fields).filter((name) => name in value);
  return Object.fromEntries(names.map((name) => [name, encode((value as Record<string, unknown>)[name])]));
}

function encode(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64url');
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, encode(item)]));
}

/** The object of such JSON. Throws UsageError with the place of what is wrong, missing or not known. */
export function decodeFields<T>(fields: Fields<T>, json: unknown, path: string): T {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) refuse(path, 'an object');
  const members = new Map<string, unknown>(Object.entries(json));
  const known = new Map(Object.entries<Field>(fields));
  for (const name of members.keys())
    if (!known.has(name)) throw new UsageError(`${path} has no member ${JSON.stringify(name.slice(0, 40))}.`);
  const decoded = [...known].flatMap(([name, { kind, optional: mayLack }]) => {
    const value = members.get(name);
    if (value === undefined && mayLack) return [];
    return [[name, decode(kind, value, `${path}.${name}`)] as const];
  });
  return Object.fromEntries(decoded) as T;
}

function decode(kind: Kind, value: unknown, path: string): unknown {
  if (kind === 'count')
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      ? value
      : refuse(path, 'a whole number');
  if (kind === 'flag') return typeof value === 'boolean' ? value : refuse(path, 'true or false');
  if (kind === 'text') return typeof value === 'string' ? value : refuse(path, 'text');
  if ('bytes' in kind) return decodeBytes(kind.bytes, value, path);
  if ('fields' in kind) return decodeFields(kind.fields as Fields<object>, value, path);
  return Array.isArray(value)
    ? value.map((item, index) => decode(kind.list, item, `${path}[${index}]`))
    : refuse(path, 'a list');
}

function decodeBytes([least, most]: readonly [number, number], value: unknown, path: string): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64url') : undefined;
  if (!bytes || bytes.toString('base64url') !== value) return refuse(path, 'base64url without padding');
  const wanted = least === most ? `${least}` : `${least} to ${most}`;
  return bytes.length < least || bytes.length > most
    ? refuse(path, `${wanted} bytes long`)
    : new Uint8Array(bytes);
}

function refuse(path: string, wanted: string): never {
  throw new UsageError(`${path} has to be ${wanted}.`);
}
