import type { HidHost } from '../ports/hid.ts';
import { hidCommand } from './command.ts';
import type { HidError } from './command.ts';
import { fragmentMessage } from './packet.ts';

/**
 * The way to one host, and the host's identity. Keeps the packets of a message back to back (CTAP 2.3 §11.2.4) even if
 * a host in the same process answers from inside `send`: what that provokes comes out behind the rest of the message.
 */
export class Outbox {
  readonly #host: HidHost;
  readonly #waiting: Uint8Array[] = [];
  #open = true;

  constructor(host: HidHost) {
    this.#host = host;
  }

  get open(): boolean {
    return this.#open;
  }

  /** `command` is without bit 7; at most 7609 bytes of payload. */
  send(channel: number, command: number, payload: Uint8Array): void {
    if (!this.#open) return;
    this.#waiting.push(...fragmentMessage(channel, command, payload));
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#host.send(next);
  }

  sendError(channel: number, code: HidError): void {
    this.send(channel, hidCommand.error, Uint8Array.of(code));
  }

  /** The host is gone: nothing more is sent. */
  close(): void {
    this.#open = false;
    this.#waiting.length = 0;
  }
}
