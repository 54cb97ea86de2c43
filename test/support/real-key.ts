import { onTestFinished } from 'vitest';
import { createKey, type CreateKeyOptions, type Key } from '../../src/app/create-key.ts';
import { systemClock, systemRandom } from '../../src/app/system.ts';
import { CtapClient } from '../../src/client/ctap-client.ts';
import { openHidChannel } from '../../src/client/hid-channel.ts';
import { U2fClient } from '../../src/client/u2f-client.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';

export interface RealKey {
  readonly key: Key;
  readonly client: CtapClient;
  connectU2f(): Promise<U2fClient>;
  /** Like a replug; a new client has to be opened after it. */
  reopen(): Promise<CtapClient>;
}

const crypto = createNodeCrypto();

/** A key as users have it, with its own attester, and a host. It is closed when the test is over. */
export async function openRealKey(options: CreateKeyOptions = {}): Promise<RealKey> {
  const key = createKey({ crypto, ...options });
  onTestFinished(() => key.close());
  const [clock, random] = [systemClock, systemRandom];
  const channel = () => openHidChannel({ pipe: key.connect(), clock, random });
  const connect = async () => new CtapClient(await channel(), { crypto, random });
  return {
    key,
    client: await connect(),
    connectU2f: async () => new U2fClient(await channel()),
    reopen: async () => {
      await key.powerCycle();
      return connect();
    },
  };
}
