import { toHex } from '../../ctap/bytes.ts';
import type { ConsentPurpose } from '../../ports/consent.ts';
import type { Environment } from '../environment.ts';
import { askUser, type Question } from '../steps/ask-user.ts';

/** Milliseconds for which a touch waits to be collected by the next poll. */
const approvalLimit = 30_000;
/** A host that does not poll for so long (ms) has given up; it asks every 100 to 200 ms otherwise. */
const pollingPause = 3_000;

/** The question that a host is polling about, and what became of it. */
interface Prompt {
  readonly subject: string;
  readonly ended: AbortController;
  outcome: 'open' | 'approved' | 'refused';
  answeredAt: number;
  polledAt: number;
  stopWatching: () => void;
}

/**
 * User presence for U2F, where hosts poll instead of waiting (U2F raw messages §3): a poll opens a question and is answered at
 * once; an approval is kept until the next poll of the same request takes it. A refusal lasts while the host goes on
 * polling.
 */
export class U2fTouch {
  readonly #environment: Environment;
  #prompt: Prompt | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** True if the user touched the key for this request; the touch is spent by that. */
  async collect(purpose: ConsentPurpose, application: Uint8Array): Promise<boolean> {
    const now = this.#environment.clock.monotonic();
    const subject = `${purpose} ${toHex(application)}`;
    if (this.#prompt && (this.#prompt.subject !== subject || this.#isStale(this.#prompt, now))) this.drop();
    const prompt = (this.#prompt ??= this.#open(subject, purpose, application));
    prompt.polledAt = now;
    this.#watch(prompt);
    await settle();
    if (prompt.outcome !== 'approved') return false;
    this.drop();
    return true;
  }

  /** Ends a question that is open and forgets one that was answered. */
  drop(): void {
    this.#prompt?.stopWatching();
    this.#prompt?.ended.abort();
    this.#prompt = undefined;
  }

  #isStale(prompt: Prompt, now: number): boolean {
    return prompt.outcome === 'approved'
      ? now - prompt.answeredAt > approvalLimit
      : now - prompt.polledAt > pollingPause;
  }

  #open(subject: string, purpose: ConsentPurpose, application: Uint8Array): Prompt {
    const { clock, emit, keystore } = this.#environment;
    const site = keystore.discoverable(application)[0]?.rpId ?? toHex(application);
    const question: Question = { kind: 'presence', purpose, site, accounts: [] };
    const prompt: Prompt = {
      subject,
      ended: new AbortController(),
      outcome: 'open',
      answeredAt: 0,
      polledAt: 0,
      stopWatching: () => undefined,
    };
    askUser(this.#environment, prompt.ended.signal, question).then(
      ({ outcome }) => {
        prompt.outcome = outcome === 'approved' ? 'approved' : 'refused';
        prompt.answeredAt = clock.monotonic();
      },
      (error: unknown) => {
        prompt.outcome = 'refused';
        emit({ type: 'defect', error });
      },
    );
    return prompt;
  }

  /** Takes the question away from the user when the host stops polling. */
  #watch(prompt: Prompt): void {
    prompt.stopWatching();
    prompt.stopWatching = this.#environment.clock.after(pollingPause, () => {
      if (this.#prompt === prompt && prompt.outcome === 'open') this.drop();
    });
  }
}

/** Turns of the microtask queue after which a source that answers at once has answered. */
const settleTurns = 20;

async function settle(): Promise<void> {
  for (let turn = 0; turn < settleTurns; turn++) await Promise.resolve();
}
