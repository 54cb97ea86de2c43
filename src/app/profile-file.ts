import { readFileSync } from 'node:fs';
import { extensionNames, type ExtensionName } from '../authenticator/extensions/extension.ts';
import type {
  BioEnrollmentCapability,
  EnterpriseAttestationCapability,
  LargeBlobArrayCapability,
  LargeBlobExtensionCapability,
  PinComplexityCapability,
  Profile,
  SetMinPinLengthCapability,
} from '../authenticator/profile.ts';
import { coseAlgorithm, type CoseAlgorithm } from '../cose/algorithm.ts';
import { fromHex } from '../ctap/bytes.ts';
import { UsageError } from '../ports/errors.ts';
import type { HostTransport } from '../ports/message-handler.ts';
import { presetNames, type ProfileSettings } from './profile-settings.ts';

/** Reads one value; `path` names it in the error. */
type Reader<T> = (value: unknown, path: string) => T;

function refuse(path: string, wanted: string): never {
  throw new UsageError(`${path} has to be ${wanted}.`);
}

const boolean: Reader<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : refuse(path, 'true or false');

const number: Reader<number> = (value, path) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : refuse(path, 'a whole number');

const orNull: (reader: Reader<number>) => Reader<number | null> = (reader) => (value, path) =>
  value === null ? null : reader(value, path);

function listOf<T>(reader: Reader<T>): Reader<readonly T[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((element, index) => reader(element, `${path}[${index}]`))
      : refuse(path, 'a list');
}

function oneOf<T extends string | number>(...choices: readonly T[]): Reader<T> {
  return (value, path) =>
    choices.find((choice) => choice === value) ?? refuse(path, `one of ${choices.join(', ')}`);
}

const text: Reader<string> = (value, path) => (typeof value === 'string' ? value : refuse(path, 'text'));

const aaguid: Reader<Uint8Array> = (value, path) => {
  const hex = text(value, path).replaceAll('-', '');
  return /^[0-9a-f]{32}$/i.test(hex) ? fromHex(hex) : refuse(path, 'a UUID');
};

const algorithm: Reader<CoseAlgorithm> = (value, path) => {
  const found = Object.entries(coseAlgorithm).find(([name, id]) => name === value || id === value);
  return found?.[1] ?? refuse(path, 'the name or number of a COSE algorithm');
};

/** An object with some of these members and no other. */
function partOf<T>(readers: { readonly [K in keyof T]-?: Reader<T[K]> }): Reader<Partial<T>> {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(path, 'an object');
    const entries = Object.entries(value).map(([name, member]: [string, unknown]) => {
      const reader = (readers as Readonly<Record<string, Reader<unknown>>>)[name];
      if (!Object.hasOwn(readers, name) || !reader) {
        throw new UsageError(`${path}.${name} is not known; there are ${Object.keys(readers).join(', ')}.`);
      }
      return [name, reader(member, `${path}.${name}`)];
    });
    return Object.fromEntries(entries) as Partial<T>;
  };
}

/** As `partOf`, but nothing may be missing. */
function wholeOf<T>(readers: { readonly [K in keyof T]-?: Reader<T[K]> }): Reader<T> {
  const part = partOf<T>(readers);
  return (value, path) => {
    const read = part(value, path);
    const absent = Object.keys(readers).find((name) => !Object.hasOwn(read, name));
    return absent === undefined ? (read as T) : refuse(path, `complete: ${absent} is missing`);
  };
}

/** An object whose members may have any name. */
function recordOf<T>(reader: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(path, 'an object');
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, reader(member, `${path}.${name}`)]),
    );
  };
}

const transports = listOf<HostTransport>(oneOf('usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'internal'));

const pin = wholeOf<NonNullable<Profile['pin']>>({
  protocols: listOf(oneOf(1 as const, 2 as const)),
  maxRetries: number,
  minLength: number,
  maxLength: number,
  noMcGaPermissions: boolean,
});

const builtInUv = wholeOf<NonNullable<Profile['builtInUv']>>({
  modality: oneOf('pin', 'fingerprint'),
  maxRetries: number,
  attemptsPerOperation: number,
});

/** `null` takes a capability away that the complete key has. */
function orAbsent<T>(reader: Reader<T>): Reader<T | undefined> {
  return (value, path) => (value === null ? undefined : reader(value, path));
}

const memberReaders: { readonly [K in keyof Profile]-?: Reader<unknown> } = {
  aaguid,
  versions: listOf(text),
  algorithms: listOf(algorithm),
  extensions: listOf<ExtensionName>(oneOf(...extensionNames)),
  transports,
  firmwareVersion: number,
  certifications: orAbsent(recordOf(number)),
  maxMsgSize: number,
  maxCredentialCountInList: number,
  maxCredentialIdLength: number,
  credentialIdLength: number,
  maxDiscoverableCredentials: number,
  pin: orAbsent(pin),
  builtInUv: orAbsent(builtInUv),
  bioEnrollment: orAbsent(
    wholeOf<BioEnrollmentCapability>({
      maxTemplates: number,
      samplesRequired: number,
      maxFriendlyName: number,
      kind: oneOf('touch', 'swipe'),
    }),
  ),
  uvBioEnroll: boolean,
  accountChooser: boolean,
  maxCredBlobLength: orAbsent(number),
  largeBlobArray: orAbsent(wholeOf<LargeBlobArrayCapability>({ capacity: number })),
  largeBlobExtension: orAbsent(wholeOf<LargeBlobExtensionCapability>({ capacity: number })),
  authenticatorConfig: boolean,
  uvAcfg: boolean,
  setMinPinLength: orAbsent(
    wholeOf<SetMinPinLengthCapability>({ maxRpIds: number, preconfiguredRpIds: listOf(text) }),
  ),
  pinComplexity: orAbsent(partOf<PinComplexityCapability>({ enforced: boolean, url: text })),
  enterpriseAttestation: orAbsent(wholeOf<EnterpriseAttestationCapability>({ rpIds: listOf(text) })),
  longTouchForReset: orAbsent(boolean),
  vendorConfigCommands: orAbsent(listOf(number)),
  credentialManagement: boolean,
  perCredMgmtRo: boolean,
  makeCredUvNotRqd: boolean,
  alwaysUv: orAbsent(boolean),
  attestation: oneOf('none', 'packed-self', 'packed', 'fido-u2f'),
  counter: oneOf('per-credential', 'global', 'zero'),
  backupEligible: boolean,
  backupState: boolean,
  resetWindow: orNull(number),
  transportsForReset: orAbsent(transports),
  userActionTimeout: number,
};

/** All members that a profile can have, in the order in which they are written. */
export const profileMembers = Object.keys(memberReaders) as readonly (keyof Profile)[];

const documentMembers = partOf<Record<keyof Profile | 'extends', unknown>>({
  extends: oneOf(...presetNames),
  ...memberReaders,
});

/** The settings of a profile document, for `resolveProfile`. Throws UsageError with the place. */
export function parseProfile(json: unknown): ProfileSettings {
  return documentMembers(json, 'profile') as ProfileSettings;
}

/** Reads a profile file. Throws UsageError for one that cannot be read or is wrong. */
export function readProfileFile(path: string): ProfileSettings {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`The profile ${path} ${whyUnreadable(error)}.`, {
      cause: error,
      hint: `It is a JSON file, or one of ${presetNames.join(', ')}; see \`fauxkey profiles\`.`,
    });
  }
  try {
    return parseProfile(JSON.parse(content));
  } catch (error) {
    if (error instanceof UsageError) throw inFile(path, error);
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`The profile ${path} is not JSON: ${error.message}.`, { cause: error });
  }
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'is neither a known name nor a file';
  return code === 'EISDIR' ? 'is a directory' : `cannot be read (${String(code)})`;
}

function inFile(path: string, { message, cause }: UsageError): UsageError {
  return new UsageError(`${path}: ${message}`, { cause });
}
