import { beforeEach, describe, expect, it } from 'vitest';
import type { MakeCredentialParameters } from '../../src/client/ctap-client.ts';
import { everyCapability } from '../support/capabilities.ts';
import { enrolFinger, openFingerprintKey } from '../support/fingerprints.ts';
import {
  allow,
  assertion,
  bit,
  fingerprintUv,
  openKey,
  pin,
  registration,
  site,
  tokenByPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
beforeEach(async () => {
  opened = await openKey(everyCapability);
});

const make = (request: MakeCredentialParameters) => opened.client.makeCredential(request);

describe('uvm', () => {
  const asked = { extensions: { uvm: true } };
  const method = (value: number) => new Map([['uvm', [[value, 1, 1]]]]);

  it('is presence, or nothing at all, without verification', async () => {
    const made = await make(registration(asked));
    expect(made.parsed.extensions).toEqual(method(0x001));
    const touched = await opened.client.getAssertion(assertion({ ...allow(made), ...asked }));
    expect(touched.parsed.extensions).toEqual(method(0x001));
    const silent = assertion({ ...allow(made), ...asked, options: { up: false } });
    expect((await opened.client.getAssertion(silent)).parsed.extensions).toEqual(method(0x200));
  });

  it('is an external passcode for the client PIN', async () => {
    await opened.client.clientPin.setPin(pin);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.mc);
    const made = await make(registration({ ...asked, pinUvAuthToken }));
    expect(made.parsed.extensions).toEqual(method(0x800));
    const legacy = await opened.client.clientPin.getPinToken(pin);
    const used = assertion({ ...allow(made), ...asked, pinUvAuthToken: legacy });
    expect((await opened.client.getAssertion(used)).parsed.extensions).toEqual(method(0x800));
  });

  it.each([
    ['fingerprint', 0x002],
    ['pin', 0x004],
  ] as const)('is the %s of the key, with and without a token', async (modality, value) => {
    opened = await openKey({ ...everyCapability, builtInUv: { ...fingerprintUv, modality } });
    const made = await make(registration({ ...asked, options: { uv: true } }));
    expect(made.parsed.extensions).toEqual(method(value));
    const pinUvAuthToken = await opened.client.clientPin.getPinUvAuthTokenUsingUv({
      permissions: bit.ga,
      rpId: site,
    });
    const used = assertion({ ...allow(made), ...asked, pinUvAuthToken });
    expect((await opened.client.getAssertion(used)).parsed.extensions).toEqual(method(value));
  });

  it('tells a PIN and a finger on one key apart', async () => {
    const { token, ...fingers } = await openFingerprintKey(everyCapability);
    opened = fingers;
    await enrolFinger(opened.client, token);
    const byPin = await tokenByPin(opened.client, bit.mc);
    const made = await make(registration({ ...asked, pinUvAuthToken: byPin }));
    expect(made.parsed.extensions).toEqual(method(0x800));
    const finger = await make(registration({ ...asked, options: { uv: true } }));
    expect(finger.parsed.extensions).toEqual(method(0x002));
  });
});
