import type { Clock } from '../ports/clock.ts';
import { HidTransportError } from './errors.ts';

/** A limit on the silence of a key: its signal is aborted when nobody called `restart` for `timeoutMs`. */
export interface Deadline {
  readonly signal: AbortSignal;
  restart(): void;
  stop(): void;
}

/** The signal's reason is a HidTransportError `timeout`. */
export function startDeadline(clock: Clock, timeoutMs: number): Deadline {
  const controller = new AbortController();
  const expire = () => {
    controller.abort(new HidTransportError('timeout', `the key was silent for ${timeoutMs} ms`));
  };
  let stop = clock.after(timeoutMs, expire);
  return {
    signal: controller.signal,
    restart: () => {
      stop();
      stop = clock.after(timeoutMs, expire);
    },
    stop: () => stop(),
  };
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted before. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(asError(signal.reason));
      return;
    }
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    const abort = () => {
      cancel();
      reject(asError(signal?.reason));
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
