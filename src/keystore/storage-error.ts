import { statfsSync } from 'node:fs';

import { KeystoreError } from '../ports/keystore.ts';
import { UsageError } from '../ports/errors.ts';
import { damaged } from './sealing.ts';
import { RecordShapeError } from './record-schema.ts';

const corruptPatterns = /MDB_(CORRUPTED|PAGE_NOTFOUND|INVALID|VERSION_MISMATCH|PANIC|INCOMPATIBLE|BAD_)/;
const fullPatterns =
  /MDB_MAP_FULL|MDB_DBS_FULL|ENOSPC|EDQUOT|EFBIG|No space left|quota exceeded|File too large/i;
const systemPatterns =
  /^E[A-Z]+ |MDB_|Input\/output error|Cannot allocate|Too many open|resource busy|Invalid argument|not supported/;

/** Turns what the file system or LMDB threw into a KeystoreError with one sentence; what is one already is kept. */
export function storageError(error: unknown, path: string): unknown {
  if (error instanceof KeystoreError || error instanceof UsageError) return error;
  if (error instanceof RecordShapeError) return damaged(path, error);
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const text = `${code} ${error.message}`;
  if (corruptPatterns.test(text)) return damaged(path, error);
  if (fullPatterns.test(text)) return fullDisk(path, error);
  if (/MDB_READERS_FULL/.test(text)) {
    return problem('io', path, 'too many processes use it at once; end some of them', error);
  }
  return ioError(text, path, error) ?? error;
}

export function fullDisk(path: string, cause?: Error): KeystoreError {
  return problem('full', path, 'the disk is full; free some space', cause);
}

/** A new database needs far less; with none at all LMDB does not fail, but crash. */
const leastSpace = 1024 * 1024;

/** Whether the file system of a path has room for a few transactions. */
export function hasRoom(path: string): boolean {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize >= leastSpace;
}

function ioError(text: string, path: string, cause: Error): KeystoreError | undefined {
  // LMDB's word for a write that was cut short, which a full disk does first of all.
  if (/Input\/output error/.test(text) && !hasRoom(path)) return fullDisk(path, cause);
  if (/EACCES|EPERM|Permission denied|not permitted/i.test(text)) {
    return problem(
      'io',
      path,
      'this user may not read and write it; change its owner or use another directory',
      cause,
    );
  }
  if (/EROFS|Read-only file system/i.test(text)) {
    return problem('io', path, 'its file system is read-only; use another directory', cause);
  }
  if (/ENOTDIR|EEXIST|Not a directory/i.test(text)) {
    return problem('io', path, 'it is not a directory; use another path', cause);
  }
  if (/ENOENT|No such file/i.test(text)) {
    return problem(
      'io',
      path,
      'it is not there and cannot be made; use a directory that can be written to',
      cause,
    );
  }
  return systemPatterns.test(text)
    ? problem('io', path, `the operating system says: ${cause.message}`, cause)
    : undefined;
}

function problem(kind: 'io' | 'full', path: string, why: string, cause?: Error): KeystoreError {
  return new KeystoreError(kind, `The keystore ${path} cannot be used: ${why}.`, { cause });
}
