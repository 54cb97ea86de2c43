import type { ConsentAnswer, ConsentPurpose, ConsentQuestion, FingerprintSample } from '../ports/consent.ts';

/** The commands that ask the user something, by their CTAP names. */
export type AskingCommand =
  'makeCredential' | 'getAssertion' | 'selection' | 'reset' | 'clientPin' | 'bioEnrollment';

/**
 * What the user does: says yes, says no, is there but does not match (wrong PIN or finger), never answers, or leaves
 * the question to whoever watches.
 */
export type PolicyAction = 'allow' | 'deny' | 'fail' | 'ignore' | 'ask';

/** What the user does with the questions that it matches; every condition that is left out matches all. */
export interface PolicyRule {
  readonly action: PolicyAction;
  /** How long the user takes, in milliseconds; 0 unless given. Without meaning for `ignore` and `ask`. */
  readonly delayMs?: number;
  /** RP ID; for U2F the hex of the application parameter. */
  readonly rpId?: string;
  readonly command?: AskingCommand;
  readonly purpose?: ConsentPurpose;
  readonly kind?: ConsentQuestion['kind'];
  /** Good for so many questions, then gone. */
  readonly times?: number;
  /** With `allow`: the account that is chosen, counted from 0; the first unless given. */
  readonly account?: number;
  /** With `allow`: what the sensor makes of the finger while one is enrolled; `good` unless given. */
  readonly sample?: FingerprintSample;
}

/** A rule in force. Rules are tried newest first; the key's own habit comes last. */
export interface Policy extends PolicyRule {
  readonly id: string;
  /** Questions that it has decided so far. */
  readonly used: number;
}

/** A question that the user has been asked and not answered yet. */
export interface WaitingQuestion extends ConsentQuestion {
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly askedAt: number;
  /** When it counts as unanswered, milliseconds since the Unix epoch. */
  readonly deadline: number;
}

/**
 * An answer to a waiting question. `touch` answers presence, `pin` and `finger` verification (and `finger` an
 * enrolment), `account` a choice; `allow`, `deny` and `fail` fit any question that has such an outcome.
 */
export type UserReply =
  | { readonly answer: 'touch' | 'allow' | 'deny' | 'fail' }
  | { readonly answer: 'pin'; readonly pin: string }
  | { readonly answer: 'finger'; readonly finger: 'good' | 'bad'; readonly sample?: FingerprintSample }
  /** Index from 0 into the question's accounts, or the hex of a user id. */
  | { readonly answer: 'account'; readonly account: number | string };

/** Which waiting question is meant. */
export interface QuestionFilter {
  readonly rpId?: string;
  readonly kind?: ConsentQuestion['kind'];
  readonly purpose?: ConsentPurpose;
  readonly command?: AskingCommand;
}

/** Who answered: a rule, the key's habit, somebody over the control interface, or somebody at the terminal. */
export type AnsweredBy = 'policy' | 'habit' | 'control' | 'terminal' | 'nobody';

/** What a user who is driven from outside tells. */
export type RemoteConsentEvent =
  | { readonly type: 'question'; readonly question: WaitingQuestion }
  /** The host asked for a sign (CTAPHID_WINK). */
  | { readonly type: 'wink' }
  | {
      readonly type: 'answer';
      readonly question: WaitingQuestion;
      readonly answer: ConsentAnswer;
      readonly by: AnsweredBy;
      /** The rule that decided. */
      readonly policy?: string;
    };
