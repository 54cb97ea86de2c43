import type { Clock } from '../ports/clock.ts';
import type { ConsentAnswer, ConsentQuestion, ConsentSource } from '../ports/consent.ts';
import { wait } from './wait.ts';

/** Answers after `delayMs`, or says `timeout` if the question is over before that. */
function answerLater(clock: Clock, delayMs: number, answer: (question: ConsentQuestion) => ConsentAnswer) {
  return async (question: ConsentQuestion, signal: AbortSignal): Promise<ConsentAnswer> => {
    if (signal.aborted) return { outcome: 'cancelled' };
    if (delayMs <= 0) return answer(question);
    const late = delayMs >= question.timeoutMs;
    const end = await wait(clock, late ? question.timeoutMs : delayMs, signal);
    if (end === 'aborted') return { outcome: 'cancelled' };
    return late ? { outcome: 'timeout' } : answer(question);
  };
}

/** The answer of a user who wants everything: the first account, a good fingerprint. */
export function approval(question: ConsentQuestion): ConsentAnswer {
  if (question.kind === 'choice') return { outcome: 'approved', account: 0 };
  if (question.purpose === 'enroll-fingerprint') return { outcome: 'approved', sample: 'good' };
  return { outcome: 'approved' };
}

/** A user who allows everything, `delayMs` milliseconds after being asked. */
export function createAutomaticConsent(clock: Clock, delayMs = 0): ConsentSource {
  const ask = answerLater(clock, delayMs, approval);
  return delayMs > 0 ? { ask } : { ask, answerNow: approval };
}

/** A user who says no to everything, `delayMs` milliseconds after being asked. */
export function createDenyingConsent(clock: Clock, delayMs = 0): ConsentSource {
  return { ask: answerLater(clock, delayMs, () => ({ outcome: 'declined' })) };
}

/** Nobody: every question runs out of time. */
export function createSilentConsent(clock: Clock): ConsentSource {
  return { ask: answerLater(clock, Infinity, () => ({ outcome: 'timeout' })) };
}
