import { publicKeyDescriptors, publicKeyParameters } from '../../../src/client/ctap-client.ts';
import type { CtapClient } from '../../../src/client/ctap-client.ts';
import type { PinUvAuthToken } from '../../../src/client/pin-protocol.ts';
import type { Assertion } from '../../../src/client/responses.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { concatBytes } from '../../../src/ctap/bytes.ts';
import type { Dice } from '../../support/dice.ts';
import type { Flight, Known, World } from './world.ts';
import { fullRetries, hex, sha256 } from './world.ts';

const crypto = createNodeCrypto();
const clientDataHash = sha256('client data');
/** CTAP 2.3 §6.5.5.7: makeCredential, getAssertion, credentialManagement, largeBlobWrite. */
const everything = 0x01 | 0x02 | 0x04 | 0x10;

/**
 * A client that does what the dice say, and remembers what it was told. `flight` is what it has no answer to yet; an
 * operation that throws leaves it there.
 */
export class Driver {
  flight: Flight = { kind: 'nothing' };
  readonly #client: CtapClient;
  readonly #world: World;
  readonly #dice: Dice;
  /** Wrong PINs in a row in this power cycle: the third would block the key. */
  #wrong = 0;

  constructor(client: CtapClient, world: World, dice: Dice) {
    this.#client = client;
    this.#world = world;
    this.#dice = dice;
  }

  async step(): Promise<void> {
    const die = this.#dice(20);
    const known = this.#pick();
    if (die < 6 || known === undefined) await this.#register();
    else if (die < 11) await this.signIn(known);
    else if (die < 13) await this.#delete(known);
    else if (die < 15) await this.#setPin();
    else if (die < 18) await this.#enterWrongPin();
    else await this.#writeBlobs();
  }

  /** The counter has to grow with every signature, and the signature has to be good. */
  async signIn(known: Known): Promise<void> {
    this.flight = { kind: 'sign-in' };
    const allowList = publicKeyDescriptors(known.id);
    const assertion = await this.#client.getAssertion({ rpId: known.rpId, clientDataHash, allowList });
    this.flight = { kind: 'nothing' };
    requireGood(known, assertion);
    known.signCount = assertion.parsed.signCount;
  }

  /** What the key itself says of its retries and blobs. */
  async look(): Promise<{ readonly retries: number; readonly blobs: Uint8Array }> {
    const { pinRetries: retries } = await this.#client.clientPin.getPinRetries();
    return { retries, blobs: await this.#client.largeBlobs.read() };
  }

  #pick(): Known | undefined {
    const all = [...this.#world.credentials.values()];
    return all[this.#dice(Math.max(1, all.length))];
  }

  /** A token for everything at `rpId`, if the key has a PIN. */
  async #token(rpId: string): Promise<PinUvAuthToken | undefined> {
    const { pin } = this.#world;
    if (pin === undefined) return undefined;
    this.flight = { kind: 'right-pin' };
    const request = { permissions: everything, rpId };
    const token = await this.#client.clientPin.getPinUvAuthTokenUsingPin(pin, request);
    this.flight = { kind: 'nothing' };
    this.#world.retries = fullRetries;
    this.#wrong = 0;
    return token;
  }

  async #register(): Promise<void> {
    const [site, userId, discoverable] = [this.#dice(4), this.#dice(6), this.#dice(4) > 0];
    const rpId = `site-${String(site)}.example`;
    const pinUvAuthToken = await this.#token(rpId);
    this.flight = { kind: 'register', rpId, userId };
    const { parsed } = await this.#client.makeCredential({
      clientDataHash,
      rp: { id: rpId },
      user: { id: Uint8Array.of(userId), name: `user ${String(userId)}` },
      pubKeyCredParams: publicKeyParameters(-7),
      options: { rk: discoverable },
      ...(pinUvAuthToken && { pinUvAuthToken }),
    });
    this.flight = { kind: 'nothing' };
    const { credentialId: id, publicKey } = parsed.attested!;
    if (discoverable) this.#forgetAccount(rpId, userId);
    const { signCount } = parsed;
    this.#world.credentials.set(hex(id), { id, rpId, userId, discoverable, publicKey, signCount });
  }

  #forgetAccount(rpId: string, userId: number): void {
    for (const [id, known] of this.#world.credentials) {
      if (!known.discoverable || known.rpId !== rpId || known.userId !== userId) continue;
      this.#world.credentials.delete(id);
      this.#world.gone.add(id);
    }
  }

  async #delete(known: Known): Promise<void> {
    const pinUvAuthToken = await this.#token(known.rpId);
    // Only discoverable credentials can be managed, and only with a PIN.
    if (pinUvAuthToken === undefined || !known.discoverable) return;
    this.flight = { kind: 'delete', id: hex(known.id) };
    await this.#client.credentialManagement.deleteCredential(pinUvAuthToken, known.id);
    this.flight = { kind: 'nothing' };
    this.#world.credentials.delete(hex(known.id));
    this.#world.gone.add(hex(known.id));
  }

  async #setPin(): Promise<void> {
    const { pin: old, retries } = this.#world;
    const pin = String(1000 + this.#dice(9000));
    const possible = old === undefined ? [retries, fullRetries] : [retries, retries - 1, fullRetries];
    this.flight = { kind: 'pin', pin, retries: possible };
    if (old === undefined) await this.#client.clientPin.setPin(pin);
    else await this.#client.clientPin.changePin(old, pin);
    this.flight = { kind: 'nothing' };
    Object.assign(this.#world, { pin, retries: fullRetries });
    this.#wrong = 0;
  }

  async #enterWrongPin(): Promise<void> {
    const { pin, retries } = this.#world;
    if (pin === undefined || this.#wrong >= 2 || retries <= 3) {
      await this.#token('site-0.example');
      return;
    }
    this.flight = { kind: 'wrong-pin' };
    this.#wrong += 1;
    const attempt = this.#client.clientPin.getPinToken(`${pin}0`);
    const status = await attempt.then(
      () => 'OK',
      (error: unknown) => {
        if (error instanceof Error && 'statusName' in error) return String(error.statusName);
        throw error;
      },
    );
    if (status !== 'PIN_INVALID') throw new Error(`A wrong PIN was answered with ${status}.`);
    this.flight = { kind: 'nothing' };
    this.#world.retries -= 1;
  }

  async #writeBlobs(): Promise<void> {
    const token = await this.#token('site-0.example');
    // An array of one byte string: what is in it is the platforms' business (CTAP 2.3 §6.10.1).
    const length = 30 + this.#dice(3900);
    const content = concatBytes(Uint8Array.of(0x80), new Uint8Array(length).fill(this.#dice(256)));
    const blobs = concatBytes(content, sha256(content).subarray(0, 16));
    this.flight = { kind: 'blobs', blobs };
    await this.#client.largeBlobs.write(blobs, token, 1700);
    this.flight = { kind: 'nothing' };
    this.#world.blobs = blobs;
  }
}

function requireGood(known: Known, { authData, parsed, signature }: Assertion): void {
  if (!crypto.verify(known.publicKey, concatBytes(authData, clientDataHash), signature))
    throw new Error(`${hex(known.id)} signed something else.`);
  if (parsed.signCount <= known.signCount)
    throw new Error(
      `The counter of ${hex(known.id)} was ${String(known.signCount)} and is ${String(parsed.signCount)} now.`,
    );
}
