import { describe, expect, it, onTestFinished } from 'vitest';
import { createKeyHost } from '../../../src/app/key-host.ts';
import { CtapClient } from '../../../src/client/ctap-client.ts';
import { openHidChannel } from '../../../src/client/hid-channel.ts';
import { systemClock, systemRandom } from '../../../src/app/system.ts';
import { FauxkeyControl, type ControlEvent } from '../../../src/control/client/control.ts';
import { SseParser } from '../../../src/control/client/sse-parser.ts';
import type { KeyHost } from '../../../src/control/handle.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { assertion, registration } from './support.ts';

const crypto = createNodeCrypto();

function inProcess(): { readonly control: FauxkeyControl; readonly host: KeyHost } {
  const host = createKeyHost({ crypto });
  const control = FauxkeyControl.inProcess(host);
  onTestFinished(async () => {
    control.close();
    await host.close();
  });
  return { control, host };
}

async function clientOf(host: KeyHost, id: string): Promise<CtapClient> {
  const pipe = host.require(id).connect();
  const channel = await openHidChannel({ pipe, clock: systemClock, random: systemRandom });
  return new CtapClient(channel, { crypto, random: systemRandom });
}

describe('the client', () => {
  it('makes, reads, moves and removes keys', async () => {
    const { control, host } = inProcess();
    const key = await control.create({ id: 'my key'.replace(' ', '-'), consent: { action: 'deny' } });
    expect(key.id).toBe('my-key');
    expect(await key.unplug()).toMatchObject({ plugged: false });
    expect(await key.plug()).toMatchObject({ plugged: true });
    expect(await key.powerCycle()).toMatchObject({ plugged: true });
    expect((await control.list()).map(({ id }) => id)).toEqual(['my-key']);
    expect(await key.info()).toHaveProperty('getInfo');
    expect(await key.attestation()).toHaveProperty('metadata');
    await key.remove();
    expect(host.list()).toEqual([]);
    await expect(key.read()).rejects.toMatchObject({
      name: 'ControlError',
      status: 404,
      code: 'no-such-key',
    });
  });

  it('takes and gives bytes as bytes', async () => {
    const { control, host } = inProcess();
    const key = await control.create({ id: 'k' });
    const { privateKey } = await crypto.generateKeyPair(-7);
    const added = await key.credentials.add({
      rpId: 'example.com',
      userHandle: Uint8Array.of(9),
      privateKey,
      largeBlob: Uint8Array.of(1, 2, 3),
    });
    expect(added.credentialId).toBeInstanceOf(Uint8Array);
    expect(added.largeBlob).toMatchObject({ originalSize: 3 });
    expect(added.privateKey).toBeUndefined();
    const { user } = await (await clientOf(host, 'k')).getAssertion(assertion);
    expect(user!.id).toEqual(Uint8Array.of(9));
    const open = await key.credentials.get(added.credentialId, { secrets: true });
    expect(open.privateKey).toEqual(privateKey);
    expect(open.signCount).toBe(1);
    const changed = await key.credentials.change(added.credentialId, {
      signCount: null,
      credBlob: Uint8Array.of(7),
    });
    expect(changed).toMatchObject({ signCount: null, credBlob: Uint8Array.of(7) });
    const copy = await key.snapshot();
    expect(await key.credentials.list({ rpId: 'other.example' })).toEqual([]);
    await key.credentials.remove(added.credentialId);
    expect(await key.credentials.clear()).toBe(0);
    expect(await key.restore(copy)).toMatchObject({ credentialCount: 1 });
    await key.reset();
    expect(await key.credentials.list()).toEqual([]);
  });

  it('says before it asks what cannot be sent', async () => {
    const { control } = inProcess();
    const key = await control.create();
    const wrong = { rpId: 'a', userHandle: 'AQ' } as never;
    await expect(key.credentials.add(wrong)).rejects.toMatchObject({ code: 'invalid' });
    await expect(key.pin.set('')).rejects.toMatchObject({ code: 'invalid' });
  });

  it('is the user', async () => {
    const { control, host } = inProcess();
    const key = await control.create({ id: 'k', profile: 'keypad', consent: { action: 'ask' } });
    await key.pin.set('24680');
    const client = await clientOf(host, 'k');
    const made = client.makeCredential({ ...registration, options: { rk: true, uv: true } });
    expect(await key.user.enterPin('24680')).toMatchObject({ kind: 'verification' });
    await made;
    await key.user.setHabit({ action: 'allow' });
    const policy = await key.user.addPolicy({ action: 'ask', purpose: 'select' });
    const selected = client.selection();
    expect(await key.user.touch({ purpose: 'select' })).toMatchObject({ kind: 'presence' });
    await selected;
    expect(await key.user.policies()).toMatchObject([{ id: policy.id, used: 1 }]);
    await key.user.removePolicy(policy);
    await client.selection();
    await key.user.addPolicy({ action: 'deny' });
    await key.user.clearPolicies();
    await client.selection();
    await key.user.setHabit({ action: 'ask' });
    const refused = client.selection().catch((error: unknown) => String(error));
    await key.user.deny();
    expect(await refused).toMatch(/OPERATION_DENIED/);
    await expect(key.user.waitFor({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'timeout' });
    expect(await key.user.questions()).toEqual([]);
  });

  it('looks after PIN, fingers, faults and trace', async () => {
    const { control, host } = inProcess();
    const key = await control.create({ id: 'k', profile: 'fingerprint' });
    await key.pin.set('24680');
    expect(await key.pin.change('24680', '13579')).toMatchObject({ set: true });
    expect(await key.pin.forceChange()).toMatchObject({ changeRequired: true });
    expect(await key.pin.block()).toMatchObject({ retriesLeft: 0 });
    await key.pin.remove();
    expect(await key.pin.state()).toMatchObject({ set: false });
    const finger = await key.fingerprints.add('thumb');
    expect(await key.fingerprints.rename(finger.id, 'left')).toEqual({ id: finger.id, name: 'left' });
    await key.fingerprints.remove(finger.id);
    expect(await key.fingerprints.list()).toEqual([]);
    expect((await control.faultCatalogue()).map(({ name }) => name)).toContain('ctap.status');
    const fault = await key.faults.add({
      fault: 'ctap.status',
      parameters: { status: 'OTHER' },
      scope: { next: 1 },
    });
    expect(await key.faults.list()).toEqual([fault]);
    await key.faults.remove(fault);
    await key.faults.add({ fault: 'ctap.status' });
    await key.faults.clear();
    await (await clientOf(host, 'k')).selection();
    expect((await key.trace.entries()).map(({ command }) => command)).toContain('selection');
    expect((await key.trace.pcapng()).length).toBeGreaterThan(100);
    await key.trace.clear();
    expect(await key.trace.entries()).toEqual([]);
  });

  it('hears what happens, from the moment it listens until it leaves', async () => {
    const { control, host } = inProcess();
    const events = await control.events();
    const key = await control.create({ id: 'k' });
    await (await clientOf(host, 'k')).makeCredential(registration);
    await key.remove();
    const heard: ControlEvent['type'][] = [];
    for await (const event of events) {
      if (event.type === 'lagged') continue;
      heard.push(event.type);
      if (event.type === 'credential-created')
        expect(event.credential.userHandle).toEqual(Uint8Array.of(1, 2, 3));
      if (event.type === 'key-removed') break;
    }
    expect(heard.slice(0, 2)).toEqual(['key-created', 'plugged']);
    expect(heard).toContain('credential-created');
    await expect(events.next()).rejects.toMatchObject({ code: 'closed' });
  });

  it('waits for one event and loses none', async () => {
    const { control } = inProcess();
    const events = await control.events({ types: ['unplugged', 'plugged'] });
    await expect(events.next(() => true, 1)).rejects.toMatchObject({ code: 'timeout' });
    const key = await control.create();
    await key.unplug();
    expect(await events.next(({ type }) => type === 'plugged')).toMatchObject({ type: 'plugged' });
    expect(await events.next()).toMatchObject({ type: 'unplugged' });
    const { place } = events;
    events.close();
    await key.plug();
    const later = await control.events({ key: key.id, after: place! });
    expect(await later.next()).toMatchObject({ type: 'plugged' });
    later.close();
  });

  it('says that there is no server', async () => {
    const control = FauxkeyControl.connect({ url: 'http://127.0.0.1:1', token: 'x' });
    await expect(control.list()).rejects.toMatchObject({ status: 0, code: 'unreachable' });
  });
});

describe('a parser of server-sent events', () => {
  const stream =
    'retry: 1000\nid: a-0\n: ready\n\nid: a-1\nevent: x\ndata: {"n":\ndata: 1}\n\n: silence\n\ndata: y\n\n';

  it('reads a stream wherever it is cut', () => {
    for (let size = 1; size <= stream.length; size++) {
      const parser = new SseParser();
      const pieces = stream.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      expect(pieces.flatMap((piece) => parser.push(piece))).toEqual([
        { event: 'x', data: '{"n":\n1}', id: 'a-1' },
        { event: 'message', data: 'y' },
      ]);
      expect(parser.lastId).toBe('a-1');
    }
  });
});
