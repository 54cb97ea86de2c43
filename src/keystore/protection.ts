import { randomUUID, scrypt } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { KeystoreError } from '../ports/keystore.ts';
import type { Random } from '../ports/random.ts';
import { guarded, keyFile } from './places.ts';
import { bytes, encodeCbor, field, integer, oneOf, optional, record } from './record-schema.ts';
import { Sealer } from './sealing.ts';

/** How the data key is wrapped. The scrypt parameters (RFC 7914) and the salt are there for a passphrase. */
export interface Protection {
  readonly kind: 'key-file' | 'passphrase';
  readonly cost?: number;
  readonly blockSize?: number;
  readonly parallelization?: number;
  readonly salt?: Uint8Array;
}

export const protectionRecord = record<Protection>({
  kind: field(1, oneOf('key-file', 'passphrase')),
  cost: optional(2, integer),
  blockSize: optional(3, integer),
  parallelization: optional(4, integer),
  salt: optional(5, bytes),
});

/** Wraps and unwraps the data key of one store. */
export interface Wrapping {
  readonly protection: Protection;
  readonly sealer: Sealer;
}

/** 32 MiB and about a tenth of a second. */
const scryptParameters = { cost: 2 ** 15, blockSize: 8, parallelization: 1 };
/** A header is not trusted until it is unsealed: it must not make us fill the memory. */
const costLimit = { cost: 2 ** 20, blockSize: 32, parallelization: 16 };
const keyFileStart = 'fauxkey-key-file-1:';

const deriveKey = promisify<string, Uint8Array, number, Record<string, number>, Buffer>(scrypt);

/** A wrapping for a new store or a new passphrase. Without a passphrase the key file is made if there is none. */
export async function newWrapping(
  directory: string,
  passphrase: string | undefined,
  random: Random,
): Promise<Wrapping> {
  if (passphrase === undefined) {
    if (readKeyFile(directory) === undefined) makeKeyFile(directory, random);
    return openWrapping(directory, undefined, { kind: 'key-file' }, random);
  }
  const protection: Protection = { kind: 'passphrase', ...scryptParameters, salt: random.bytes(32) };
  return openWrapping(directory, passphrase, protection, random);
}

/** The wrapping that a header describes. Throws KeystoreError `passphrase` when what it needs was not given. */
export async function openWrapping(
  directory: string,
  passphrase: string | undefined,
  protection: Protection,
  random: Random,
): Promise<Wrapping> {
  const secret =
    protection.kind === 'passphrase'
      ? await passphraseKey(directory, passphrase, protection)
      : keyFileKey(directory, passphrase);
  return { protection, sealer: new Sealer(secret, random, directory) };
}

/** What the wrapped data key is bound to. */
export function wrappingPlace(storeId: Uint8Array, protection: Protection): Uint8Array {
  return encodeCbor(['fauxkey data key', storeId, protectionRecord.write(protection)]);
}

export function wrongSecret(directory: string, protection: Protection): KeystoreError {
  return new KeystoreError(
    'passphrase',
    protection.kind === 'passphrase'
      ? `That is not the passphrase of the keystore in ${directory}.`
      : `The file ${join(directory, keyFile)} belongs to another keystore; put back the one that was made with this store.`,
  );
}

export function removeKeyFile(directory: string): void {
  guarded(directory, () => rmSync(join(directory, keyFile), { force: true }));
}

async function passphraseKey(
  directory: string,
  passphrase: string | undefined,
  protection: Protection,
): Promise<Uint8Array> {
  if (passphrase === undefined) {
    throw new KeystoreError(
      'passphrase',
      `The keystore in ${directory} is sealed with a passphrase; give it.`,
    );
  }
  const { cost = 0, blockSize = 0, parallelization = 0, salt = new Uint8Array(0) } = protection;
  const isSane =
    cost <= costLimit.cost &&
    blockSize <= costLimit.blockSize &&
    parallelization <= costLimit.parallelization;
  if (!isSane) throw wrongSecret(directory, protection);
  const options = { cost, blockSize, parallelization, maxmem: 256 * cost * blockSize };
  return deriveKey(passphrase.normalize('NFC'), salt, 32, options);
}

function keyFileKey(directory: string, passphrase: string | undefined): Uint8Array {
  if (passphrase !== undefined) {
    throw new KeystoreError(
      'passphrase',
      `The keystore in ${directory} is sealed with a key file and has no passphrase; leave the passphrase out, or set one first.`,
    );
  }
  const secret = readKeyFile(directory);
  if (secret === undefined) {
    throw new KeystoreError(
      'passphrase',
      `The file ${join(directory, keyFile)} is missing, without which the keystore cannot be unsealed; put it back.`,
    );
  }
  return secret;
}

function readKeyFile(directory: string): Uint8Array | undefined {
  const path = join(directory, keyFile);
  return guarded(path, () => {
    const content = readIfThere(path);
    if (content === undefined) return undefined;
    const secret = Buffer.from(content.slice(keyFileStart.length).trim(), 'base64url');
    if (!content.startsWith(keyFileStart) || secret.length !== 32) {
      throw new KeystoreError(
        'corrupt',
        `The file ${path} is not a key file of Fauxkey; put back the one of this store.`,
      );
    }
    return secret;
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all; if another process makes it at the same time, one of the two files stands. */
function makeKeyFile(directory: string, random: Random): void {
  const draft = join(directory, `${keyFile}.${randomUUID()}`);
  guarded(directory, () => {
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeSync(file, `${keyFileStart}${Buffer.from(random.bytes(32)).toString('base64url')}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    try {
      linkSync(draft, join(directory, keyFile));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    syncDirectory(directory);
  });
}

function syncDirectory(directory: string): void {
  let handle: number | undefined;
  try {
    handle = openSync(directory, 'r');
    fsyncSync(handle);
  } catch {
    // Windows cannot open a directory; there NTFS journals the entry.
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
