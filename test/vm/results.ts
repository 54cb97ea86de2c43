/** What the guest tells the host: one JSON object per line of `results.jsonl`, in the order in which things happen. */

export type Outcome = 'passed' | 'failed' | 'skipped';

export interface Plan {
  readonly event: 'plan';
  readonly tests: readonly string[];
}

export interface Note {
  readonly event: 'note';
  readonly text: string;
  readonly ms: number;
}

export interface Result {
  readonly event: 'result';
  readonly test: string;
  readonly outcome: Outcome;
  readonly ms: number;
  /** What the test saw, or why it was skipped, or how it failed. */
  readonly text: string;
}

export type GuestEvent = Plan | Note | Result;

export const RESULTS_FILE = 'results.jsonl';
