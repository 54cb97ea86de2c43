import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeyHost } from '../../../../src/app/key-host.ts';
import { systemClock, systemRandom } from '../../../../src/app/system.ts';
import { CtapClient } from '../../../../src/client/ctap-client.ts';
import { openHidChannel } from '../../../../src/client/hid-channel.ts';
import type { ControlledKey, KeyHost } from '../../../../src/control/handle.ts';
import { createConformanceRig } from '../../../../src/control/rig/conformance-rig.ts';
import { createTouchRig } from '../../../../src/control/rig/touch-rig.ts';
import { createNodeCrypto } from '../../../../src/crypto/node/provider.ts';

let host: KeyHost;
let first: ControlledKey;
beforeEach(async () => {
  host = createKeyHost();
  first = await host.create();
});
afterEach(() => host.close());

/** A question of the key, by authenticatorSelection. */
async function select(key: ControlledKey): Promise<void> {
  const channel = await openHidChannel({ pipe: key.connect(), clock: systemClock, random: systemRandom });
  await new CtapClient(channel, { crypto: createNodeCrypto(), random: systemRandom }).selection();
}

const asked = (key: ControlledKey) => vi.waitFor(() => expect(key.user.questions()).toHaveLength(1));

describe('the rig that touches keys', () => {
  const get = async (path: string) => createTouchRigOnce().request(path);
  let rig: ReturnType<typeof createTouchRig> | undefined;
  const createTouchRigOnce = () => (rig ??= createTouchRig(host));
  beforeEach(() => (rig = undefined));

  it('answers at its root, with what it holds', async () => {
    const response = await get('/');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ports: [{ port: 1, key: first.id, power: true }] });
  });

  it('touches a key that waits, and leaves one alone that nobody touches', async () => {
    await get('/usb6/touch/off');
    const selected = select(first);
    await asked(first);
    expect((await get('/usb6/touch/on')).status).toBe(200);
    await selected;
    await get('/usb6/touch/off');
    const second = select(first);
    await asked(first);
    await get('/usb6/touch/on');
    await second;
  });

  it('allows what comes while the finger rests on the key', async () => {
    await get('/usb1/touch/on');
    await get('/usb1/touch/on');
    await select(first);
    expect(first.user.policies()).toHaveLength(1);
    await get('/usb1/touch/off');
    expect(first.user.policies()).toHaveLength(0);
  });

  it('tells keys apart by number', async () => {
    const second = await host.create();
    await get('/usb1/touch/off');
    await get('/usb2/touch/on');
    await select(second);
    const waiting = select(first);
    await asked(first);
    await get('/usb1/touch/on');
    await waiting;
    expect((await get('/usb3/touch/on')).status).toBe(404);
  });

  it('switches the power', async () => {
    await get('/usb1/power/off');
    await get('/usb1/power/off');
    expect(first.plugged).toBe(false);
    await get('/usb1/power/on');
    expect(first.plugged).toBe(true);
  });

  it.each(['/usb1/touch/maybe', '/usb/touch/on', '/usb1', '/usb1/power/on/again'])(
    'does not know %s',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  it('does nothing for a web page, or under a foreign name', async () => {
    const touched = (headers: Record<string, string>) =>
      createTouchRigOnce().request('/usb1/power/off', { headers });
    expect((await touched({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await touched({ host: 'evil.example' })).status).toBe(403);
    expect((await touched({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect(first.plugged).toBe(true);
  });
});

describe('the rig that the conformance tool calls', () => {
  const post = (rig: ReturnType<typeof createConformanceRig>, path: string, body?: string) =>
    rig.request(path, { method: 'POST', ...(body !== undefined && { body }) });

  it('touches the key that asks, whether it asks before or after', async () => {
    const rig = createConformanceRig({ host });
    const early = post(rig, '/conformance/userpresence');
    await vi.waitFor(() => expect(first.user.habit.action).toBe('ask'));
    await select(first);
    expect((await early).status).toBe(201);
    const selected = select(first);
    await asked(first);
    expect((await post(rig, '/conformance/userpresence')).status).toBe(201);
    await selected;
  });

  it('says so when no key asks, or when there is none', async () => {
    const rig = createConformanceRig({ host, patienceMs: 1 });
    expect((await post(rig, '/conformance/userpresence')).status).toBe(504);
    await host.close();
    expect((await post(rig, '/conformance/userpresence')).status).toBe(404);
  });

  it('power-cycles, and is done when the key is back', async () => {
    const rig = createConformanceRig({ host });
    const seen: string[] = [];
    host.subscribe(({ type }) => seen.push(type));
    expect((await post(rig, '/conformance/powercycle')).status).toBe(201);
    expect(seen).toContain('power-cycle');
    await first.unplug();
    await post(rig, '/conformance/powercycle');
    expect(first.plugged).toBe(true);
  });

  it('keeps the results and tells them', async () => {
    const told: unknown[] = [];
    const rig = createConformanceRig({ host, onResults: (results) => told.push(results) });
    expect((await rig.request('/conformance/results')).status).toBe(404);
    const results = { allTestsSelected: true, passedTestsCount: 3, failedTestsCount: 0, failedTests: [] };
    expect((await post(rig, '/conformance/results', JSON.stringify(results))).status).toBe(201);
    expect(told).toEqual([results]);
    expect(await (await rig.request('/conformance/results')).json()).toEqual(results);
    expect((await post(rig, '/conformance/results', '[1')).status).toBe(400);
    expect((await post(rig, '/conformance/results', '7')).status).toBe(400);
    expect(told).toHaveLength(1);
  });
});
