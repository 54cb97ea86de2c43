import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getuid, platform } from 'node:process';

import { KeystoreError } from '../ports/keystore.ts';
import { fullDisk, hasRoom, storageError } from './storage-error.ts';

export const dataFile = 'data.mdb';
export const lockFile = 'lock.mdb';
export const keyFile = 'keystore.key';

/** What may be in the directory of a store, beside sockets and logs. */
const knownNames = new Set([dataFile, lockFile, keyFile, 'README.md', '.gitignore']);

/** Windows has no such modes; there the directory's access list decides. */
const hasModes = platform !== 'win32';

/** Whether a store has been made here. Throws KeystoreError if the path is something else than a directory. */
export function holdsKeystore(directory: string): boolean {
  const stat = guarded(directory, () => statSync(directory, { throwIfNoEntry: false }));
  if (stat === undefined) return false;
  if (!stat.isDirectory()) {
    throw new KeystoreError(
      'io',
      `The keystore ${directory} cannot be used: it is not a directory; use another path.`,
    );
  }
  return guarded(directory, () => (sizeOf(join(directory, dataFile)) ?? 0) > 0);
}

/** Makes the directory (0700) and the files of the database (0600) where they are missing. */
export function makePlaces(directory: string): void {
  guarded(directory, () => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (!hasRoom(directory)) throw fullDisk(directory);
    // LMDB would make them readable for the group.
    for (const name of [dataFile, lockFile]) closeSync(openSync(join(directory, name), 'a', 0o600));
  });
}

/**
 * Takes away rights that other users have to the directory and its files. Returns one sentence for each repair. A
 * directory that has other things in it keeps its mode.
 */
export function repairPlaces(directory: string): string[] {
  return guarded(directory, () => {
    const files = [dataFile, lockFile, keyFile].flatMap((name) => tighten(join(directory, name), 0o600));
    return isOnlyOurs(directory) ? [...tighten(directory, 0o700), ...files] : files;
  });
}

export function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

/** Runs something that touches files of the store; what it throws becomes a KeystoreError. */
export function guarded<T>(directory: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw storageError(error, directory);
  }
}

function isOnlyOurs(directory: string): boolean {
  return readdirSync(directory).every((name) => knownNames.has(name) || /\.(sock|log)$/.test(name));
}

function tighten(path: string, mode: number): string[] {
  const stat = hasModes ? statSync(path, { throwIfNoEntry: false }) : undefined;
  if (stat === undefined || (stat.mode & 0o077) === 0) return [];
  // Another user's file, or a shared place like /tmp: its mode is not ours to change.
  if (stat.uid !== getuid?.() || (stat.mode & 0o1000) !== 0) return [];
  chmodSync(path, mode);
  return [`Other users had access to ${path}; its mode is ${mode.toString(8)} now.`];
}
