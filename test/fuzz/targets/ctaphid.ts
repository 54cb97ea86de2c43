import { hidCommand } from '../../../src/ctaphid/command.ts';
import { createCtapHidEngine } from '../../../src/ctaphid/engine.ts';
import { broadcastChannel, buildContinuationPacket, buildInitPacket } from '../../../src/ctaphid/packet.ts';
import type { HidEndpoint, HidLink } from '../../../src/ports/hid.ts';
import type { MessageHandler } from '../../../src/ports/message-handler.ts';
import type { Dice } from '../../support/dice.ts';
import { createFakeClock, settle } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { benchIdentity, createCountingRandom } from '../../support/hid-bench.ts';
import { bendBytes, pick, randomBytes, randomLength } from '../bend.ts';
import { hexSeeds } from '../seeds.ts';
import type { FuzzSession, FuzzTarget } from '../target.ts';
import { Finding } from '../target.ts';

const commands = Object.values(hidCommand);
const lengths = [0, 1, 8, 17, 57, 58, 116, 175, 1024, 7608, 7609, 7610, 0xffff];
/** An input of this one byte lets time pass: so many times 100 ms. */
const pauseLength = 1;

/** Sequences of packets of two hosts; the core answers at once, late, or only when it is told to stop. */
export const ctaphidTarget: FuzzTarget = { name: 'ctaphid', inputs: 6000, open: () => new EngineSession() };

class EngineSession implements FuzzSession {
  readonly #clock: FakeClock = createFakeClock();
  readonly #seeds = hexSeeds('ctaphid');
  readonly #endpoint: HidEndpoint;
  readonly #answers: Uint8Array[] = [];
  readonly #links: HidLink[];
  #defect: unknown;
  /** Commands that wait for the abort of their transaction. */
  #hanging = 0;

  constructor() {
    this.#endpoint = createCtapHidEngine({
      identity: benchIdentity,
      handler: this.#handler(),
      clock: this.#clock,
      random: createCountingRandom(),
      onPowerCycle: () => undefined,
      onDefect: (error) => (this.#defect = error),
    });
    this.#links = [this.#connect(), this.#connect()];
  }

  make(dice: Dice): Uint8Array[] {
    if (dice(10) === 0)
      return pick(dice, this.#seeds).map((packet) => (dice(3) > 0 ? packet : bendBytes(packet, dice)));
    const channel = dice(6) > 0 ? 1 + dice(8) : pick(dice, [0, broadcastChannel, 0xfffffffe]);
    const others = (): number => (dice(8) > 0 ? channel : 1 + dice(8));
    return Array.from({ length: 1 + dice(12) }, () => packetOf(dice, others()));
  }

  /** Packets go to the two hosts in turn as their last byte says. */
  async feed(input: unknown): Promise<void> {
    for (const packet of input as Uint8Array[]) {
      if (packet.length === pauseLength) await this.#clock.advanceAsync((packet[0] ?? 0) * 100);
      else this.#links[(packet.at(-1) ?? 0) & 1]?.receive(packet);
    }
    if (this.#hanging > 0) await settle();
  }

  probe(): void {
    // One message at a time means one deadline at a time, and one keep-alive at most.
    if (this.#clock.pending > 3) throw new Finding(`${String(this.#clock.pending)} timers are set.`);
    if (this.#defect !== undefined) throw new Finding('The core failed.', { cause: this.#defect });
    for (const link of this.#links) this.#requireAnswer(link);
  }

  /** INIT on the broadcast channel is answered at once, whatever goes on. */
  #requireAnswer(link: HidLink): void {
    this.#answers.length = 0;
    const nonce = Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2);
    link.receive(buildInitPacket(broadcastChannel, hidCommand.init, 8, nonce));
    const answer = this.#answers.find((report) => report[0] === 0xff && report[4] === 0x86);
    if (!answer || !Buffer.from(answer.subarray(7, 15)).equals(nonce))
      throw new Finding('INIT is not answered.');
    this.#answers.length = 0;
  }

  #connect(): HidLink {
    return this.#endpoint.connect({
      send: (report) => {
        if (report.length !== 64) throw new Finding('A report that has not 64 bytes.');
        this.#answers.push(report);
      },
    });
  }

  #handler(): MessageHandler {
    const run: MessageHandler['cbor'] = (message, { signal }) => {
      if ((message[0] ?? 0) % 3 > 0) return Promise.resolve(new Uint8Array((message[0] ?? 0) * 20 + 1));
      this.#hanging += 1;
      return new Promise((resolve) => {
        const end = (): void => {
          this.#hanging -= 1;
          resolve(Uint8Array.of(0x2d));
        };
        if (signal.aborted) end();
        else signal.addEventListener('abort', end);
      });
    };
    const cbor: MessageHandler['cbor'] = (message, transaction) => {
      if (message.length === 0) throw new Finding('The core was given an empty message.');
      return run(message, transaction);
    };
    return { cbor, msg: run, wink: () => undefined, speaksU2f: true, speaksCtap2: true };
  }
}

function packetOf(dice: Dice, channel: number): Uint8Array {
  const kind = dice(20);
  if (kind === 0) return Uint8Array.of(dice(8));
  if (kind === 1) return randomBytes(dice, 2 + dice(80));
  if (kind < 8)
    return buildContinuationPacket(channel, dice(3) > 0 ? dice(3) : dice(128), randomBytes(dice, 59));
  const command = dice(8) > 0 ? pick(dice, commands) : dice(128);
  const length = dice(3) > 0 ? randomLength(dice, 150) : pick(dice, lengths);
  return buildInitPacket(channel, command, length, randomBytes(dice, 57));
}
