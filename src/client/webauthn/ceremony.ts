import type { Clock } from '../../ports/clock.ts';
import { WebAuthnClientError, toPageError } from './webauthn-error.ts';

/** Milliseconds that a ceremony may take unless the options say otherwise (WebAuthn L3 §5.1.3 step 4). */
const defaultTimeout = 300_000;

export interface CeremonyLimits {
  readonly clock: Clock;
  readonly timeoutMs: number | undefined;
  /** The page's own signal. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs a ceremony until it ends, its time is over (NotAllowedError) or the page aborts it (the signal's reason). In the
 * last two cases the key is told to cancel before the ceremony ends.
 */
export async function runCeremony<T>(
  { clock, timeoutMs = defaultTimeout, signal }: CeremonyLimits,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const stopTimer = clock.after(timeoutMs, () => {
    controller.abort(new WebAuthnClientError('NotAllowedError', 'the ceremony took too long'));
  });
  const forward = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });
  try {
    return await run(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) throw controller.signal.reason;
    throw toPageError(error);
  } finally {
    stopTimer();
    signal?.removeEventListener('abort', forward);
  }
}
