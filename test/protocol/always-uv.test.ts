import { beforeEach, describe, expect, it } from 'vitest';
import { everyCapability } from '../support/capabilities.ts';
import {
  assertion,
  bit,
  openKey,
  outcome,
  pin,
  registration,
  tokenByPin,
  withoutPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
beforeEach(async () => {
  opened = await openKey(everyCapability);
});

const config = () => opened.client.config;
const acfg = () => tokenByPin(opened.client, bit.acfg);

describe('alwaysUv §6.1.2 step 6, §6.2.2 step 5, §7.2', () => {
  const make = () => outcome(opened.client.makeCredential(registration()));
  const use = (up = true) => outcome(opened.client.getAssertion(assertion({ options: { up } })));

  it('wants a PIN to be set first, or denies where none can be', async () => {
    await config().toggleAlwaysUv();
    expect([await make(), await use()]).toEqual(['PUAT_REQUIRED', 'PUAT_REQUIRED']);
    opened = await openKey({ ...withoutPin, alwaysUv: true, makeCredUvNotRqd: false });
    expect([await make(), await use()]).toEqual(['OPERATION_DENIED', 'OPERATION_DENIED']);
    expect(opened.key.user.questions).toEqual([]);
  });

  it('wants a token for what went without one before', async () => {
    await opened.client.clientPin.setPin(pin);
    expect([await make(), await use()]).toEqual(['OK', 'NO_CREDENTIALS']);
    await config().toggleAlwaysUv(await acfg());
    expect([await make(), await use()]).toEqual(['PUAT_REQUIRED', 'PUAT_REQUIRED']);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.mc);
    const made = await opened.client.makeCredential(registration({ pinUvAuthToken }));
    expect(made.parsed.userVerified).toBe(true);
  });

  it('lets silent assertions through', async () => {
    await config().toggleAlwaysUv();
    expect(await use(false)).toBe('NO_CREDENTIALS');
  });

  it('switches U2F off on hosts that are connected already', async () => {
    const u2f = await opened.key.connectU2f();
    expect(await u2f.version()).toBe('U2F_V2');
    await config().toggleAlwaysUv();
    const refused = u2f.register(new Uint8Array(32), new Uint8Array(32));
    await expect(refused).rejects.toThrow('invalidCommand');
    expect(opened.key.user.questions).toEqual([]);
    await config().toggleAlwaysUv();
    expect(await u2f.version()).toBe('U2F_V2');
  });
});
