import type { Io } from './io.ts';

/** Something that runs; `closed` tells that it ended by itself, or why it failed. */
export interface Stoppable {
  close(): Promise<void>;
  readonly closed?: Promise<void>;
}

export interface Watch {
  /** Called once the signals are listened to: a script may send one as soon as it reads `ready`. */
  ready(): void;
  /** Called when the signal to stop came, before anything is closed. */
  stopping?(): void;
  /** What SIGHUP means while the terminal is there; without it, what the system says. */
  hangUp?(): Promise<void>;
}

/**
 * Runs something until Ctrl-C, SIGTERM, a closed output or its own end, and closes it. Once it is told to stop the signals have
 * their usual meaning: a second Ctrl-C kills. Rejects with what ended it, or with what `hangUp` met.
 */
export async function untilStopped(io: Io, running: Stoppable, watch: Watch): Promise<void> {
  const removals: (() => void)[] = [];
  const removeAll = () => removals.forEach((remove) => remove());
  try {
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        removeAll();
        watch.stopping?.();
        resolve();
      };
      const hangUp = () => {
        if (io.terminalGone()) stop();
        else watch.hangUp?.().catch(reject);
      };
      removals.push(io.onSignal('SIGINT', stop), io.onSignal('SIGTERM', stop), io.onOutputClosed(stop));
      if (watch.hangUp) removals.push(io.onSignal('SIGHUP', hangUp));
      running.closed?.then(resolve, reject);
      watch.ready();
    });
  } finally {
    removeAll();
    await running.close();
  }
}
