/** A mistake of the caller. The message is a sentence that says what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
