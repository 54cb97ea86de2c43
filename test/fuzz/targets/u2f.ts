import type { Dice } from '../../support/dice.ts';
import { createBareAuthenticator } from '../../support/bare-authenticator.ts';
import type { BareAuthenticator } from '../../support/bare-authenticator.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { bendBytes, pick, randomBytes } from '../bend.ts';
import { reproducibleCrypto } from '../reproducible-crypto.ts';
import { byteSeeds } from '../seeds.ts';
import type { FuzzSession, FuzzTarget } from '../target.ts';
import { Finding } from '../target.ts';

const application = new Uint8Array(32).fill(7);
const [register, authenticate] = [1, 2];
const ok = 0x9000;

/** APDUs of both lengths, with real key handles among them. */
export const u2fTarget: FuzzTarget = { name: 'u2f', inputs: 1500, open: (seed) => new U2fSession(seed) };

class U2fSession implements FuzzSession {
  readonly #key: BareAuthenticator;
  readonly #seeds = byteSeeds('u2f');
  #handle: Uint8Array | undefined;

  constructor(seed: string) {
    const random = createSeededRandom(seed);
    this.#key = createBareAuthenticator({ ports: { random, crypto: reproducibleCrypto(seed) } });
    this.#key.user.otherwise('approve');
  }

  make(dice: Dice): Uint8Array {
    const origin = dice(4);
    if (origin === 0) return bendBytes(pick(dice, this.#seeds), dice);
    if (origin === 1) return randomBytes(dice, dice(140));
    const good = dice(2) === 0 ? this.#registration(dice) : this.#authentication(dice);
    return origin === 2 ? good : bendBytes(good, dice);
  }

  async feed(input: unknown): Promise<void> {
    await this.#send(input as Uint8Array);
    if (this.#key.events.some(({ type }) => type === 'defect'))
      throw new Finding('The key reports a defect.');
    this.#key.events.length = 0;
  }

  async probe(): Promise<void> {
    this.#handle ??= await this.#register();
    if ((await this.#send(Uint8Array.of(0, 3, 0, 0, 0, 0, 0))).statusWord !== ok)
      throw new Finding('The version is refused.');
    if (this.#key.keystore.countDiscoverable() + [...this.#key.keystore.all()].length > 60)
      await this.#begin();
  }

  async #begin(): Promise<void> {
    await this.#key.keystore.remove([...this.#key.keystore.all()].map(({ id }) => id));
    this.#handle = await this.#register();
    const { statusWord } = await this.#send(apdu(authenticate, 3, signRequest(this.#handle), 'extended'));
    if (statusWord !== ok) throw new Finding('A good key handle is refused.');
  }

  async #register(): Promise<Uint8Array> {
    const request = Buffer.concat([new Uint8Array(32), application]);
    const { data } = await this.#send(apdu(register, 0, request, 'extended'));
    return data.slice(67, 67 + (data[66] ?? 0));
  }

  async #send(bytes: Uint8Array): Promise<{ statusWord: number; data: Uint8Array }> {
    const { signal } = new AbortController();
    const transaction = { channel: 1, transport: 'usb', signal, setStatus: () => undefined } as const;
    const answer = await this.#key.authenticator.msg(bytes, transaction);
    if (answer.length < 2) throw new Finding('An answer without a status word.');
    const statusWord = ((answer.at(-2) ?? 0) << 8) | (answer.at(-1) ?? 0);
    if (statusWord === 0x6f00) throw new Finding('The key says that it failed.');
    if (statusWord !== ok && answer.length > 2) throw new Finding('A refusal with data.');
    return { statusWord, data: answer.subarray(0, -2) };
  }

  #registration(dice: Dice): Uint8Array {
    return apdu(register, dice(4), randomBytes(dice, 64), form(dice));
  }

  #authentication(dice: Dice): Uint8Array {
    const handle = dice(3) > 0 ? this.#handle : undefined;
    return apdu(
      authenticate,
      pick(dice, [3, 7, 8, dice(256)]),
      signRequest(handle ?? randomBytes(dice, dice(256))),
      form(dice),
    );
  }
}

function form(dice: Dice): 'short' | 'extended' {
  return dice(2) === 0 ? 'short' : 'extended';
}

function signRequest(handle: Uint8Array): Uint8Array {
  return Buffer.concat([new Uint8Array(32), application, Uint8Array.of(handle.length & 255), handle]);
}

function apdu(instruction: number, p1: number, data: Uint8Array, length: 'short' | 'extended'): Uint8Array {
  const lc = length === 'short' ? [data.length & 255] : [0, data.length >> 8, data.length & 255];
  return Uint8Array.of(0, instruction, p1, 0, ...lc, ...data, ...(length === 'short' ? [0] : [0, 0]));
}
