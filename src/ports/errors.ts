/** What a caller got wrong, for callers that are programs. */
export type UsageProblem =
  | 'usage'
  | 'no-such-key'
  | 'no-such-credential'
  | 'not-running'
  /** Something else that is named is not there: a question, a policy, a finger. */
  | 'not-found'
  /** What is to be made is there already. */
  | 'conflict'
  /** The key's state or rules do not allow it: a PIN that is too short, a full sensor, an answer that does not fit. */
  | 'refused'
  /** This kind of key cannot do it. */
  | 'unsupported'
  | 'unplugged';

export interface UsageErrorOptions extends ErrorOptions {
  /** `usage` when left out. */
  readonly problem?: UsageProblem;
  /** The command or step that puts it right, if the message does not say it already. */
  readonly hint?: string;
}

/** A mistake of the caller. The message is a sentence that says what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly problem: UsageProblem;
  readonly hint: string | undefined;
  constructor(message: string, options: UsageErrorOptions = {}) {
    super(message, options);
    this.problem = options.problem ?? 'usage';
    this.hint = options.hint;
  }
}
