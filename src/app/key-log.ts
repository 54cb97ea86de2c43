import { closeSync, openSync } from 'node:fs';
import { destination, pino } from 'pino';
import type { KeyEvent } from '../ports/events.ts';
import { UsageError } from '../ports/errors.ts';
import type { StartOptions } from './api.ts';

/** Where events go besides the screen. */
export interface KeyLog {
  event(event: KeyEvent): void;
  close(): void;
}

const silence: KeyLog = { event: () => undefined, close: () => undefined };

/** A log file of JSON lines, readable by its owner alone; nothing without `logFile`. Throws UsageError if it cannot be opened. */
export function createKeyLog({
  key,
  logFile,
  verbose,
}: Pick<StartOptions, 'key' | 'logFile' | 'verbose'>): KeyLog {
  if (logFile === undefined) return silence;
  const file = openLog(logFile);
  const logger = pino(
    { level: verbose ? 'debug' : 'info', base: { key } },
    destination({ fd: file, sync: true }),
  );
  return {
    event: ({ type, ...event }) => {
      if (type === 'defect') logger.error({ err: 'error' in event ? event.error : undefined }, 'defect');
      else if (type === 'question' || type === 'answer') logger.debug(event, type);
      else logger.info(event, type);
    },
    close: () => closeSync(file),
  };
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw new UsageError(`The log file ${path} cannot be opened.`, { cause: error });
  }
}
