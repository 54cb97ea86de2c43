import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { UsageError } from '../ports/errors.ts';

/** 32 random bytes, base64url. */
export function createToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * The token that the file holds, so that what was paired once stays paired; a new one is put there if there is no such file.
 * Throws UsageError for a file that others may read, that holds something else, or that cannot be used.
 */
export function keepToken(file: string): string {
  return readToken(file) ?? writeToken(file);
}

function readToken(file: string): string | undefined {
  try {
    const token = readFileSync(file, 'utf8').trim();
    requireOwn(file);
    if (/^[\w-]{43,128}$/.test(token)) return token;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unusable(file, error);
  }
  throw new UsageError(`${file} holds no token of a control server.`, {
    hint: 'Name a file that does not exist yet: a token is put there.',
  });
}

/** On Windows, files of a user's folders are their own without further ado. */
function requireOwn(file: string): void {
  if (process.platform === 'win32' || (statSync(file).mode & 0o077) === 0) return;
  throw new UsageError(`Other users of this machine may read the token in ${file}.`, {
    hint: `Run chmod 600 ${file}, or better: remove it, and a new token is made.`,
  });
}

function writeToken(file: string): string {
  const token = createToken();
  try {
    writeFileSync(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw unusable(file, error);
  }
  return token;
}

function unusable(file: string, cause: unknown): UsageError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UsageError(`The token file ${file} cannot be used: ${reason}`, { cause });
}
