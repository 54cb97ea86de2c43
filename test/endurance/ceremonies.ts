import { createKey } from '../../src/app/create-key.ts';
import type { CreateKeyOptions, Key } from '../../src/app/create-key.ts';
import { systemClock, systemRandom } from '../../src/app/system.ts';
import { CtapClient, publicKeyDescriptors, publicKeyParameters } from '../../src/client/ctap-client.ts';
import { openHidChannel } from '../../src/client/hid-channel.ts';
import { connectStreamPipe } from '../../src/client/pipes/stream.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import type { HidPipe } from '../../src/ports/hid-pipe.ts';

const crypto = createNodeCrypto();
const clientDataHash = new Uint8Array(32).fill(5);
/** Accounts take turns, so that the store stays as large as it is. */
const accounts = 20;
const signInsForEach = 4;

/** One key that is used for as long as somebody wants: registrations, sign-ins, PIN ceremonies, hosts that come and go. */
export class LongLife {
  readonly key: Key;
  readonly #dial: () => Promise<HidPipe>;
  #client: CtapClient | undefined;
  #turn = 0;

  constructor(options: CreateKeyOptions, dial?: () => Promise<HidPipe>) {
    this.key = createKey(options);
    this.#dial = dial ?? (() => Promise.resolve(this.key.connect()));
  }

  /** Registers an account, one that was there before is replaced, and signs it in. Resolves to how many ceremonies. */
  async round(): Promise<number> {
    const client = await this.client();
    this.#turn += 1;
    const rpId = `site-${String(this.#turn % 4)}.example`;
    const { parsed } = await client.makeCredential({
      clientDataHash,
      rp: { id: rpId },
      user: { id: Uint8Array.of(this.#turn % accounts) },
      pubKeyCredParams: publicKeyParameters(-7),
      options: { rk: true },
    });
    const allowList = publicKeyDescriptors(parsed.attested?.credentialId ?? new Uint8Array());
    for (let signIn = 0; signIn < signInsForEach; signIn += 1)
      await client.getAssertion({ rpId, clientDataHash, ...(signIn % 2 === 0 && { allowList }) });
    if (this.#turn % 10 === 0) await client.clientPin.agree();
    return 1 + signInsForEach;
  }

  /** The key leaves all its hosts and comes back; a host opens it again and goes. */
  async plugCycle(): Promise<void> {
    await this.key.powerCycle();
    await this.hangUp();
    await (await this.client()).getInfo();
  }

  async client(): Promise<CtapClient> {
    if (this.#client) return this.#client;
    const channel = await openHidChannel({
      pipe: await this.#dial(),
      random: systemRandom,
      clock: systemClock,
    });
    this.#client = new CtapClient(channel, { crypto, random: systemRandom });
    return this.#client;
  }

  async hangUp(): Promise<void> {
    await this.#client?.close();
    this.#client = undefined;
  }

  async close(): Promise<void> {
    await this.hangUp();
    await this.key.close();
  }
}

/** Dials a key on the stream transport, at `tcp:HOST:PORT`. */
export function dialTcp(address: string): Promise<HidPipe> {
  const [, host = '', port = ''] = /^tcp:(.*):(\d+)$/.exec(address) ?? [];
  return connectStreamPipe({ host, port: Number(port) });
}
