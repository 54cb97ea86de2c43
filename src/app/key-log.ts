import { closeSync, openSync } from 'node:fs';
import { destination, pino } from 'pino';
import type { KeyEvent } from '../ports/events.ts';
import { UsageError } from '../ports/errors.ts';
import type { StartOptions } from './api-start.ts';

/** Where events go besides the screen. */
export interface KeyLog {
  event(event: KeyEvent): void;
  close(): void;
}

const silence: KeyLog = { event: () => undefined, close: () => undefined };

/**
 * A log file of JSON lines, readable by its owner alone; nothing without `logFile`. Throws UsageError if it cannot be
 * opened. When it cannot be written any more, as on a full disk, `complain` is told once and the key goes on.
 */
export function createKeyLog(
  { key, logFile, verbose }: Pick<StartOptions, 'key' | 'logFile' | 'verbose'>,
  complain: (sentence: string) => void,
): KeyLog {
  if (logFile === undefined) return silence;
  const file = openLog(logFile);
  const stream = destination({ fd: file, sync: true });
  let broken = false;
  stream.on('error', (error: Error) => {
    if (!broken) complain(`The log file ${logFile} cannot be written any more: ${error.message}.`);
    broken = true;
  });
  const logger = pino({ level: verbose ? 'debug' : 'info', base: { key } }, stream);
  return {
    event: ({ type, ...event }) => {
      if (broken) return;
      if (type === 'defect') logger.error({ err: 'error' in event ? event.error : undefined }, 'defect');
      else if (type === 'question' || type === 'answer') logger.debug(event, type);
      else logger.info(event, type);
    },
    close: () => closeSync(file),
  };
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist',
  EISDIR: 'it is a directory',
  EACCES: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
};

function openLog(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new UsageError(`The log file ${path} cannot be opened: ${reasons[code] ?? code}.`, {
      cause: error,
      hint: 'Give --log a file in a directory that exists and that you may write to.',
    });
  }
}
