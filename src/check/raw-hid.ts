import { MessageAssembler } from '../ctaphid/assembler.ts';
import { hidCommand, hidError } from '../ctaphid/command.ts';
import { decodeInitResponse, type InitResponse } from '../ctaphid/init-response.ts';
import {
  broadcastChannel,
  buildInitPacket,
  fragmentMessage,
  parsePacket,
  type Packet,
} from '../ctaphid/packet.ts';
import { sameBytes } from '../ctap/bytes.ts';
import type { Clock } from '../ports/clock.ts';
import type { HidPipe } from '../ports/hid-pipe.ts';
import type { Random } from '../ports/random.ts';
import { ensure, ensureDefined } from './expect.ts';

/** Milliseconds in which silence is taken for silence. */
export const quietTime = 300;

export interface RawMessage {
  readonly command: number;
  readonly payload: Uint8Array;
}

const errorNames = new Map<number, string>(Object.entries(hidError).map(([name, code]) => [code, name]));

/** Packets as they are, for checks that break the rules of CTAPHID on purpose. */
export class RawHid {
  readonly #pipe: HidPipe;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #patience: number;
  /** Packets of one channel that came while another was listened to. */
  readonly #kept: Packet[] = [];
  #keptChannel: number | undefined;

  /** `patience` is how many milliseconds a key may take to answer. */
  constructor(pipe: HidPipe, clock: Clock, random: Random, patience: number) {
    this.#pipe = pipe;
    this.#clock = clock;
    this.#random = random;
    this.#patience = patience;
  }

  nonce(): Uint8Array {
    return this.#random.bytes(8);
  }

  async send(...reports: readonly Uint8Array[]): Promise<void> {
    for (const report of reports) await this.#pipe.write(report);
  }

  sendMessage(channel: number, command: number, payload: Uint8Array = new Uint8Array()): Promise<void> {
    return this.send(...fragmentMessage(channel, command, payload));
  }

  /** From now on what comes for this channel waits until it is read; what waited before is forgotten. */
  keep(channel: number | undefined): void {
    this.#keptChannel = channel;
    this.#kept.length = 0;
  }

  /** Whether an answer, more than a keep-alive, waits to be read on the channel that is kept. */
  get answerWaits(): boolean {
    return this.#kept.some(
      ({ kind, ...packet }) =>
        kind === 'init' && 'command' in packet && packet.command !== hidCommand.keepalive,
    );
  }

  /** The next packet for a channel; `undefined` if none comes within `ms`. */
  async packet(channel: number, ms = this.#patience): Promise<Packet | undefined> {
    const kept = channel === this.#keptChannel ? this.#kept.shift() : undefined;
    if (kept) return kept;
    const limit = new AbortController();
    const cancel = this.#clock.after(ms, () => limit.abort(new Error('silence')));
    try {
      for (;;) {
        const report = await this.#pipe.read(limit.signal);
        if (report === undefined) return undefined;
        const packet = parsePacket(report);
        if (packet?.channel === channel) return packet;
        if (packet && packet.channel === this.#keptChannel) this.#kept.push(packet);
      }
    } catch (error) {
      if (limit.signal.aborted) return undefined;
      throw error;
    } finally {
      cancel();
    }
  }

  /** The next whole message for a channel but keep-alives. Fails when a key sends what is none. */
  async message(channel: number, ms = this.#patience): Promise<RawMessage | undefined> {
    for (;;) {
      const first = await this.packet(channel, ms);
      if (first === undefined) return undefined;
      ensure(first.kind === 'init', 'it sends a continuation packet without a beginning');
      if (first.command === hidCommand.keepalive) continue;
      const message = new MessageAssembler(first);
      while (!message.complete) {
        const next = ensureDefined(await this.packet(channel), 'a part of its message is missing');
        ensure(next.kind === 'continuation', 'its message is interrupted by another');
        ensure(message.add(next) !== 'invalid-sequence', 'a part of its message is missing');
      }
      return { command: first.command, payload: message.payload };
    }
  }

  /** INIT; `undefined` if the key gave an ERROR or nothing. */
  async init(channel: number = broadcastChannel): Promise<InitResponse | undefined> {
    const nonce = this.nonce();
    await this.sendMessage(channel, hidCommand.init, nonce);
    for (;;) {
      const answer = await this.message(channel);
      if (answer === undefined || answer.command === hidCommand.error) return undefined;
      const response = answer.command === hidCommand.init ? decodeInitResponse(answer.payload) : undefined;
      if (response && sameBytes(response.nonce, nonce)) return response;
    }
  }

  async allocate(): Promise<number> {
    return ensureDefined(await this.init(), 'it gives no channel').channel;
  }

  /** Fails unless the key answers with ERROR and one of the codes. */
  async expectError(channel: number, asked: string, ...codes: readonly number[]): Promise<void> {
    const answer = await this.message(channel);
    const wanted = codes.map(errorName).join(' or ');
    ensure(answer !== undefined, `${asked}, it says nothing; ERROR ${wanted} is due`);
    const [found = -1] = answer.payload;
    const said =
      answer.command === hidCommand.error ? `ERROR ${errorName(found)}` : `command ${answer.command}`;
    ensure(
      answer.command === hidCommand.error && codes.includes(found),
      `${asked}, it answers ${said}, not ERROR ${wanted}`,
    );
    ensure(answer.payload.length === 1, `its ERROR has ${answer.payload.length} bytes, not 1`);
  }

  async expectSilence(channel: number, asked: string): Promise<void> {
    const answer = await this.message(channel, quietTime);
    ensure(answer === undefined, `${asked}, it answers, although nothing is due`);
  }

  /** Fails unless the channel works. */
  async expectPing(channel: number, after: string, payload: Uint8Array = this.nonce()): Promise<void> {
    await this.sendMessage(channel, hidCommand.ping, payload);
    const answer = await this.message(channel);
    ensure(answer !== undefined, `${after}, it does not answer PING`);
    ensure(
      answer.command === hidCommand.ping && sameBytes(answer.payload, payload),
      `${after}, it answers PING of ${payload.length} bytes with ${describeMessage(answer)}`,
    );
  }

  /** The first packet of a message that has more. */
  beginMessage(channel: number, command: number, length: number): Promise<void> {
    return this.send(buildInitPacket(channel, command, length, new Uint8Array(57).fill(0x33)));
  }
}

function errorName(code: number): string {
  return (errorNames.get(code) ?? `0x${code.toString(16)}`)
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase();
}

function describeMessage({ command, payload }: RawMessage): string {
  if (command === hidCommand.error) return `ERROR ${errorName(payload[0] ?? 0)}`;
  return command === hidCommand.ping ? `${payload.length} bytes that are not the same` : `command ${command}`;
}
