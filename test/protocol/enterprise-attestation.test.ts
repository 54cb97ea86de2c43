import { describe, expect, it } from 'vitest';
import { readCertificate } from '../../src/attestation/read-certificate.ts';
import type { ProfileSettings } from '../../src/app/profile-settings.ts';
import type { CtapClient } from '../../src/client/ctap-client.ts';
import type { Registration } from '../../src/client/responses.ts';
import { openRealKey, type RealKey } from '../support/real-key.ts';
import { bit, outcome, pin, registration, tokenByPin } from '../support/protocol.ts';

const capable: ProfileSettings = { enterpriseAttestation: { rpIds: ['listed.example'] } };
const vendorFacilitated = 1;
const platformManaged = 2;

async function enabled(profile: ProfileSettings = capable): Promise<RealKey> {
  const opened = await openRealKey({ profile });
  await opened.client.config.enableEnterpriseAttestation();
  return opened;
}

const make = (client: CtapClient, enterpriseAttestation: number, rpId: string, more: object = {}) =>
  client.makeCredential(registration({ enterpriseAttestation, rp: { id: rpId }, ...more }));

function leafOf({ attStmt }: Registration): ReturnType<typeof readCertificate> | undefined {
  const [leaf] = (attStmt.get('x5c') ?? []) as readonly Uint8Array[];
  return leaf && readCertificate(leaf);
}

describe('enterprise attestation §7.1', () => {
  it('asks for the capability, then for the value', async () => {
    const without = await openRealKey({ profile: 'ctap2.0' });
    const disabled = await openRealKey({ profile: capable });
    for (const { client } of [without, disabled]) {
      for (const value of [0, vendorFacilitated, platformManaged, 3]) {
        expect(await outcome(make(client, value, 'listed.example'))).toBe('INVALID_PARAMETER');
      }
    }
    const { client } = await enabled();
    for (const value of [0, 3, 2 ** 40]) {
      expect(await outcome(make(client, value, 'listed.example'))).toBe('INVALID_OPTION');
    }
  });

  it('is given to the sites of the vendor, and by the platform to any', async () => {
    const { client } = await enabled();
    const rows = [
      [vendorFacilitated, 'listed.example', true],
      [vendorFacilitated, 'other.example', false],
      [vendorFacilitated, 'sub.listed.example', false],
      [platformManaged, 'listed.example', true],
      [platformManaged, 'other.example', true],
    ] as const;
    for (const [value, rpId, granted] of rows) {
      const made = await make(client, value, rpId);
      expect([made.fmt, made.epAtt, leafOf(made) !== undefined], `${value} ${rpId}`).toEqual(
        granted ? ['packed', true, true] : ['packed', undefined, false],
      );
    }
  });

  it('goes before any preference of formats', async () => {
    const { client } = await enabled();
    const attestationFormatsPreference = ['none', 'fido-u2f'];
    const made = await make(client, platformManaged, 'a.example', { attestationFormatsPreference });
    expect([made.fmt, made.epAtt]).toEqual(['packed', true]);
  });

  it('is by one certificate of its own, with a serial number that outlives a reset', async () => {
    const opened = await enabled({ ...capable, attestation: 'packed' });
    const first = leafOf(await make(opened.client, platformManaged, 'a.example'))!;
    const ordinary = leafOf(await opened.client.makeCredential(registration()))!;
    expect(first.deviceSerial).toHaveLength(8);
    expect(ordinary.deviceSerial).toBeUndefined();
    const client = await opened.reopen();
    await client.reset();
    expect(await outcome(make(client, platformManaged, 'a.example'))).toBe('INVALID_PARAMETER');
    await client.config.enableEnterpriseAttestation();
    expect(leafOf(await make(client, platformManaged, 'a.example'))?.deviceSerial).toEqual(
      first.deviceSerial,
    );
  });

  it('stays on over power cycles, and is enabled with acfg once a PIN is set', async () => {
    const opened = await openRealKey({ profile: capable });
    await opened.client.clientPin.setPin(pin);
    expect(await outcome(opened.client.config.enableEnterpriseAttestation())).toBe('PUAT_REQUIRED');
    const token = await tokenByPin(opened.client, bit.acfg);
    await opened.client.config.enableEnterpriseAttestation(token);
    const client = await opened.reopen();
    expect((await client.getInfo()).options?.get('ep')).toBe(true);
  });
});
