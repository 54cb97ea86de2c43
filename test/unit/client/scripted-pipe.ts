import { ReportQueue } from '../../../src/client/pipes/report-queue.ts';
import { hidCommand } from '../../../src/ctaphid/command.ts';
import { encodeInitResponse } from '../../../src/ctaphid/init-response.ts';
import { buildInitPacket, fragmentMessage, parsePacket } from '../../../src/ctaphid/packet.ts';
import type { HidPipe } from '../../../src/ports/hid-pipe.ts';
import type { Random } from '../../../src/ports/random.ts';

export const channelId = 0x01020304;

/** Bytes 1, 2, 3, … */
export function countingRandom(): Random {
  let next = 0;
  return { bytes: (length) => Uint8Array.from({ length }, () => (next = (next + 1) & 0xff)) };
}

/** A key that is not there: the test says what each written report brings. */
export interface ScriptedPipe extends HidPipe {
  readonly written: readonly Uint8Array[];
  /** Sends a whole message to the host. */
  answer(command: number, payload: readonly number[] | Uint8Array, channel?: number): void;
  /** Sends reports as they are. */
  deliver(...reports: readonly Uint8Array[]): void;
  /** Commands of the initialization packets so far, without bit 7. */
  commands(): number[];
  end(): void;
}

/** `react` is called for every initialization packet but a broadcast INIT, which is answered with `channelId`. */
export function createScriptedPipe(
  react: (pipe: ScriptedPipe, command: number, data: Uint8Array, channel: number) => void,
): ScriptedPipe {
  const queue = new ReportQueue();
  const written: Uint8Array[] = [];
  const pipe: ScriptedPipe = {
    written,
    write(report) {
      if (queue.ended) return Promise.reject(new Error('closed'));
      written.push(report.slice());
      const packet = parsePacket(report);
      if (packet?.kind !== 'init') return Promise.resolve();
      if (packet.command === hidCommand.init && packet.channel === 0xffffffff) {
        pipe.deliver(initReply(packet.channel, packet.data.subarray(0, 8), channelId));
      } else {
        react(pipe, packet.command, packet.data.slice(0, packet.length), packet.channel);
      }
      return Promise.resolve();
    },
    read: (signal) => queue.read(signal),
    close: () => {
      queue.end();
      return Promise.resolve();
    },
    answer: (command, payload, channel = channelId) =>
      pipe.deliver(...fragmentMessage(channel, command, Uint8Array.from(payload))),
    deliver: (...reports) => {
      for (const report of reports) queue.push(report);
    },
    commands: () =>
      written.flatMap((report) => {
        const packet = parsePacket(report);
        return packet?.kind === 'init' ? [packet.command] : [];
      }),
    end: () => queue.end(),
  };
  return pipe;
}

export function initReply(on: number, nonce: Uint8Array, channel: number): Uint8Array {
  const payload = encodeInitResponse({ nonce, channel, version: [1, 2, 3], capabilities: 5 });
  return buildInitPacket(on, hidCommand.init, payload.length, payload);
}
