import type { CoseAlgorithm } from '../cose/algorithm.ts';
import { algorithmName } from '../cose/algorithm.ts';
import type { Clock } from '../ports/clock.ts';
import type { Credential } from '../ports/credential.ts';
import type { CryptoProvider, KeyPair } from '../ports/crypto.ts';
import { UnsuitableKeyError } from '../ports/crypto.ts';
import { UsageError } from '../ports/errors.ts';
import type { ConflictRule, DeviceState, DeviceStateChange, Keystore } from '../ports/keystore.ts';
import type { Random } from '../ports/random.ts';
import { DocumentReader } from './document-reader.ts';
import { exportCredential, exportState, toBase64Url } from './export-credential.ts';
import type { ExportDocument, ParsedCredential, ParsedDocument } from './export-document.ts';
import { exportFormat, exportVersion } from './export-document.ts';
import { parseCredential, parseState } from './parse-credential.ts';
import { present } from './present.ts';
import { encodeCbor } from './record-schema.ts';

export interface ExportOptions {
  /** Name of the key, for the reader of the document. */
  readonly name?: string;
  /** Private keys, secrets of hmac-secret, large-blob keys and the PIN's hash go out only with this. */
  readonly withSecrets: boolean;
  /** All credentials unless given. */
  readonly filter?: (credential: Credential) => boolean;
}

/** A document of a key's credentials, oldest first, so that an import keeps their order. */
export function exportKey(keystore: Keystore, options: ExportOptions): ExportDocument {
  const { name, withSecrets, filter = () => true } = options;
  const credentials = [...keystore.all()].filter(filter).reverse();
  return {
    format: exportFormat,
    version: exportVersion,
    ...(name !== undefined && { key: { name } }),
    credentials: credentials.map((credential) => exportCredential(credential, withSecrets)),
    ...(withSecrets && { state: exportState(keystore.state()) }),
  };
}

/**
 * Reads a document, or a bare list of credentials as WebDriver's Get Credentials returns it. Throws UsageError with one
 * sentence that names the place, like `credentials[3].privateKey`.
 */
export function parseExportDocument(json: unknown): ParsedDocument {
  if (Array.isArray(json)) return { credentials: parseCredentials(json) };
  const reader = new DocumentReader(json, '');
  if (reader.raw('format') !== exportFormat) throw new UsageError(`format has to be "${exportFormat}".`);
  const version = reader.require('version', reader.integer('version'));
  if (version !== exportVersion) {
    throw new UsageError(`version ${version} of the document is not known; this Fauxkey reads version 1.`);
  }
  const key = reader.object('key');
  key?.text('name');
  key?.finish();
  const credentials = parseCredentials(reader.list('credentials'));
  const state = reader.object('state');
  const parsed = present({ credentials, state: state && parseState(state) });
  reader.finish();
  return parsed;
}

export interface ImportOptions {
  readonly crypto: CryptoProvider;
  readonly random: Random;
  readonly onConflict: ConflictRule;
  /** Takes the PIN and the settings of the document too. Counters never go back. False unless given. */
  readonly withState?: boolean;
  /** For credentials without a time of creation; the system's unless given. */
  readonly clock?: Pick<Clock, 'wall'>;
}

export interface ImportReport {
  readonly added: number;
  /** Existing credentials that had to make room. */
  readonly replaced: number;
  readonly skipped: number;
}

/**
 * Stores the credentials of a document, all of them or none. Everything is checked, and every public key derived,
 * before the first write. Throws UsageError; a conflict is one with `onConflict: 'fail'`.
 */
export async function importCredentials(
  keystore: Keystore,
  document: ParsedDocument,
  options: ImportOptions,
): Promise<ImportReport> {
  const credentials = document.credentials.map((parsed) => toCredential(parsed, options));
  const change = importedState(keystore.state(), document, options);
  const { added, conflicts } = await keystore.addAll(credentials, options.onConflict, change);
  const [first] = conflicts;
  if (options.onConflict === 'fail' && first !== undefined) {
    const path = document.credentials.find(({ id }) => Buffer.compare(id, first) === 0)?.path ?? '';
    throw new UsageError(
      `${path} is in this key already, or has the account of one that is; nothing was imported.`,
      {
        hint: 'Choose to skip or to replace what exists.',
      },
    );
  }
  const isReplacing = options.onConflict === 'replace';
  return {
    added: isReplacing ? added - conflicts.length : added,
    replaced: isReplacing ? conflicts.length : 0,
    skipped: isReplacing ? 0 : conflicts.length,
  };
}

function parseCredentials(list: readonly unknown[]): ParsedCredential[] {
  const taken = new Map<string, string>();
  const take = (key: string, path: string, what: string): void => {
    const other = taken.get(key);
    if (other !== undefined) throw new UsageError(`${path} has the same ${what} as ${other}.`);
    taken.set(key, path);
  };
  return list.map((item, index) => {
    const parsed = parseCredential(item, `credentials[${index}]`);
    take(`id ${toBase64Url(parsed.id)}`, parsed.path, 'credentialId');
    if (parsed.discoverable && parsed.user !== undefined) {
      const site = parsed.rpId ?? toBase64Url(parsed.rpIdHash ?? parsed.id);
      take(`account ${toBase64Url(parsed.user.id)} ${site}`, parsed.path, 'rpId and userHandle');
    }
    return parsed;
  });
}

function importedState(
  now: DeviceState,
  document: ParsedDocument,
  options: ImportOptions,
): DeviceStateChange {
  const taken = options.withState === true ? document.state : undefined;
  const changesListing = document.credentials.some((credential) => credential.discoverable);
  return {
    ...taken,
    ...(taken !== undefined && { signCount: Math.max(now.signCount, taken.signCount ?? 0) }),
    ...(changesListing && { credStoreState: options.random.bytes(16) }),
  };
}

function toCredential({ path, ...parsed }: ParsedCredential, options: ImportOptions): Credential {
  const { random, crypto } = options;
  const { privateKey, publicKey } = deriveKeys(parsed, path, crypto);
  return {
    ...parsed,
    rpIdHash: rpIdHashOf(parsed, path, crypto),
    privateKey,
    publicKey,
    credRandomWithUv: parsed.credRandomWithUv ?? random.bytes(32),
    credRandomWithoutUv: parsed.credRandomWithoutUv ?? random.bytes(32),
    createdAt: parsed.createdAt ?? options.clock?.wall() ?? Date.now(),
  };
}

type Placeless = Omit<ParsedCredential, 'path'>;

function deriveKeys(
  { algorithm, privateKey, publicKey }: Placeless,
  path: string,
  crypto: CryptoProvider,
): KeyPair {
  if (privateKey === undefined) {
    throw new UsageError(`${path}.privateKey is missing.`, {
      hint: 'A document that was exported without secrets cannot be imported.',
    });
  }
  const pair = importPrivateKey(algorithm, privateKey, path, crypto);
  if (publicKey !== undefined && Buffer.compare(publicKey, encodeCbor(pair.publicKey)) !== 0) {
    throw new UsageError(`${path}.publicKey does not belong to its privateKey.`);
  }
  return pair;
}

function importPrivateKey(
  algorithm: CoseAlgorithm,
  privateKey: Uint8Array,
  path: string,
  crypto: CryptoProvider,
): KeyPair {
  const name = algorithmName(algorithm) ?? String(algorithm);
  if (!crypto.algorithms.includes(algorithm))
    throw new UsageError(`${path}.algorithm ${name} cannot be used here.`);
  try {
    return crypto.importPrivateKey(algorithm, privateKey);
  } catch (error) {
    if (!(error instanceof UnsuitableKeyError)) throw error;
    throw new UsageError(`${path}.privateKey is no private key for ${name} in PKCS#8: ${error.message}`, {
      cause: error,
    });
  }
}

function rpIdHashOf({ rpId, rpIdHash }: Placeless, path: string, crypto: CryptoProvider): Uint8Array {
  const known = rpId === undefined ? rpIdHash : crypto.sha256(Buffer.from(rpId));
  if (known === undefined) throw new UsageError(`${path}.rpId is missing.`);
  if (rpIdHash !== undefined && Buffer.compare(rpIdHash, known) !== 0) {
    throw new UsageError(`${path}.rpIdHash is not the hash of its rpId.`);
  }
  return known;
}
