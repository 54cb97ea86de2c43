import { MessageAssembler } from '../ctaphid/assembler.ts';
import { hidCommand, hidError } from '../ctaphid/command.ts';
import { decodeInitResponse, initNonceSize, type InitResponse } from '../ctaphid/init-response.ts';
import {
  broadcastChannel,
  fragmentMessage,
  maxMessageSize,
  parsePacket,
  type InitPacket,
  type Packet,
} from '../ctaphid/packet.ts';
import { sameBytes } from '../ctap/bytes.ts';
import type { Clock } from '../ports/clock.ts';
import type { HidPipe } from '../ports/hid-pipe.ts';
import type { Random } from '../ports/random.ts';
import { pause, startDeadline, type Deadline } from './deadline.ts';
import { CtapHidError, HidTransportError } from './errors.ts';

/** Milliseconds that a key may be silent; browsers wait about as long. */
export const defaultTimeout = 20_000;

/** Milliseconds between two tries while another channel has the key, as Chromium and Firefox wait. */
const busyPause = 100;

export interface HidChannelOptions {
  readonly pipe: HidPipe;
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds without any report for this channel before an exchange fails; 20 s by default. */
  readonly timeoutMs?: number;
  /** How often a message is sent again, 100 ms later, when the key answers CHANNEL_BUSY; 0 by default. */
  readonly busyRetries?: number;
}

/** A pipe with time limits: whole messages in, whole messages out. */
export class HidWire {
  readonly pipe: HidPipe;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #timeoutMs: number;
  readonly #busyRetries: number;

  constructor(options: HidChannelOptions) {
    this.pipe = options.pipe;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#timeoutMs = options.timeoutMs ?? defaultTimeout;
    this.#busyRetries = options.busyRetries ?? 0;
  }

  async send(channel: number, command: number, payload: Uint8Array): Promise<void> {
    for (const report of fragmentMessage(channel, command, payload)) await this.pipe.write(report);
  }

  /** INIT on `channel`; answers that carry another nonce belong to other hosts, or to the past. */
  async init(channel: number): Promise<InitResponse> {
    const nonce = this.#random.bytes(initNonceSize);
    return this.withDeadline(async (deadline) => {
      await this.send(channel, hidCommand.init, nonce);
      for (;;) {
        const packet = await this.next(channel, deadline.signal);
        if (packet.kind !== 'init') continue;
        if (packet.command === hidCommand.error && channel === broadcastChannel) throw errorOf(packet);
        if (packet.command !== hidCommand.init) continue;
        const response = decodeInitResponse(packet.data.subarray(0, packet.length));
        if (response && sameBytes(response.nonce, nonce)) return response;
      }
    });
  }

  async withDeadline<T>(run: (deadline: Deadline) => Promise<T>): Promise<T> {
    const deadline = startDeadline(this.#clock, this.#timeoutMs);
    try {
      return await run(deadline);
    } finally {
      deadline.stop();
    }
  }

  /** The next packet for `channel`; packets for others are none of our business. */
  async next(channel: number, signal: AbortSignal): Promise<Packet> {
    for (;;) {
      const report = await this.pipe.read(signal);
      if (report === undefined) throw new HidTransportError('closed', 'the connection to the key is closed');
      const packet = parsePacket(report);
      if (packet?.channel === channel) return packet;
    }
  }

  /** The message that starts with `first`. */
  async assemble(first: InitPacket, signal: AbortSignal): Promise<Uint8Array> {
    if (first.length > maxMessageSize) throw broken('a message is longer than any can be');
    const message = new MessageAssembler(first);
    while (!message.complete) {
      const packet = await this.next(first.channel, signal);
      if (packet.kind === 'init') throw broken('a message is interrupted by another');
      if (message.add(packet) === 'invalid-sequence') throw broken('a part of a message is missing');
    }
    return message.payload;
  }

  async retryWhileBusy<T>(run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let triesLeft = this.#busyRetries; ; triesLeft--) {
      try {
        return await run();
      } catch (error) {
        const busy = error instanceof CtapHidError && error.code === hidError.channelBusy;
        if (!busy || triesLeft <= 0) throw error;
        await pause(this.#clock, busyPause, signal);
      }
    }
  }
}

/** The error that a CTAPHID_ERROR packet stands for. */
export function errorOf(packet: InitPacket): CtapHidError {
  return new CtapHidError(packet.data[0] ?? hidError.other);
}

/** The key broke the protocol. */
export function broken(message: string): HidTransportError {
  return new HidTransportError('protocol', message);
}
