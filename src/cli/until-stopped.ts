import type { Io } from './io.ts';

/** Runs something until Ctrl-C, SIGTERM or a closed output, and then closes it; `ready` is called when it listens. */
export async function untilStopped(
  io: Io,
  running: { close(): Promise<void> },
  ready: () => void,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const removals: (() => void)[] = [];
    const stop = () => {
      for (const remove of removals) remove();
      resolve();
    };
    removals.push(io.onSignal('SIGINT', stop), io.onSignal('SIGTERM', stop), io.onOutputClosed(stop));
    ready();
  });
  await running.close();
}
