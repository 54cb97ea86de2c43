import { CtapError } from '../../ctap/error.ts';
import type { ConsentAnswer, ConsentQuestion } from '../../ports/consent.ts';
import type { Cancellation, Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';

/** A question before the key adds its own name, and its own patience where the question has none. */
export type Question = Omit<ConsentQuestion, 'key' | 'timeoutMs'> &
  Partial<Pick<ConsentQuestion, 'timeoutMs'>>;

/**
 * Puts a question to the user and waits for what happens. The time limit holds even if the source never answers, and
 * a CANCEL ends the question at once (CTAP 2.3 §6, §11.2.9.1.5). `onWaiting` is told when waiting begins and ends; an
 * answer that is there at once needs none.
 */
export async function askUser(
  environment: Environment,
  signal: Cancellation,
  question: Question,
  onWaiting?: (waiting: boolean) => void,
): Promise<ConsentAnswer> {
  const { consent, emit, name, profile } = environment;
  const asked: ConsentQuestion = { timeoutMs: profile.userActionTimeout, ...question, key: name };
  emit({ type: 'question', question: asked });
  const atOnce = signal.aborted ? cancelled : consent.answerNow?.(asked);
  const answer = atOnce ?? (await askInTime(environment, signal, asked, onWaiting));
  emit({ type: 'answer', question: asked, answer });
  return answer;
}

const cancelled: ConsentAnswer = { outcome: 'cancelled' };

/** The source's signal is aborted when nobody waits for its answer any more. */
function askInTime(
  { clock, consent }: Pick<Environment, 'clock' | 'consent'>,
  signal: Cancellation,
  question: ConsentQuestion,
  onWaiting?: (waiting: boolean) => void,
): Promise<ConsentAnswer> {
  return new Promise((resolve, reject) => {
    const ended = new AbortController();
    let isWaiting = true;
    const stopWaiting = (): void => {
      if (!isWaiting) return;
      isWaiting = false;
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
      onWaiting?.(false);
    };
    const giveUp = (answer: ConsentAnswer): void => {
      stopWaiting();
      resolve(answer);
      ended.abort();
    };
    const onAbort = (): void => giveUp(cancelled);
    const cancelTimer = clock.after(question.timeoutMs, () => giveUp({ outcome: 'timeout' }));
    signal.addEventListener('abort', onAbort);
    onWaiting?.(true);
    consent.ask(question, ended.signal).finally(stopWaiting).then(resolve, reject);
  });
}

/** Asks while the keep-alives say UPNEEDED. */
export function askWithKeepAlive(
  environment: Environment,
  transaction: Transaction,
  question: Question,
): Promise<ConsentAnswer> {
  return askUser(environment, transaction.signal, question, (waiting) =>
    transaction.setStatus(waiting ? 'upneeded' : 'processing'),
  );
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
