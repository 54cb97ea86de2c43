import { describe, expect, it } from 'vitest';
import { decodeCbor } from '../../src/cbor/decode.ts';
import { permission } from '../../src/ctap/permission.ts';
import { ctapStatus } from '../../src/ctap/status.ts';
import { createLocalKey } from '../support/local-key.ts';

const credentialManagementPreview = 0x41;
const bioEnrollmentPreview = 0x40;
const pin = '1234';

describe('prototype commands §6.12, which older platforms send', () => {
  it('41 is credentialManagement, under the same token', async () => {
    const client = await createLocalKey().connect();
    await client.clientPin.setPin(pin);
    const token = await client.clientPin.getPinUvAuthTokenUsingPin(pin, {
      permissions: permission.credentialManagement,
    });
    const getCredsMetadata = 0x01;
    const { response, status } = await client.send(
      credentialManagementPreview,
      new Map<number, number | Uint8Array>([
        [0x01, getCredsMetadata],
        [0x03, 2],
        [0x04, token.authenticate(Uint8Array.of(getCredsMetadata))],
      ]),
    );
    expect(status).toBe(ctapStatus.OK);
    expect(decodeCbor(response)).toEqual(
      new Map([
        [1, 0],
        [2, 25],
      ]),
    );
    expect((await client.getInfo()).options?.get('credentialMgmtPreview')).toBe(true);
  });

  it('40 is bioEnrollment where there is a sensor, and unknown elsewhere', async () => {
    const getModality = new Map([[0x06, true]]);
    const without = await createLocalKey().connect();
    expect((await without.send(bioEnrollmentPreview, getModality)).status).toBe(ctapStatus.INVALID_COMMAND);
    const withSensor = await createLocalKey({
      builtInUv: { modality: 'fingerprint', maxRetries: 5, attemptsPerOperation: 3 },
      bioEnrollment: { maxTemplates: 5, samplesRequired: 4, maxFriendlyName: 64, kind: 'touch' },
    }).connect();
    const { response } = await withSensor.send(bioEnrollmentPreview, getModality);
    expect(decodeCbor(response)).toEqual(new Map([[1, 1]]));
  });

  it('41 is unknown on a key without credential management', async () => {
    const client = await createLocalKey({
      versions: ['FIDO_2_0'],
      credentialManagement: false,
      perCredMgmtRo: false,
    }).connect();
    const { status } = await client.send(credentialManagementPreview, new Map([[0x01, 0x01]]));
    expect(status).toBe(ctapStatus.INVALID_COMMAND);
    expect((await client.getInfo()).options?.has('credentialMgmtPreview')).toBe(false);
  });
});
