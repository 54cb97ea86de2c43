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
  if (fullPatterns.test(text)) return problem('full', path, 'the disk is full; free some space', error);
  if (/MDB_READERS_FULL/.test(text)) {
    return problem('io', path, 'too many processes use it at once; end some of them', error);
  }
  return ioError(text, path, error) ?? error;
}

function ioError(text: string, path: string, cause: Error): KeystoreError | undefined {
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
    return problem('io', path, 'it is gone; was the directory moved or deleted?', cause);
  }
  return systemPatterns.test(text)
    ? problem('io', path, `the operating system says: ${cause.message}`, cause)
    : undefined;
}

function problem(kind: 'io' | 'full', path: string, why: string, cause: Error): KeystoreError {
  return new KeystoreError(kind, `The keystore ${path} cannot be used: ${why}.`, { cause });
}
