/** What a caller got wrong, for callers that are programs. */
export type UsageProblem = 'usage' | 'no-such-key' | 'no-such-credential' | 'not-running';

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
