import { z } from 'zod';
import { habit, keyDescription } from '../schemas/key.ts';
import { policy, policyRule, question, reply } from '../schemas/user.ts';
import { ControlError, segment, type Caller } from './caller.ts';
import type { Habit, Policy, PolicyRule, Question, QuestionFilter, Reply } from './types.ts';

/** Which question, and how long to wait for it in milliseconds (10 s unless given). */
export type AwaitedQuestion = QuestionFilter & { readonly timeoutMs?: number };

/** Milliseconds that a server lets a client wait at a time. */
const longestWait = 600_000;

/**
 * The person who holds a key. `touch`, `deny` and their like wait for a question and answer it; every method throws
 * ControlError.
 */
export class ControlUser {
  readonly #caller: Caller;
  readonly #path: string;

  constructor(caller: Caller, path: string) {
    this.#caller = caller;
    this.#path = path;
  }

  /** Questions that wait for an answer, oldest first. */
  questions(filter: QuestionFilter = {}): Promise<readonly Question[]> {
    return this.#caller.get(`${this.#path}/questions`, z.array(question), { query: { ...filter } });
  }

  /** The oldest question that fits, now or within the time. Throws ControlError `timeout`. */
  async waitFor({ timeoutMs = 10_000, ...filter }: AwaitedQuestion = {}): Promise<Question> {
    const found = await this.#caller.get(
      `${this.#path}/questions/next`,
      z.object({ question: question.nullable() }),
      { query: { ...filter, timeoutMs: Math.min(timeoutMs, longestWait) } },
    );
    if (found.question) return found.question;
    throw new ControlError(0, 'timeout', `The key asked nothing of that kind within ${timeoutMs} ms.`);
  }

  async answer({ id }: Pick<Question, 'id'>, given: Reply): Promise<void> {
    await this.#caller.send('POST', `${this.#path}/questions/${segment(id)}`, reply, given);
  }

  touch(awaited?: AwaitedQuestion): Promise<Question> {
    return this.#reply(awaited, { answer: 'touch' });
  }

  /** Says yes to whatever is asked: the first account, a good finger, the right PIN. */
  allow(awaited?: AwaitedQuestion): Promise<Question> {
    return this.#reply(awaited, { answer: 'allow' });
  }

  deny(awaited?: AwaitedQuestion): Promise<Question> {
    return this.#reply(awaited, { answer: 'deny' });
  }

  /** Types a PIN on a key that has a keypad; the key compares it. */
  enterPin(pin: string, awaited?: AwaitedQuestion): Promise<Question> {
    return this.#reply(awaited, { answer: 'pin', pin });
  }

  finger(finger: 'good' | 'bad', awaited?: AwaitedQuestion): Promise<Question> {
    return this.#reply(awaited, { answer: 'finger', finger });
  }

  /** By its place in the question, from 0, or by the hex of its user id. */
  chooseAccount(account: number | string, awaited?: AwaitedQuestion): Promise<Question> {
    return this.#reply(awaited, { answer: 'account', account });
  }

  /** Newest first: the order in which they are tried. */
  policies(): Promise<readonly Policy[]> {
    return this.#caller.get(`${this.#path}/policies`, z.array(policy));
  }

  addPolicy(rule: PolicyRule): Promise<Policy> {
    return this.#caller.exchange('POST', `${this.#path}/policies`, policyRule, rule, policy);
  }

  removePolicy({ id }: Pick<Policy, 'id'>): Promise<void> {
    return this.#caller.do('DELETE', `${this.#path}/policies/${segment(id)}`);
  }

  clearPolicies(): Promise<void> {
    return this.#caller.do('DELETE', `${this.#path}/policies`);
  }

  /** What the user does when no policy says something else. */
  async setHabit(consent: Habit): Promise<void> {
    const body = z.strictObject({ consent: habit });
    await this.#caller.exchange('PATCH', this.#path, body, { consent }, keyDescription);
  }

  async #reply(awaited: AwaitedQuestion | undefined, given: Reply): Promise<Question> {
    const asked = await this.waitFor(awaited);
    await this.answer(asked, given);
    return asked;
  }
}
