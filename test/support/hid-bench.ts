import { decodeInitResponse } from '../../src/ctaphid/init-response.ts';
import type { InitResponse } from '../../src/ctaphid/init-response.ts';
import { hidCommand } from '../../src/ctaphid/command.ts';
import { createCtapHidEngine } from '../../src/ctaphid/engine.ts';
import type { CtapHidEngine } from '../../src/ctaphid/engine.ts';
import {
  broadcastChannel,
  buildContinuationPacket,
  buildInitPacket,
  fragmentMessage,
  parsePacket,
} from '../../src/ctaphid/packet.ts';
import { MessageAssembler } from '../../src/ctaphid/assembler.ts';
import type { HidEndpoint, HidLink, UsbIdentity } from '../../src/ports/hid.ts';
import type { MessageHandler, Transaction } from '../../src/ports/message-handler.ts';
import type { Random } from '../../src/ports/random.ts';
import { createFakeClock } from './fake-clock.ts';
import type { FakeClock } from './fake-clock.ts';

export const benchIdentity: UsbIdentity = {
  vendorId: 0x1209,
  productId: 0xf1d0,
  manufacturer: 'Fauxkey',
  product: 'Bench key',
  serial: 'F0001',
  version: [1, 2, 3],
};

/** A whole message as a host got it. */
export interface HostMessage {
  readonly channel: number;
  readonly command: number;
  readonly payload: readonly number[];
}

/** One host of a key, seen from the wire. */
export interface BenchHost {
  readonly link: HidLink;
  /** Every report so far. */
  readonly reports: readonly Uint8Array[];
  /** Messages that came since the last call. Fails when packets of two messages are mixed. */
  take(): HostMessage[];
  sendMessage(channel: number, command: number, payload?: Uint8Array | readonly number[]): void;
  /** Only the first packet of a message of `length` bytes. */
  sendInit(channel: number, command: number, length: number, data?: readonly number[]): void;
  sendContinuation(channel: number, sequence: number, data?: readonly number[]): void;
  /** Asks for a channel and takes the answer. */
  open(): number;
  /** INIT on any channel; takes everything that came and returns the INIT response in it. */
  init(channel?: number, nonce?: readonly number[]): InitResponse;
}

export function connectBenchHost(endpoint: HidEndpoint): BenchHost {
  const reports: Uint8Array[] = [];
  let taken = 0;
  const link = endpoint.connect({ send: (report) => void reports.push(report.slice()) });
  const host: BenchHost = {
    link,
    reports,
    take() {
      const fresh = reports.slice(taken);
      taken = reports.length;
      return assembleMessages(fresh);
    },
    sendMessage(channel, command, payload = []) {
      for (const report of fragmentMessage(channel, command, Uint8Array.from(payload))) link.receive(report);
    },
    sendInit(channel, command, length, data = []) {
      link.receive(buildInitPacket(channel, command, length, Uint8Array.from(data)));
    },
    sendContinuation(channel, sequence, data = []) {
      link.receive(buildContinuationPacket(channel, sequence, Uint8Array.from(data)));
    },
    open: () => host.init().channel,
    init(channel = broadcastChannel, nonce = [1, 2, 3, 4, 5, 6, 7, 8]) {
      host.sendMessage(channel, hidCommand.init, nonce);
      const messages = host.take();
      const answer = messages.find((message) => message.command === hidCommand.init);
      const response = answer && decodeInitResponse(Uint8Array.from(answer.payload));
      if (!response) throw new Error(`No INIT response but ${JSON.stringify(messages)}`);
      return response;
    },
  };
  return host;
}

/** Reassembles reports that must hold whole messages, one after the other. */
export function assembleMessages(reports: readonly Uint8Array[]): HostMessage[] {
  const messages: HostMessage[] = [];
  let open: MessageAssembler | undefined;
  for (const report of reports) {
    const packet = parsePacket(report);
    if (!packet) throw new Error('A report that is no packet');
    if (packet.kind === 'continuation') {
      if (open?.channel !== packet.channel) throw new Error('A continuation that belongs to no message');
      if (open.add(packet) === 'invalid-sequence') throw new Error('A continuation out of sequence');
    } else {
      if (open && !open.complete) throw new Error('A message inside another message');
      open = new MessageAssembler(packet);
    }
    if (open.complete)
      messages.push({ channel: open.channel, command: open.command, payload: [...open.payload] });
  }
  if (open && !open.complete) throw new Error('A message without its end');
  return messages;
}

/** A request that reached the core and waits for the test to answer it. */
export interface CoreCall {
  readonly kind: 'cbor' | 'msg';
  readonly message: readonly number[];
  readonly transaction: Transaction;
  answer(response: readonly number[]): void;
  fail(error: Error): void;
}

/** A core that does what the test says. */
export interface BenchHandler extends MessageHandler {
  readonly calls: readonly CoreCall[];
  readonly winks: number;
  speaksU2f: boolean;
  speaksCtap2: boolean;
}

/** `answerAborts` makes it behave as the real core does: an aborted command ends with 2D. */
export function createBenchHandler(answerAborts = true): BenchHandler {
  const calls: CoreCall[] = [];
  let winks = 0;
  const run = (kind: 'cbor' | 'msg', message: Uint8Array, transaction: Transaction): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      const answer = (response: readonly number[]): void => resolve(Uint8Array.from(response));
      if (answerAborts) transaction.signal.addEventListener('abort', () => answer([0x2d]));
      if (answerAborts && transaction.signal.aborted) answer([0x2d]);
      calls.push({
        kind,
        message: [...message],
        transaction,
        answer,
        fail: reject,
      });
    });
  return {
    calls,
    speaksU2f: true,
    speaksCtap2: true,
    get winks() {
      return winks;
    },
    cbor: (message, transaction) => run('cbor', message, transaction),
    msg: (apdu, transaction) => run('msg', apdu, transaction),
    wink: () => {
      winks++;
    },
  };
}

/** Counts up, so that channels are predictable: 00000001, 00000002, … */
export function createCountingRandom(first = 1): Random {
  let next = first;
  return {
    bytes(length) {
      const bytes = new Uint8Array(length);
      new DataView(bytes.buffer).setUint32(length - 4, next++);
      return bytes;
    },
  };
}

export interface Bench {
  readonly engine: CtapHidEngine;
  readonly clock: FakeClock;
  readonly handler: BenchHandler;
  readonly defects: readonly unknown[];
  readonly powerCycles: number;
  readonly host: () => BenchHost;
}

export interface BenchOptions {
  readonly answerAborts?: boolean;
  readonly random?: Random;
}

/** An engine with everything around it in the test's hands. */
export function createBench(options: BenchOptions = {}): Bench {
  const clock = createFakeClock();
  const handler = createBenchHandler(options.answerAborts);
  const defects: unknown[] = [];
  let powerCycles = 0;
  const engine = createCtapHidEngine({
    identity: benchIdentity,
    handler,
    clock,
    random: options.random ?? createCountingRandom(),
    onPowerCycle: () => {
      powerCycles++;
    },
    onDefect: (error) => void defects.push(error),
  });
  return {
    engine,
    clock,
    handler,
    defects,
    get powerCycles() {
      return powerCycles;
    },
    host: () => connectBenchHost(engine),
  };
}
