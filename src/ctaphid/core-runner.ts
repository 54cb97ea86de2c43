import type { Clock } from '../ports/clock.ts';
import type { MessageHandler } from '../ports/message-handler.ts';
import { hidCommand, hidError } from './command.ts';
import { maxMessageSize } from './packet.ts';
import { CoreTransaction } from './transaction.ts';
import type { CoreRequest } from './transaction.ts';

/** What the runner needs of the key. */
export interface CoreRunnerOptions {
  readonly handler: MessageHandler;
  readonly clock: Clock;
  onDefect?(error: unknown): void;
}

/**
 * Lets the core run one command at a time. A command that nobody waits for any more is aborted and frees the channel
 * at once; the core is asked again only when it has really ended. Until then the next command counts as running and
 * sends its keep-alives, so that a client that resynchronises and goes on does not meet CHANNEL_BUSY.
 */
export class CoreRunner {
  readonly #options: CoreRunnerOptions;
  #running: CoreTransaction | undefined;
  /** An abandoned command is still on its way out of the core. */
  #draining = false;

  constructor(options: CoreRunnerOptions) {
    this.#options = options;
  }

  /** The request that waits for its answer. */
  get request(): CoreRequest | undefined {
    return this.#running?.request;
  }

  /** Only while there is no `request`. */
  run(request: CoreRequest): void {
    const transaction = new CoreTransaction(request, this.#options.clock);
    this.#running = transaction;
    if (!this.#draining) this.#start(transaction);
  }

  /** CANCEL of the running request; MSG cannot be cancelled (CTAP 2.3 §11.2.9.1.5). */
  cancel(): void {
    if (this.#running?.request.command === hidCommand.cbor) this.#running.abort();
  }

  /** Nobody waits for the running request any more: it shall end, and its answer is dropped. */
  abandon(): void {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    // Also if the core has not seen it yet: then it is because another is on its way out.
    this.#draining = true;
    running.abort();
  }

  /** False if the sign failed. */
  wink(): boolean {
    try {
      this.#options.handler.wink();
      return true;
    } catch (error) {
      this.#options.onDefect?.(error);
      return false;
    }
  }

  #start(transaction: CoreTransaction): void {
    transaction.run(this.#options.handler).then(
      (response) => {
        this.#finish(transaction, response);
      },
      (error: unknown) => {
        this.#options.onDefect?.(error);
        this.#finish(transaction, undefined);
      },
    );
  }

  #finish(transaction: CoreTransaction, response: Uint8Array | undefined): void {
    if (this.#running === transaction) {
      this.#running = undefined;
      transaction.silence();
      this.#answer(transaction.request, response);
      return;
    }
    this.#draining = false;
    if (this.#running) this.#start(this.#running);
  }

  #answer({ outbox, channel, command }: CoreRequest, response: Uint8Array | undefined): void {
    if (response !== undefined && response.length <= maxMessageSize) {
      outbox.send(channel, command, response);
      return;
    }
    if (response) this.#options.onDefect?.(new RangeError(`No message holds ${response.length} bytes.`));
    outbox.sendError(channel, hidError.other);
  }
}
