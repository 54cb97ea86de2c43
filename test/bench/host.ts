import { randomBytes } from 'node:crypto';

import type { CreateKeyOptions, Key } from '../../src/app/create-key.ts';
import { createKey } from '../../src/app/create-key.ts';
import { systemClock, systemRandom } from '../../src/app/system.ts';
import type { CborMap } from '../../src/cbor/value.ts';
import { encodeCbor } from '../../src/cbor/encode.ts';
import {
  CtapClient,
  encodeGetAssertion,
  encodeMakeCredential,
  publicKeyDescriptors,
  publicKeyParameters,
} from '../../src/client/ctap-client.ts';
import type { MakeCredentialParameters } from '../../src/client/ctap-client.ts';
import { openHidChannel } from '../../src/client/hid-channel.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { ctapCommand } from '../../src/ctap/command.ts';
import { hidCommand } from '../../src/ctaphid/command.ts';
import { continuationPayloadSize, fragmentMessage, initPayloadSize } from '../../src/ctaphid/packet.ts';
import type { HidPipe } from '../../src/ports/hid-pipe.ts';

const clientDataHash = new Uint8Array(32).fill(7);

/** A host that has its requests ready as reports, so that only the key's work is measured. */
export interface Host {
  readonly key: Key;
  readonly client: CtapClient;
  /** Makes a credential with the client; resolves to its id. */
  register(changes?: Partial<MakeCredentialParameters>): Promise<Uint8Array>;
  /** Reports in, reports out: returns a function that sends the request and resolves to the CTAP status. */
  makeCredential(changes?: Partial<MakeCredentialParameters>): () => Promise<number>;
  getAssertion(rpId: string, id: Uint8Array): () => Promise<number>;
}

export const user = { name: 'alice@mail.example', displayName: 'Alice' };

/** A key of the given kind with a host in this process, over the loopback. */
export async function openHost(options: CreateKeyOptions = {}): Promise<Host> {
  const key = createKey(options);
  const pipe = key.connect();
  const channel = await openHidChannel({ pipe, clock: systemClock, random: systemRandom });
  const client = new CtapClient(channel, { crypto: createNodeCrypto(), random: systemRandom });
  const creation = (changes: Partial<MakeCredentialParameters> = {}): MakeCredentialParameters => ({
    clientDataHash,
    rp: { id: 'example.com', name: 'Example' },
    user: { ...user, id: randomBytes(16) },
    pubKeyCredParams: publicKeyParameters(-7),
    ...changes,
  });
  const request = (command: number, parameters: CborMap): (() => Promise<number>) => {
    const message = new Uint8Array([command, ...encodeCbor(parameters)]);
    return exchange(pipe, fragmentMessage(channel.id, hidCommand.cbor, message));
  };
  return {
    key,
    client,
    async register(changes) {
      const { parsed } = await client.makeCredential(creation(changes));
      const { attested } = parsed;
      if (!attested) throw new Error('a registration without a credential');
      return attested.credentialId;
    },
    makeCredential: (changes) => request(ctapCommand.makeCredential, encodeMakeCredential(creation(changes))),
    getAssertion: (rpId, id) =>
      request(
        ctapCommand.getAssertion,
        encodeGetAssertion({ rpId, clientDataHash, allowList: publicKeyDescriptors(id) }),
      ),
  };
}

function exchange(pipe: HidPipe, reports: readonly Uint8Array[]): () => Promise<number> {
  return async () => {
    for (const report of reports) void pipe.write(report);
    for (;;) {
      const first = await pipe.read();
      if (first === undefined) throw new Error('the key hung up');
      const command = (first[4] ?? 0) & 0x7f;
      if (command === hidCommand.keepalive) continue;
      if (command !== hidCommand.cbor) throw new Error(`the key answered with ${String(command)}`);
      const length = ((first[5] ?? 0) << 8) | (first[6] ?? 0);
      for (let rest = length - initPayloadSize; rest > 0; rest -= continuationPayloadSize) await pipe.read();
      return first[7] ?? -1;
    }
  };
}

/** Runs a request once and throws unless it succeeds: no bench shall measure refusals. */
export async function requireSuccess(run: () => Promise<number>): Promise<void> {
  const status = await run();
  if (status !== 0) throw new Error(`the key refused with status ${String(status)}`);
}
