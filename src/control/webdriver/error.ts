import { UsageError } from '../../ports/errors.ts';

/** Error codes of W3C WebDriver §6.6 that these commands use, with the HTTP status of each. */
const statusOf = {
  'invalid argument': 400,
  'invalid session id': 404,
  'unknown command': 404,
  'unknown method': 405,
  'unsupported operation': 500,
  'unknown error': 500,
} as const;

export type WebDriverErrorCode = keyof typeof statusOf;

/** What a WebDriver command answers when it could not be done. The message is a sentence for the test's author. */
export class WebDriverError extends Error {
  override readonly name = 'WebDriverError';
  readonly code: WebDriverErrorCode;
  constructor(code: WebDriverErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get status(): (typeof statusOf)[WebDriverErrorCode] {
    return statusOf[this.code];
  }

  /** The body of the answer (W3C WebDriver §6.6); a stack of ours would tell the caller nothing. */
  toJSON(): { readonly value: Readonly<Record<string, unknown>> } {
    return { value: { error: this.code, message: this.message, stacktrace: '' } };
  }
}

/** A caller's mistake becomes an invalid argument; what is no WebDriver matter stays what it is. */
export function toWebDriverError(error: unknown): WebDriverError {
  if (error instanceof WebDriverError) return error;
  if (error instanceof UsageError) {
    const code = error.problem === 'unsupported' ? 'unsupported operation' : 'invalid argument';
    return new WebDriverError(code, [error.message, error.hint].filter(Boolean).join(' '), { cause: error });
  }
  const reason = error instanceof Error ? error.message : 'Fauxkey failed.';
  return new WebDriverError('unknown error', reason, { cause: error });
}
