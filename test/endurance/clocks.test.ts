import { beforeEach, describe, expect, it } from 'vitest';

import { createKey } from '../../src/app/create-key.ts';
import type { Key } from '../../src/app/create-key.ts';
import { systemRandom } from '../../src/app/system.ts';
import { CtapClient, publicKeyParameters } from '../../src/client/ctap-client.ts';
import { openHidChannel } from '../../src/client/hid-channel.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { hidCommand } from '../../src/ctaphid/command.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { createFakeClock, settle } from '../support/fake-clock.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import { outcome } from '../support/protocol.ts';

const [second, hour] = [1000, 3_600_000];
const request = { rpId: 'example.com', clientDataHash: new Uint8Array(32) };
const registration = {
  clientDataHash: new Uint8Array(32),
  rp: { id: 'example.com' },
  pubKeyCredParams: publicKeyParameters(-7),
};

let clock: FakeClock;
let asleep: number;
let key: Key;
let client: CtapClient;

/** The machine sleeps: time goes on, timers do not. */
function sleep(ms: number): void {
  asleep += ms;
  clock.setWall(clock.wall() + ms);
}

function connect(): Promise<CtapClient> {
  const pipe = key.connect();
  return openHidChannel({ pipe, random: systemRandom, clock }).then(
    (channel) => new CtapClient(channel, { crypto: createNodeCrypto(), random: systemRandom }),
  );
}

beforeEach(async () => {
  asleep = 0;
  clock = createFakeClock();
  const machine: Clock = { ...clock, monotonic: () => clock.monotonic() + asleep };
  key = createKey({ clock: machine });
  client = await connect();
});

async function token(): Promise<Awaited<ReturnType<CtapClient['clientPin']['getPinToken']>>> {
  await client.clientPin.setPin('1234');
  const made = await client.clientPin.getPinUvAuthTokenUsingPin('1234', { permissions: 4 });
  await client.credentialManagement.getCredsMetadata(made);
  return made;
}

describe('a machine that sleeps', () => {
  it('wakes up with tokens that are over', async () => {
    const made = await token();
    sleep(599 * second);
    expect(await outcome(client.credentialManagement.getCredsMetadata(made))).toBe('OK');
    sleep(2 * second);
    expect(await outcome(client.credentialManagement.getCredsMetadata(made))).toBe('PIN_AUTH_INVALID');
  });

  it('wakes up with the window for a reset closed', async () => {
    sleep(11 * second);
    expect(await outcome(client.reset())).toBe('NOT_ALLOWED');
    await key.powerCycle();
    client = await connect();
    expect(await outcome(client.reset())).toBe('OK');
  });

  it('wakes up with lists of accounts that nobody goes on with', async () => {
    for (const id of [1, 2, 3])
      await client.makeCredential({
        ...registration,
        user: { id: Uint8Array.of(id) },
        options: { rk: true },
      });
    await client.getAssertion(request);
    expect(await outcome(client.getNextAssertion())).toBe('OK');
    sleep(31 * second);
    expect(await outcome(client.getNextAssertion())).toBe('NOT_ALLOWED');
  });

  it('wakes up with the lock of a channel gone', async () => {
    const other = await connect();
    await client.channel.transact(hidCommand.lock, Uint8Array.of(10));
    sleep(11 * second);
    await expect(other.channel.transact(hidCommand.ping, Uint8Array.of(1))).resolves.toEqual(
      Uint8Array.of(1),
    );
  });
});

describe('a clock that somebody sets', () => {
  it.each([hour, -hour])('by %i ms makes no token live longer or shorter', async (jump) => {
    const made = await token();
    clock.setWall(clock.wall() + jump);
    expect(await outcome(client.credentialManagement.getCredsMetadata(made))).toBe('OK');
    await clock.advanceAsync(601 * second);
    clock.setWall(clock.wall() - jump);
    expect(await outcome(client.credentialManagement.getCredsMetadata(made))).toBe('PIN_AUTH_INVALID');
  });

  it('back lets credentials keep their order, and the newest comes first', async () => {
    for (const id of [1, 2]) {
      await client.makeCredential({
        ...registration,
        user: { id: Uint8Array.of(id) },
        options: { rk: true },
      });
      clock.setWall(clock.wall() - hour);
    }
    expect((await client.getAssertion(request)).user?.id).toEqual(Uint8Array.of(2));
  });
});

describe('a question', () => {
  it.each([0, hour, -hour])('has its time and ends, with a clock that jumps by %i ms', async (jump) => {
    key = createKey({ clock, consent: () => new Promise(() => undefined) });
    client = await connect();
    const asked = outcome(client.makeCredential({ ...registration, user: { id: Uint8Array.of(1) } }));
    let ended: string | undefined;
    void asked.then((status) => (ended = status));
    await clock.advanceAsync(15 * second);
    clock.setWall(clock.wall() + jump);
    await clock.advanceAsync(14 * second);
    expect(ended).toBeUndefined();
    await clock.advanceAsync(2 * second);
    await settle();
    expect(ended).toBe('USER_ACTION_TIMEOUT');
    expect(clock.pending).toBe(0);
  });
});
