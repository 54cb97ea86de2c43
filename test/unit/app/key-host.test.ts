import { afterEach, describe, expect, it } from 'vitest';
import { createKeyHost } from '../../../src/app/key-host.ts';
import { CtapClient } from '../../../src/client/ctap-client.ts';
import { openHidChannel } from '../../../src/client/hid-channel.ts';
import type { ControlledKey, HostEvent, KeyHost } from '../../../src/control/handle.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { systemClock, systemRandom } from '../../../src/app/system.ts';

const crypto = createNodeCrypto();
const hosts: KeyHost[] = [];

function newHost(): { readonly host: KeyHost; readonly events: HostEvent[] } {
  const host = createKeyHost({ crypto });
  const events: HostEvent[] = [];
  host.subscribe((event) => events.push(event));
  hosts.push(host);
  return { host, events };
}

async function clientOf(key: ControlledKey): Promise<CtapClient> {
  const channel = await openHidChannel({ pipe: key.connect(), clock: systemClock, random: systemRandom });
  return new CtapClient(channel, { crypto, random: systemRandom });
}

const account = { id: Uint8Array.of(1, 2, 3), name: 'ada' };

async function register(key: ControlledKey, rpId = 'example.com'): Promise<Uint8Array> {
  const client = await clientOf(key);
  const { authData } = await client.makeCredential({
    clientDataHash: new Uint8Array(32),
    rp: { id: rpId },
    user: account,
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
    options: { rk: true },
  });
  const length = (authData[53] ?? 0) * 256 + (authData[54] ?? 0);
  return authData.slice(55, 55 + length);
}

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

describe('a host of many keys', () => {
  it('gives every key an id, a name and a serial of its own', async () => {
    const { host } = newHost();
    const [first, second] = [await host.create(), await host.create()];
    const named = await host.create({ id: 'mine', name: 'My key', usb: { serial: 'S-7' } });
    expect(host.list().map(({ id }) => id)).toEqual(['key-1', 'key-2', 'mine']);
    expect([first, second, named].map((key) => key.describe().usb.serial)).toEqual(['key-1', 'key-2', 'S-7']);
    expect(named.describe().name).toBe('My key');
    await expect(host.create({ id: 'mine' })).rejects.toMatchObject({ problem: 'conflict' });
    for (const id of ['', '../x', '.x', 'a/b', 'a b', 'x'.repeat(65)])
      await expect(host.create({ id })).rejects.toMatchObject({ problem: 'usage' });
    expect(host.list()).toHaveLength(3);
  });

  it('tells in order what happens to a key and to its credentials', async () => {
    const { host, events } = newHost();
    const key = await host.create({ id: 'k' });
    const id = await register(key);
    const client = await clientOf(key);
    await client.getAssertion({ rpId: 'example.com', clientDataHash: new Uint8Array(32) });
    await key.credentials.change(id, { signCount: 7 });
    await key.credentials.remove(id);
    await host.remove('k');
    const told = events.map(({ type }) => type);
    expect(told.slice(0, 2)).toEqual(['key-created', 'plugged']);
    expect(told.slice(-2)).toEqual(['unplugged', 'key-removed']);
    const notes = events.filter((event) => 'credential' in event);
    expect(notes.map(({ type, by, credential }) => [type, by, credential.signCount])).toEqual([
      ['credential-created', 'host', 0],
      ['credential-used', 'host', 1],
      ['credential-changed', 'control', 7],
      ['credential-deleted', 'control', 7],
    ]);
    expect(events.map((event) => event.id)).toEqual(events.map((_, index) => index + 1));
  });

  it('pulls a key out of the hands of its hosts, and puts it back without what it had in mind', async () => {
    const { host, events } = newHost();
    const key = await host.create();
    const pipe = key.connect();
    await key.unplug();
    expect(await pipe.read()).toBeUndefined();
    await expect(pipe.write(new Uint8Array(64))).rejects.toThrow();
    expect(() => key.connect()).toThrow(expect.objectContaining({ problem: 'unplugged' }));
    await expect(key.powerCycle()).rejects.toMatchObject({ problem: 'unplugged' });
    await key.plug();
    await key.plug();
    await register(key);
    expect(events.filter(({ type }) => type === 'plugged')).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'power-cycle')).toHaveLength(0);
    await key.powerCycle();
    expect(events.filter(({ type }) => type === 'power-cycle')).toHaveLength(1);
  });

  it('counts credentials, and counts them anew only when there may be others', async () => {
    const { host } = newHost();
    const key = await host.create();
    expect(key.describe().credentialCount).toBe(0);
    const first = await register(key);
    expect(key.describe().credentialCount).toBe(1);
    await register(key, 'other.example');
    await key.credentials.add({ rpId: 'third.example', discoverable: false });
    expect(key.describe().credentialCount).toBe(3);
    await key.credentials.remove(first);
    expect(key.describe().credentialCount).toBe(2);
    const copy = key.snapshot();
    await key.reset();
    expect(key.describe().credentialCount).toBe(0);
    await key.restore(copy);
    expect(key.describe().credentialCount).toBe(2);
  });

  it('comes back on the port that it had', async () => {
    const { host } = newHost();
    const key = await host.create({ transports: ['tcp:127.0.0.1:0'] });
    const { addresses } = key.describe();
    await key.unplug();
    expect(key.describe().addresses).toEqual([]);
    await key.plug();
    expect(key.describe().addresses).toEqual(addresses);
  });

  it('leaves nothing behind when a transport cannot be opened', async () => {
    const { host, events } = newHost();
    const first = await host.create({ transports: ['tcp:127.0.0.1:0'] });
    const [taken = ''] = first.describe().addresses;
    await expect(host.create({ id: 'x', transports: [taken] })).rejects.toMatchObject({ problem: 'in-use' });
    await expect(host.create({ id: 'x', profile: '/etc/passwd' })).rejects.toMatchObject({
      problem: 'usage',
    });
    expect(host.get('x')).toBeUndefined();
    expect(events.filter(({ key }) => key === 'x')).toEqual([]);
    expect((await host.create({ id: 'x' })).id).toBe('x');
  });
});
