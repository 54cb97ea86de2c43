/** What the key is about to do; the wording of the question follows from it. */
export type ConsentPurpose =
  | 'register'
  | 'sign-in'
  /** A credential of this account exists already; the touch only confirms that the RP may learn it. */
  | 'already-registered'
  | 'select'
  | 'reset'
  | 'pin-token'
  | 'enroll-fingerprint'
  | 'choose-account';

export interface ConsentAccount {
  readonly name?: string;
  readonly displayName?: string;
  /** Hex of user.id, for accounts that have no name. */
  readonly userId: string;
}

/**
 * A question to the user. `presence` wants a touch; `verification` wants a proof of who they are (built-in UV);
 * `choice` wants one of `accounts`.
 */
export interface ConsentQuestion {
  readonly kind: 'presence' | 'verification' | 'choice';
  readonly purpose: ConsentPurpose;
  /** The name of the key that asks. */
  readonly key: string;
  /** The RP ID, as text of unknown origin: escape before printing. Absent for select and reset, hex for U2F. */
  readonly site?: string;
  readonly siteName?: string;
  /** The account(s) concerned, if known. */
  readonly accounts: readonly ConsentAccount[];
  /** Built-in verification: how the key can verify, and tries left before it is blocked. */
  readonly verification?: { readonly modality: 'pin' | 'fingerprint'; readonly retriesLeft: number };
  /** The user has to hold the key for 5 s (CTAP 2.3 §6.6). */
  readonly longTouch?: boolean;
  /** After this many milliseconds the question is over and counts as unanswered. */
  readonly timeoutMs: number;
}

/**
 * What happened. `approved`: the user is there (and, for a verification, is who they should be); `failed`: there, but
 * the verification did not match; `declined`: said no; `timeout`: nobody answered. An abort of the signal ends the
 * question: the source then resolves to `cancelled`.
 */
export type ConsentAnswer =
  | { readonly outcome: 'approved'; readonly account?: number; readonly sample?: FingerprintSample }
  | { readonly outcome: 'failed' }
  | { readonly outcome: 'declined' }
  | { readonly outcome: 'timeout' }
  | { readonly outcome: 'cancelled' };

/** Quality of an enrolment sample, named as lastEnrollSampleStatus (CTAP 2.3 §6.7.4). */
export type FingerprintSample =
  | 'good'
  | 'too-high'
  | 'too-low'
  | 'too-left'
  | 'too-right'
  | 'too-fast'
  | 'too-slow'
  | 'poor-quality'
  | 'too-skewed'
  | 'too-short'
  | 'merge-failure'
  | 'exists'
  | 'no-user-presence-transition';

/** A user. May be slow, may be a script; the authenticator limits the time itself as well. */
export interface ConsentSource {
  ask(question: ConsentQuestion, signal: AbortSignal): Promise<ConsentAnswer>;
  /** The answer of a user who needs no time; `undefined` has to be asked. Spares a question its timer and its signal. */
  answerNow?(question: ConsentQuestion): ConsentAnswer | undefined;
  /** A sign for WINK (CTAPHID §11.2.9.2.1). */
  wink?(key: string): void;
}
