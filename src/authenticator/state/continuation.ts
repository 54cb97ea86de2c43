import type { Clock } from '../../ports/clock.ts';
import type { PendingCredentials, PendingRps } from '../commands/credential-management/enumerate.ts';
import type { PendingBlobUpload } from '../commands/large-blobs.ts';
import type { PendingAssertions } from '../steps/assert.ts';

/** Milliseconds between two commands that belong together (CTAP 2.3 §6.3 step 3, §6.8). */
export const continuationLimit = 30_000;

/** State that only the next command of a sequence may use, declared beside the commands that own it. */
export type ContinuationState = PendingAssertions | PendingRps | PendingCredentials | PendingBlobUpload;

interface Pending {
  readonly channel: number;
  readonly state: ContinuationState;
  readonly since: number;
}

/**
 * The one slot for remembered state. Every command empties it on entry and puts back what may go on, so state never
 * outlives an unrelated command (CTAP 2.3 §6).
 */
export class Continuation {
  readonly #clock: Clock;
  #pending: Pending | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  remember(channel: number, state: ContinuationState): void {
    this.#pending = { channel, state, since: this.#clock.monotonic() };
  }

  /** Empties the slot. What was in it is returned if it belongs to this channel and is not too old. */
  take(channel: number): ContinuationState | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending?.channel !== channel) return undefined;
    return this.#clock.monotonic() - pending.since > continuationLimit ? undefined : pending.state;
  }

  clear(): void {
    this.#pending = undefined;
  }
}
