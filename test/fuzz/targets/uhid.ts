import { createUhidTransport } from '../../../src/transports/uhid.ts';
import { decodeUhidEvent } from '../../../src/transports/uhid-codec.ts';
import { createKey } from '../../../src/app/create-key.ts';
import type { OpenTransport } from '../../../src/ports/transport.ts';
import { hidCommand } from '../../../src/ctaphid/command.ts';
import { broadcastChannel, buildInitPacket } from '../../../src/ctaphid/packet.ts';
import type { Dice } from '../../support/dice.ts';
import { settle } from '../../support/fake-clock.ts';
import { createFakeUhid } from '../../unit/transports/fake-uhid.ts';
import type { FakeUhid } from '../../unit/transports/fake-uhid.ts';
import { uhidEvent } from '../../unit/transports/uhid-vectors.ts';
import { bendBytes, pick, randomBytes } from '../bend.ts';
import { byteSeeds } from '../seeds.ts';
import type { FuzzSession, FuzzTarget } from '../target.ts';
import { Finding } from '../target.ts';

const [stop, outputType] = [3, 6];
/** After so many inputs there is a device anew. */
const life = 100;

/** Events of a kernel that says anything at all, but for the end of the device. */
export const uhidTarget: FuzzTarget = {
  name: 'uhid',
  inputs: 800,
  open: async () => {
    const session = new UhidSession();
    await session.begin();
    return session;
  },
};

class UhidSession implements FuzzSession {
  readonly #seeds = byteSeeds('uhid');
  #defects = 0;
  #kernel: FakeUhid = createFakeUhid();
  #device: OpenTransport | undefined;
  #age = 0;

  async begin(): Promise<void> {
    await this.close();
    this.#age = 0;
    this.#kernel = createFakeUhid();
    const key = createKey({
      onEvent: ({ type }) => {
        if (type === 'defect') this.#defects += 1;
      },
    });
    this.#device = await createUhidTransport(this.#kernel.system).open(key.endpoint);
  }

  make(dice: Dice): Uint8Array[] {
    return Array.from({ length: 1 + dice(4) }, () => {
      if (dice(8) === 0) return randomBytes(dice, dice(80));
      const event = pick(dice, this.#seeds);
      return dice(3) === 0 ? event : bendBytes(event, dice);
    });
  }

  async feed(input: unknown): Promise<void> {
    for (const event of input as Uint8Array[]) {
      decodeUhidEvent(event);
      // A device that stops is gone; what comes after is another test's matter.
      if (event[0] === stop) continue;
      this.#kernel.say(event);
      await settle();
    }
  }

  async probe(): Promise<void> {
    const before = this.#kernel.inputs.length;
    const nonce = Uint8Array.of(this.#age & 255, 8, 7, 6, 5, 4, 3, 2);
    this.#kernel.say(uhidEvent('open'));
    await settle();
    this.#kernel.say(outputEvent(buildInitPacket(broadcastChannel, hidCommand.init, 8, nonce)));
    for (let turn = 0; turn < 5 && !this.#hasAnswer(before, nonce); turn += 1) await settle();
    await this.#kernel.clock.advanceAsync(1000);
    if (!this.#hasAnswer(before, nonce)) throw new Finding('INIT is not answered.');
    if (this.#defects > 0) throw new Finding('The key reports a defect.');
    this.#age += 1;
    if (this.#age >= life) await this.begin();
  }

  async close(): Promise<void> {
    await this.#device?.close();
    if (this.#kernel.clock.pending > 0) throw new Finding('A timer outlives the device.');
  }

  #hasAnswer(from: number, nonce: Uint8Array): boolean {
    return this.#kernel.inputs
      .slice(from)
      .some((report) => Buffer.from(report.subarray(7, 15)).equals(nonce) && report[4] === 0x86);
  }
}

function outputEvent(report: Uint8Array): Uint8Array {
  const event = Buffer.alloc(4380);
  event.writeUInt32LE(outputType, 0);
  event.set(report, 5);
  event.writeUInt16LE(65, 4 + 4096);
  return new Uint8Array(event);
}
