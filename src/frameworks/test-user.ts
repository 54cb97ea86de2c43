import type { PolicyRule, QuestionFilter, UserReply, WaitingQuestion } from '../consent/remote-types.ts';
import type { UserPart } from '../control/handle.ts';
import { UsageError } from '../ports/errors.ts';

/** Which questions are meant and how the user goes about them; everything may be left out. */
export type UserRule = Omit<PolicyRule, 'action'>;

/** The person who holds the key, in the words of a test. Of several rules that fit, the newest decides. */
export interface TestUser {
  /** Touches, types the right PIN, has the right finger. */
  allow(rule?: UserRule): void;
  /** Says no: sites get NotAllowedError. */
  deny(rule?: UserRule): void;
  /** Is there, but the verification does not match. */
  fail(rule?: UserRule): void;
  /** Never answers: the question runs out of time. */
  ignore(rule?: UserRule): void;
  /** Leaves questions open, to be answered with `answer`. */
  ask(rule?: UserRule): void;
  /** Takes all rules away: the user is as at the start of the test. */
  forgetRules(): void;
  /** The oldest question that waits, now or within the time (5 s unless given). Throws UsageError when none comes. */
  waitForQuestion(filter?: QuestionFilter, timeoutMs?: number): Promise<WaitingQuestion>;
  /** Answers a question that waits. Throws UsageError when it is over, or the answer does not fit. */
  answer(question: WaitingQuestion, reply: UserReply | UserReply['answer']): void;
}

const patience = 5000;

export function createTestUser(user: UserPart): TestUser {
  const rule =
    (action: PolicyRule['action']) =>
    (conditions: UserRule = {}) =>
      void user.addPolicy({ ...conditions, action });
  return {
    allow: rule('allow'),
    deny: rule('deny'),
    fail: rule('fail'),
    ignore: rule('ignore'),
    ask: rule('ask'),
    forgetRules: () => user.clearPolicies(),
    waitForQuestion: async (filter = {}, timeoutMs = patience) => {
      const question = await user.waitFor(filter, timeoutMs);
      if (question) return question;
      throw new UsageError(`The key asked nothing within ${timeoutMs} ms.`, {
        hint: 'Only questions that a rule of user.ask() leaves open wait for an answer.',
      });
    },
    answer: (question, reply) =>
      user.answer(question.id, typeof reply === 'string' ? ({ answer: reply } as UserReply) : reply),
  };
}
