/** What a decoder found: `malformed` bytes, a value of the wrong type, or a required member that is absent. */
export type CborProblem = 'malformed' | 'unexpected-type' | 'missing-member';

/** Thrown by every decoder of this room. The message names the place, never the value. */
export class CborError extends Error {
  override readonly name = 'CborError';
  readonly problem: CborProblem;
  constructor(problem: CborProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}
