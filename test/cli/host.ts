import { onTestFinished } from 'vitest';
import { systemClock, systemRandom } from '../../src/app/system.ts';
import { CtapClient, publicKeyParameters } from '../../src/client/ctap-client.ts';
import { openHidChannel } from '../../src/client/hid-channel.ts';
import { connectStreamPipe } from '../../src/client/pipes/stream.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';

/** A program that talks to the key at an address like `tcp:127.0.0.1:40123`. */
export async function connect(address: string): Promise<CtapClient> {
  const [, host = '', port = ''] = /^tcp:(.*):(\d+)$/.exec(address) ?? [];
  const pipe = await connectStreamPipe({ host, port: Number(port) });
  const channel = await openHidChannel({ pipe, random: systemRandom, clock: systemClock });
  onTestFinished(() => channel.close());
  return new CtapClient(channel, { crypto: createNodeCrypto(), random: systemRandom });
}

/** Registers a passkey of `name` at `rpId`. */
export async function register(client: CtapClient, rpId: string, name: string, options = { rk: true }) {
  return client.makeCredential({
    clientDataHash: systemRandom.bytes(32),
    rp: { id: rpId, name: `The ${rpId}` },
    user: { id: systemRandom.bytes(8), name, displayName: name.toUpperCase() },
    pubKeyCredParams: publicKeyParameters(-7),
    options,
  });
}
