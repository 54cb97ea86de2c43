import { encodeCbor } from '../../../src/cbor/encode.ts';
import { decodeCbor } from '../../../src/cbor/decode.ts';
import { cborMap } from '../../../src/cbor/map.ts';
import type { CborMap, CborValue } from '../../../src/cbor/value.ts';
import { publicKeyParameters } from '../../../src/client/ctap-client.ts';
import type { PinUvAuthToken, SharedSecret } from '../../../src/client/pin-protocol.ts';
import { concatBytes } from '../../../src/ctap/bytes.ts';
import type { Dice } from '../../support/dice.ts';
import { bendBytes, pick, randomBytes } from '../bend.ts';
import { FuzzKey } from '../fuzz-key.ts';
import { messageTables } from '../messages.ts';
import type { NamedValues } from '../request.ts';
import { requestOf } from '../request.ts';
import { byteSeeds } from '../seeds.ts';
import type { FuzzSession, FuzzTarget } from '../target.ts';
import { Finding } from '../target.ts';

const rpIds = ['example.com', 'a.example', 'enterprise.example'];
const options = ['rk', 'up', 'uv', 'ep', 'x'];
/** After so many inputs the key is made anew, whatever state it is in. */
const life = 150;

/** Requests of every command, made from the tables of the messages, with real tokens, secrets and credentials in them. */
export const ctapTarget: FuzzTarget = {
  name: 'ctap',
  inputs: 2000,
  open: async (seed) => {
    const session = new CtapSession(seed);
    await session.begin();
    return session;
  },
};

class CtapSession implements FuzzSession {
  readonly #key: FuzzKey;
  readonly #seeds = byteSeeds('ctap');
  #age = 0;
  #token: PinUvAuthToken | undefined;
  #secret: SharedSecret | undefined;
  #ids: readonly Uint8Array[] = [];

  constructor(seed: string) {
    this.#key = new FuzzKey(seed);
  }

  /** A key with a PIN, credentials and a token. */
  async begin(): Promise<void> {
    this.#age = 0;
    await this.#key.refresh();
    const { client } = this.#key;
    await client.clientPin.setPin('1234');
    const permissions = 0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x20;
    const request = { permissions, rpId: 'example.com' };
    const pinUvAuthToken = await client.clientPin.getPinUvAuthTokenUsingPin('1234', request);
    const made = await client.makeCredential({
      clientDataHash: new Uint8Array(32),
      rp: { id: 'example.com' },
      user: { id: Uint8Array.of(1) },
      pubKeyCredParams: publicKeyParameters(-7),
      options: { rk: true },
      pinUvAuthToken,
    });
    // A token loses its permissions with the first registration (CTAP 2.3 §6.1.2 step 15).
    this.#token = await client.clientPin.getPinUvAuthTokenUsingPin('1234', request);
    const assertion = await client.getAssertion({
      rpId: 'example.com',
      clientDataHash: new Uint8Array(32),
      pinUvAuthToken: this.#token,
    });
    if (assertion.signature.length < 60) throw new Finding('A fresh key does not sign.');
    this.#ids = [made.parsed.attested?.credentialId ?? new Uint8Array()];
    this.#secret = await client.clientPin.agree();
  }

  make(dice: Dice): Uint8Array {
    const origin = dice(20);
    if (origin < 2) return bendBytes(pick(dice, this.#seeds), dice);
    if (origin === 2)
      return Uint8Array.of(pick(dice, [4, 7, 8, 11, dice(256)]), ...randomBytes(dice, dice(30)));
    const { command, table } = pick(dice, messageTables);
    const request = this.#authenticated(dice, command, requestOf(dice, table, this.#named()));
    const bytes = concatBytes(Uint8Array.of(command), encodeCbor(request));
    return origin === 3 ? bendBytes(bytes, dice) : bytes;
  }

  async feed(input: unknown): Promise<void> {
    const bytes = input as Uint8Array;
    if (bytes.length === 0) return;
    const answer = await this.#key.send(bytes);
    const [status] = answer;
    if (status === undefined || status === 0x7f) throw new Finding(`The status is ${String(status)}.`);
    if (status !== 0 && answer.length > 1) throw new Finding('A refusal with data.');
    if (status === 0 && answer.length > 1) decodeCbor(answer.subarray(1));
  }

  async probe(): Promise<void> {
    const [status] = await this.#key.send(Uint8Array.of(4));
    if (status !== 0) throw new Finding('getInfo is refused.');
    this.#key.requireSound();
    this.#age += 1;
    if (this.#age >= life) await this.begin();
  }

  #named(): NamedValues {
    const secret = this.#secret;
    const encrypted = (length: number) => (dice: Dice) => secret?.encrypt(randomBytes(dice, length));
    const list = (dice: Dice): CborValue => Array.from({ length: dice(4) }, () => this.#descriptor(dice));
    return {
      clientDataHash: (dice) => new Uint8Array(dice(12) > 0 ? 32 : dice(70)),
      rp: (dice) => cborMap([['id', pick(dice, rpIds)]]),
      user: (dice) =>
        cborMap([
          ['id', Uint8Array.of(dice(4))],
          ['name', 'x'.repeat(dice(90))],
        ]),
      rpId: (dice) => pick(dice, rpIds),
      allowList: list,
      excludeList: list,
      options: (dice) => new Map([[pick(dice, options), dice(2) === 0]]),
      extensions: (dice) => this.#extensions(dice),
      pinUvAuthProtocol: (dice) => pick(dice, [2, 2, 2, 1, 3]),
      subCommand: (dice) => 1 + dice(9),
      keyAgreement: () => secret?.keyAgreement,
      newPinEnc: encrypted(64),
      pinHashEnc: encrypted(16),
      permissions: (dice) => pick(dice, [1, 2, 4, 8, 16, 32, 64, 3, dice(256)]),
      subCommandParams: (dice) => this.#parameters(dice),
      modality: () => 1,
      set: (dice) => randomBytes(dice, pick(dice, [17, 64, 900, 1200])),
      offset: (dice) => pick(dice, [0, 0, 17, 900]),
      length: (dice) => pick(dice, [17, 64, 900, 2048, 5000]),
    };
  }

  #descriptor(dice: Dice): CborMap {
    const id = dice(2) === 0 ? this.#ids[0] : randomBytes(dice, pick(dice, [16, 32, 64]));
    return cborMap([
      ['id', id],
      ['type', dice(10) > 0 ? 'public-key' : 'x'],
    ]);
  }

  #extensions(dice: Dice): CborMap {
    const secret = this.#secret;
    const salt = secret?.encrypt(randomBytes(dice, pick(dice, [32, 64, 16])));
    const input = cborMap(
      new Map<number, CborValue | undefined>([
        [1, secret?.keyAgreement],
        [2, salt],
        [3, salt && secret?.authenticate(salt)],
        [4, dice(2) === 0 ? 2 : undefined],
      ]),
    );
    const extensions: readonly (readonly [string, CborValue])[] = [
      ['hmac-secret', dice(2) === 0 ? true : input],
      ['hmac-secret-mc', input],
      ['credProtect', dice(5)],
      ['credBlob', dice(2) === 0 ? true : randomBytes(dice, dice(70))],
      ['largeBlobKey', dice(3) > 0],
      ['minPinLength', true],
      ['pinComplexityPolicy', true],
      ['thirdPartyPayment', true],
      ['uvm', true],
    ];
    return new Map(extensions.filter(() => dice(5) === 0));
  }

  /** Parameters of credentialManagement, authenticatorConfig and bioEnrollment share their first keys. */
  #parameters(dice: Dice): CborMap {
    const first = pick<CborValue | undefined>(dice, [
      4 + dice(8),
      new Uint8Array(32),
      Uint8Array.of(1),
      0x42,
      undefined,
    ]);
    const second = pick<CborValue | undefined>(dice, [
      [pick(dice, rpIds)],
      this.#descriptor(dice),
      'thumb',
      undefined,
    ]);
    const third = pick<CborValue | undefined>(dice, [
      dice(2) === 0,
      cborMap([['id', Uint8Array.of(1)]]),
      500,
      undefined,
    ]);
    return cborMap([
      [1, first],
      [2, second],
      [3, third],
    ]);
  }

  /** Every second request carries the proof that the key asks for, over the bytes that it is due over. */
  #authenticated(dice: Dice, command: number, request: CborMap): CborMap {
    const place = { 1: 8, 2: 6, 9: 5, 0x40: 5, 0x0a: 4, 0x41: 4, 0x0c: 5, 0x0d: 4 }[command];
    if (place === undefined || !this.#token || dice(2) === 0) return request;
    const param = this.#token.authenticate(this.#proven(command, request));
    const protocol = { 1: 9, 2: 7, 9: 4, 0x40: 4, 0x0a: 3, 0x41: 3, 0x0c: 6, 0x0d: 3 }[command] ?? 0;
    const others = [...request].filter(([key]) => key !== place && key !== protocol);
    return new Map([...others, [place, param], [protocol, 2]]);
  }

  #proven(command: number, request: CborMap): Uint8Array {
    const part = (key: number): Uint8Array => {
      const value = request.get(key);
      return value === undefined ? new Uint8Array() : encodeCbor(value);
    };
    const number = (key: number): number => Number(request.get(key) ?? 0) & 255;
    const filling = new Uint8Array(32).fill(0xff);
    if (command <= 2) {
      const clientDataHash = request.get(command === 1 ? 1 : 2);
      return clientDataHash instanceof Uint8Array ? clientDataHash : filling;
    }
    if (command === 0x0a || command === 0x41) return concatBytes(Uint8Array.of(number(1)), part(2));
    if (command === 0x0d) return concatBytes(filling, Uint8Array.of(0x0d, number(1)), part(2));
    if (command === 0x0c) return this.#provenFragment(request, filling);
    return concatBytes(Uint8Array.of(number(1), number(2)), part(3));
  }

  #provenFragment(request: CborMap, filling: Uint8Array): Uint8Array {
    const set = request.get(2);
    const offset = Buffer.alloc(4);
    offset.writeUInt32LE(Number(request.get(3) ?? 0) >>> 0);
    const content = this.#key.crypto.sha256(set instanceof Uint8Array ? set : new Uint8Array());
    return concatBytes(filling, Uint8Array.of(0x0c, 0x00), offset, content);
  }
}
