/** Waiting for a condition that sends no event of its own. */

export class TimeUpError extends Error {
  override readonly name = 'TimeUpError';
}

const PAUSE_MS = 100;

/**
 * Asks again and again until `probe` answers something other than undefined or false. Software emulation makes every
 * step slow by a factor that changes, so callers give a limit, never a duration.
 */
export async function until<T>(
  what: string,
  limitSeconds: number,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + limitSeconds * 1000;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new TimeUpError(`no ${what} within ${limitSeconds} s`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** The same for a promise that cannot be asked to give up. */
export async function within<T>(what: string, limitSeconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new TimeUpError(`${what} took more than ${limitSeconds} s`)),
      limitSeconds * 1000,
    );
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
