import type { ConsentAnswer, ConsentQuestion, ConsentSource } from '../ports/consent.ts';
import { approval } from './automatic.ts';

/**
 * What a scripted user does: `approve` (the first account, a good fingerprint), `deny`, `fail` (there, but the
 * verification does not match), `ignore` (never answers; the question then ends by its signal), an answer as it is, or
 * a function that decides.
 */
export type Reaction =
  | 'approve'
  | 'deny'
  | 'fail'
  | 'ignore'
  | ConsentAnswer
  | ((question: ConsentQuestion, signal: AbortSignal) => ReactionResult | Promise<ReactionResult>);
export type ReactionResult = Exclude<Reaction, (...args: never) => unknown>;

function untilAborted(signal: AbortSignal): Promise<ConsentAnswer> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ outcome: 'cancelled' }), { once: true });
  });
}

function perform(reaction: ReactionResult, question: ConsentQuestion, signal: AbortSignal) {
  switch (reaction) {
    case 'approve':
      return approval(question);
    case 'deny':
      return { outcome: 'declined' } as const;
    case 'fail':
      return { outcome: 'failed' } as const;
    case 'ignore':
      return untilAborted(signal);
    default:
      return reaction;
  }
}

/** A user for tests: follows a script, and remembers what was asked. */
export class ScriptedConsent implements ConsentSource {
  /** All questions so far, oldest first. */
  readonly questions: ConsentQuestion[] = [];
  /** Keys that asked for a sign (WINK), oldest first. */
  readonly winks: string[] = [];
  readonly #script: Reaction[] = [];
  #otherwise: Reaction;

  /** `otherwise` is what the user does when the script is empty. */
  constructor(otherwise: Reaction = 'approve') {
    this.#otherwise = otherwise;
  }

  /** Adds reactions to the next questions, one each. */
  next(...reactions: readonly Reaction[]): this {
    this.#script.push(...reactions);
    return this;
  }

  /** What the user does from now on when the script is empty. */
  otherwise(reaction: Reaction): this {
    this.#otherwise = reaction;
    return this;
  }

  /** Reactions that no question has used yet. */
  get left(): number {
    return this.#script.length;
  }

  async ask(question: ConsentQuestion, signal: AbortSignal): Promise<ConsentAnswer> {
    this.questions.push(question);
    const reaction = this.#script.shift() ?? this.#otherwise;
    const result = typeof reaction === 'function' ? await reaction(question, signal) : reaction;
    return signal.aborted ? { outcome: 'cancelled' } : perform(result, question, signal);
  }

  wink(key: string): void {
    this.winks.push(key);
  }
}
