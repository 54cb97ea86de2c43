import type { ContinuationPacket, InitPacket } from './packet.ts';

/** What a continuation did to a message: it needs more, it is whole, or the packet was not the next one. */
export type AssemblyStep = 'more' | 'complete' | 'invalid-sequence';

/**
 * Puts one message together from its packets (CTAP 2.3 §11.2.4). The length must have been judged before: a buffer of
 * that size is taken at once. Packets are copied.
 */
export class MessageAssembler {
  readonly channel: number;
  readonly command: number;
  readonly payload: Uint8Array;
  #received = 0;
  #nextSequence = 0;

  constructor(packet: InitPacket) {
    this.channel = packet.channel;
    this.command = packet.command;
    this.payload = new Uint8Array(packet.length);
    this.#append(packet.data);
  }

  get complete(): boolean {
    return this.#received === this.payload.length;
  }

  add(packet: ContinuationPacket): AssemblyStep {
    if (packet.sequence !== this.#nextSequence) return 'invalid-sequence';
    this.#nextSequence++;
    this.#append(packet.data);
    return this.complete ? 'complete' : 'more';
  }

  #append(data: Uint8Array): void {
    const part = data.subarray(0, this.payload.length - this.#received);
    this.payload.set(part, this.#received);
    this.#received += part.length;
  }
}
