import type { Clock } from '../ports/clock.ts';
import type { KeepAliveStatus, MessageHandler, Transaction } from '../ports/message-handler.ts';
import { CancelSignal } from './cancel-signal.ts';
import { hidCommand, keepAliveCode } from './command.ts';
import { KeepAlive } from './keep-alive.ts';
import type { Outbox } from './outbox.ts';

/** A whole CBOR or MSG request and the host that waits for its answer. */
export interface CoreRequest {
  readonly outbox: Outbox;
  readonly channel: number;
  readonly command: typeof hidCommand.cbor | typeof hidCommand.msg;
  readonly payload: Uint8Array;
}

/** One command that the core runs or is about to run. */
export class CoreTransaction {
  readonly request: CoreRequest;
  readonly #keepAlive: KeepAlive;
  readonly #cancelled = new CancelSignal();

  constructor(request: CoreRequest, clock: Clock) {
    this.request = request;
    this.#keepAlive = new KeepAlive(clock, (status) => {
      request.outbox.send(request.channel, hidCommand.keepalive, Uint8Array.of(keepAliveCode[status]));
    });
    // Chromium takes a keep-alive during MSG for a broken device, so only CBOR has them.
    if (request.command === hidCommand.cbor) this.#keepAlive.start();
  }

  /** Asks the core. Rejects only if the handler breaks its promise never to. */
  async run(handler: MessageHandler): Promise<Uint8Array> {
    const { channel, command, payload } = this.request;
    const transaction: Transaction = {
      channel,
      transport: 'usb',
      signal: this.#cancelled,
      setStatus: (status: KeepAliveStatus) => this.#keepAlive.setStatus(status),
    };
    return command === hidCommand.cbor
      ? await handler.cbor(payload, transaction)
      : await handler.msg(payload, transaction);
  }

  /** The core shall end; no keep-alive follows, not even before an answer to CANCEL (CTAP 2.3 §11.2.9.1.5). */
  abort(): void {
    this.#keepAlive.stop();
    this.#cancelled.abort();
  }

  /** The answer is there: no keep-alive may follow. */
  silence(): void {
    this.#keepAlive.stop();
  }
}
