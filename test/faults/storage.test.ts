import { describe, expect, it } from 'vitest';
import { allow, assertion, outcome, pin, provider, registration, snapshot } from '../support/protocol.ts';
import { createRig } from './rig.ts';

describe.each([
  ['storage.full', {}, 'KEY_STORE_FULL'],
  ['storage.failing', {}, 'OTHER'],
  ['storage.failing', { access: 'read' }, 'OTHER'],
  ['storage.failing', { access: 'both' }, 'OTHER'],
] as const)('%s %o', (fault, parameters, status) => {
  it('ends ceremonies and settings with its status, and writes nothing', async () => {
    const rig = createRig();
    const client = await rig.client();
    const made = await client.makeCredential(registration());
    const before = snapshot(rig.key.keystore);
    const id = rig.add(fault, parameters, {});
    expect(await outcome(client.makeCredential(registration()))).toBe(status);
    expect(await outcome(client.getAssertion(assertion(allow(made))))).toBe(status);
    expect(await outcome(client.clientPin.setPin(pin))).toBe(status);
    expect(snapshot(rig.key.keystore)).toBe(before);
    rig.faults.remove(id);
    expect(await outcome(client.clientPin.setPin(pin))).toBe('OK');
    expect((await client.getAssertion(assertion(allow(made)))).parsed.signCount).toBe(1);
  });

  it('ends U2F with 6F00', async () => {
    const rig = createRig();
    const u2f = await rig.u2f();
    const site = provider.sha256(new TextEncoder().encode('example.com'));
    // A first registration makes the certificate, which takes a write of its own.
    await u2f.register(new Uint8Array(32), site);
    rig.add(fault, parameters);
    await expect(u2f.register(new Uint8Array(32), site)).rejects.toMatchObject({ statusWord: 0x6f00 });
    await u2f.register(new Uint8Array(32), site);
    expect([...rig.key.keystore.all()]).toHaveLength(2);
  });
});

it('does not keep a wrong PIN from being counted', async () => {
  const rig = createRig();
  const client = await rig.client();
  await client.clientPin.setPin(pin);
  rig.add('storage.failing', { access: 'write' }, { command: 'clientPin', next: 1 });
  const permissions = { permissions: 1, rpId: 'example.com' };
  expect(await outcome(client.clientPin.getPinUvAuthTokenUsingPin('9999', permissions))).toBe('OTHER');
  expect(rig.key.keystore.state().pinRetries).toBe(8);
  expect(await outcome(client.clientPin.getPinUvAuthTokenUsingPin('9999', permissions))).toBe('PIN_INVALID');
  expect(rig.key.keystore.state().pinRetries).toBe(7);
});
