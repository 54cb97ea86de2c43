import type { Clock } from '../ports/clock.ts';
import type { ConsentAnswer, ConsentQuestion, ConsentSource } from '../ports/consent.ts';
import { UsageError } from '../ports/errors.ts';
import { approval } from './automatic.ts';
import { isMeant, readReply, type ComparePin } from './remote-reply.ts';
import type {
  AnsweredBy,
  Policy,
  PolicyAction,
  PolicyRule,
  QuestionFilter,
  RemoteConsentEvent,
  UserReply,
  WaitingQuestion,
} from './remote-types.ts';

/** What the user does when no rule says something else. */
export interface Habit {
  readonly action: PolicyAction;
  /** Milliseconds. */
  readonly delayMs?: number;
}

export interface RemoteConsentOptions {
  readonly clock: Clock;
  readonly habit: Habit;
  readonly comparePin: ComparePin;
  readonly onEvent: (event: RemoteConsentEvent) => void;
  /** Somebody else who is asked as well when a question is left open; the first answer counts. */
  readonly alsoAsk?: ConsentSource;
}

interface End {
  readonly answer: ConsentAnswer;
  readonly by: AnsweredBy;
}

interface Open {
  readonly question: WaitingQuestion;
  end(end: End): void;
}

interface Watcher {
  readonly filter: QuestionFilter;
  found(question: WaitingQuestion): void;
}

/** Rules beyond this number are a mistake of a script that never takes any away. */
const maxPolicies = 1000;

/** A user who is driven from outside: by rules in advance, by answers to what waits, by a habit for the rest. */
export class RemoteConsent implements ConsentSource {
  readonly #options: RemoteConsentOptions;
  readonly #open = new Map<string, Open>();
  readonly #watchers = new Set<Watcher>();
  #policies: Policy[] = [];
  #habit: Habit;
  #lastQuestion = 0;
  #lastPolicy = 0;

  constructor(options: RemoteConsentOptions) {
    this.#options = options;
    this.#habit = options.habit;
  }

  get habit(): Habit {
    return this.#habit;
  }

  setHabit(habit: Habit): void {
    this.#habit = habit;
  }

  async ask(question: ConsentQuestion, signal: AbortSignal): Promise<ConsentAnswer> {
    if (signal.aborted) return { outcome: 'cancelled' };
    const { clock, onEvent } = this.#options;
    const askedAt = clock.wall();
    const id = String(++this.#lastQuestion);
    const waiting = { ...question, id, askedAt, deadline: askedAt + question.timeoutMs };
    const policy = this.#usePolicy(question);
    onEvent({ type: 'question', question: waiting });
    const { answer, by } = await this.#untilEnd(waiting, policy, signal);
    const decided = policy && by === 'policy' ? { policy: policy.id } : {};
    onEvent({ type: 'answer', question: waiting, answer, by, ...decided });
    return answer;
  }

  wink(key: string): void {
    this.#options.onEvent({ type: 'wink' });
    this.#options.alsoAsk?.wink?.(key);
  }

  questions(filter: QuestionFilter = {}): readonly WaitingQuestion[] {
    return [...this.#open.values()].map(({ question }) => question).filter((item) => isMeant(filter, item));
  }

  /** Undefined when no question came in time, or the signal aborted. */
  waitFor(
    filter: QuestionFilter,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<WaitingQuestion | undefined> {
    const [first] = this.questions(filter);
    if (first || signal?.aborted) return Promise.resolve(first);
    return new Promise((resolve) => {
      const leave = (question?: WaitingQuestion) => {
        this.#watchers.delete(watcher);
        cancelTimer();
        signal?.removeEventListener('abort', onAbort);
        resolve(question);
      };
      const onAbort = () => leave();
      const watcher = { filter, found: leave };
      const cancelTimer = this.#options.clock.after(timeoutMs, leave);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#watchers.add(watcher);
    });
  }

  /** Throws UsageError: `not-found` for a question that is over, `refused` for a reply that does not fit. */
  answer(id: string, reply: UserReply): void {
    const open = this.#open.get(id);
    if (!open)
      throw new UsageError(`The question ${JSON.stringify(id)} is not waiting (any more).`, {
        problem: 'not-found',
      });
    open.end({ answer: readReply(open.question, reply, this.#options.comparePin), by: 'control' });
  }

  /** Newest first. */
  get policies(): readonly Policy[] {
    return this.#policies;
  }

  /** Throws UsageError `refused` when there are too many. */
  addPolicy(rule: PolicyRule): Policy {
    if (this.#policies.length >= maxPolicies)
      throw new UsageError(`A key takes ${maxPolicies} policies; remove some first.`, { problem: 'refused' });
    const policy = { ...rule, id: String(++this.#lastPolicy), used: 0 };
    this.#policies = [policy, ...this.#policies];
    return policy;
  }

  removePolicy(id: string): boolean {
    const before = this.#policies.length;
    this.#policies = this.#policies.filter((policy) => policy.id !== id);
    return this.#policies.length < before;
  }

  clearPolicies(): void {
    this.#policies = [];
  }

  /** The rule that decides, counted as used, and gone if that was its last time. */
  #usePolicy(question: ConsentQuestion): Policy | undefined {
    const found = this.#policies.find((policy) => isMeant(policy, question));
    if (!found) return undefined;
    const used = { ...found, used: found.used + 1 };
    const isSpent = used.times !== undefined && used.used >= used.times;
    this.#policies = this.#policies.flatMap((policy) =>
      policy !== found ? [policy] : isSpent ? [] : [used],
    );
    return used;
  }

  async #untilEnd(question: WaitingQuestion, policy: Policy | undefined, signal: AbortSignal): Promise<End> {
    const { alsoAsk, clock } = this.#options;
    const { action, delayMs = 0 } = policy ?? this.#habit;
    const planned =
      action === 'ask' || action === 'ignore' ? undefined : plannedAnswer(question, action, policy);
    const by = policy ? 'policy' : 'habit';
    if (planned && delayMs <= 0) return { answer: planned, by };
    const helper = new AbortController();
    const cancellations: (() => void)[] = [() => helper.abort()];
    try {
      return await new Promise<End>((resolve, reject) => {
        const asked = clock.monotonic();
        // The authenticator keeps the same time limit and gives up first; timers may be a millisecond early.
        const isLate = () => clock.monotonic() - asked >= question.timeoutMs - 1;
        const onAbort = () =>
          resolve({ answer: { outcome: isLate() ? 'timeout' : 'cancelled' }, by: 'nobody' });
        signal.addEventListener('abort', onAbort, { once: true });
        const give = (answer: ConsentAnswer, who: AnsweredBy) => () => resolve({ answer, by: who });
        cancellations.push(
          () => signal.removeEventListener('abort', onAbort),
          clock.after(question.timeoutMs, give({ outcome: 'timeout' }, 'nobody')),
        );
        if (planned && delayMs < question.timeoutMs)
          cancellations.push(clock.after(delayMs, give(planned, by)));
        if (action === 'ask')
          alsoAsk?.ask(question, helper.signal).then((answer) => resolve({ answer, by: 'terminal' }), reject);
        this.#show({ question, end: resolve });
      });
    } finally {
      this.#open.delete(question.id);
      for (const cancel of cancellations) cancel();
    }
  }

  #show(open: Open): void {
    this.#open.set(open.question.id, open);
    for (const watcher of this.#watchers)
      if (isMeant(watcher.filter, open.question)) watcher.found(open.question);
  }
}

/** `fail` where nothing can fail is a no. */
function plannedAnswer(
  question: ConsentQuestion,
  action: Exclude<PolicyAction, 'ask' | 'ignore'>,
  { account, sample }: Pick<PolicyRule, 'account' | 'sample'> = {},
): ConsentAnswer {
  if (action === 'deny') return { outcome: 'declined' };
  if (action === 'fail') return { outcome: question.kind === 'verification' ? 'failed' : 'declined' };
  const answer = approval(question);
  if (answer.outcome !== 'approved') return answer;
  return {
    ...answer,
    ...(question.kind === 'choice' && account !== undefined && { account }),
    ...(question.purpose === 'enroll-fingerprint' && sample !== undefined && { sample }),
  };
}
