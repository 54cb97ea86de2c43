import { CtapError } from '../../ctap/error.ts';
import type { ConsentAnswer, ConsentQuestion } from '../../ports/consent.ts';
import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';

/** A question before the key adds its own name, and its own patience where the question has none. */
export type Question = Omit<ConsentQuestion, 'key' | 'timeoutMs'> &
  Partial<Pick<ConsentQuestion, 'timeoutMs'>>;

/**
 * Puts a question to the user and waits for what happens. The time limit holds even if the source never answers, and
 * a CANCEL ends the question at once (CTAP 2.3 §6, §11.2.9.1.5).
 */
export async function askUser(
  environment: Environment,
  signal: AbortSignal,
  question: Question,
): Promise<ConsentAnswer> {
  const { clock, consent, emit, name, profile } = environment;
  const asked: ConsentQuestion = { timeoutMs: profile.userActionTimeout, ...question, key: name };
  const ended = new AbortController();
  emit({ type: 'question', question: asked });
  const answer = await new Promise<ConsentAnswer>((resolve, reject) => {
    const cancelTimer = clock.after(asked.timeoutMs, () => resolve({ outcome: 'timeout' }));
    const onAbort = (): void => resolve({ outcome: 'cancelled' });
    ended.signal.addEventListener('abort', cancelTimer);
    ended.signal.addEventListener('abort', () => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
    else {
      signal.addEventListener('abort', onAbort);
      consent.ask(asked, ended.signal).then(resolve, reject);
    }
  }).finally(() => ended.abort());
  emit({ type: 'answer', question: asked, answer });
  return answer;
}

/** Asks while the keep-alives say UPNEEDED. */
export async function askWithKeepAlive(
  environment: Environment,
  transaction: Transaction,
  question: Question,
): Promise<ConsentAnswer> {
  transaction.setStatus('upneeded');
  try {
    return await askUser(environment, transaction.signal, question);
  } finally {
    transaction.setStatus('processing');
  }
}

/** Ends the command unless the user approved: the one place where outcomes become status codes (CTAP 2.3 §8.2). */
export function requireApproval(answer: ConsentAnswer): void {
  switch (answer.outcome) {
    case 'approved':
      return;
    case 'failed':
    case 'declined':
      throw new CtapError('OPERATION_DENIED', 'the user declined');
    case 'timeout':
      throw new CtapError('USER_ACTION_TIMEOUT', 'the user did not answer in time');
    case 'cancelled':
      throw new CtapError('KEEPALIVE_CANCEL', 'the client cancelled');
  }
}

/** Asks for a touch (CTAP 2.3 §6.1.2 step 14 and its siblings). */
export async function requirePresence(
  environment: Environment,
  transaction: Transaction,
  question: Omit<Question, 'kind'>,
): Promise<void> {
  requireApproval(await askWithKeepAlive(environment, transaction, { ...question, kind: 'presence' }));
}
