import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeCbor } from '../../../src/cbor/decode.ts';
import { encodeCbor } from '../../../src/cbor/encode.ts';
import { cborMap } from '../../../src/cbor/map.ts';
import type { CborMap, CborValue } from '../../../src/cbor/value.ts';
import { BioEnrollmentClient } from '../../../src/client/bio-enrollment-client.ts';
import type { CommandSender } from '../../../src/client/command-sender.ts';
import { ConfigClient } from '../../../src/client/config-client.ts';
import { CredentialManagementClient } from '../../../src/client/credential-management-client.ts';
import { createPinUvAuthToken } from '../../../src/client/pin-protocol.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { toHex } from '../../../src/ctap/bytes.ts';

const tokenBytes = new Uint8Array(32).fill(7);
const token = createPinUvAuthToken(createNodeCrypto(), 2, tokenBytes);

/** The MAC over a message written out in hexadecimal, by OpenSSL. */
function mac(hex: string): Uint8Array {
  return Uint8Array.from(createHmac('sha256', tokenBytes).update(Buffer.from(hex, 'hex')).digest());
}

/** A key that answers everything with the same members, and remembers what it was asked. */
function fakeKey(answer: readonly (readonly [number, CborValue])[] = []) {
  const asked: { command: number; members: CborMap }[] = [];
  const sender: CommandSender = {
    send: () => Promise.reject(new Error('not in use')),
    request: (command, parameters) => {
      // Through the wire format, so that only what can be sent is compared.
      asked.push({ command, members: decodeCbor(encodeCbor(parameters ?? new Map())) as CborMap });
      return Promise.resolve(answer.length === 0 ? new Uint8Array() : encodeCbor(cborMap(answer)));
    },
  };
  return { sender, asked };
}

const ff = 'ff'.repeat(32);

describe('authenticatorConfig', () => {
  it.each<
    [string, (config: ConfigClient) => Promise<void>, string, readonly (readonly [number, CborValue])[]]
  >([
    ['enableEnterpriseAttestation', (c) => c.enableEnterpriseAttestation(token), '0d01', [[1, 1]]],
    ['toggleAlwaysUv', (c) => c.toggleAlwaysUv(token), '0d02', [[1, 2]]],
    ['enableLongTouchForReset', (c) => c.enableLongTouchForReset(token), '0d04', [[1, 4]]],
    [
      'setMinPINLength',
      (c) =>
        c.setMinPinLength({ newMinPinLength: 6, minPinLengthRpIds: ['a.b'], forceChangePin: true }, token),
      // {1: 6, 2: ["a.b"], 3: true}
      '0d03' + 'a3' + '0106' + '028163612e62' + '03f5',
      [
        [1, 3],
        [
          2,
          cborMap([
            [1, 6],
            [2, ['a.b']],
            [3, true],
          ]),
        ],
      ],
    ],
    [
      'vendorPrototype',
      (c) => c.vendorPrototype(0x1234567890abcdefn, 'x', token),
      '0dff' + 'a2' + '011b1234567890abcdef' + '026178',
      [
        [1, 0xff],
        [
          2,
          cborMap([
            [1, 0x1234567890abcdefn],
            [2, 'x'],
          ]),
        ],
      ],
    ],
  ])('authenticates %s over its parameters as they are sent', async (_, run, covered, members) => {
    const { sender, asked } = fakeKey();
    await run(new ConfigClient(sender));
    expect(asked).toEqual([
      { command: 0x0d, members: cborMap([...members, [3, 2], [4, mac(ff + covered)]]) },
    ]);
  });

  it('sends nothing about a token that is not there', async () => {
    const { sender, asked } = fakeKey();
    await new ConfigClient(sender).toggleAlwaysUv();
    expect(asked).toEqual([{ command: 0x0d, members: cborMap([[1, 2]]) }]);
  });
});

describe('authenticatorBioEnrollment', () => {
  const templateId = Uint8Array.of(0xaa, 0xbb);
  const sample = [
    [4, templateId],
    [5, 0],
    [6, 2],
  ] as const;

  it('enrols', async () => {
    const { sender, asked } = fakeKey(sample);
    const bio = new BioEnrollmentClient(sender);
    expect(await bio.enrollBegin(token, 10_000)).toEqual({
      templateId,
      lastEnrollSampleStatus: 0,
      remainingSamples: 2,
    });
    expect(await bio.enrollCaptureNextSample(token, templateId)).toEqual({
      lastEnrollSampleStatus: 0,
      remainingSamples: 2,
    });
    expect(asked.map(({ members }) => members)).toEqual([
      cborMap([
        [1, 1],
        [2, 1],
        [3, cborMap([[3, 10_000]])],
        [4, 2],
        [5, mac('0101' + 'a103192710')],
      ]),
      cborMap([
        [1, 1],
        [2, 2],
        [3, cborMap([[1, templateId]])],
        [4, 2],
        [5, mac('0102' + 'a10142aabb')],
      ]),
    ]);
  });

  it('covers two bytes when there are no parameters', async () => {
    const { sender, asked } = fakeKey(sample);
    await new BioEnrollmentClient(sender).enrollBegin(token);
    expect(asked[0]?.members.get(5)).toEqual(mac('0101'));
  });

  it('names, lists and removes templates', async () => {
    const info = cborMap([
      [1, templateId],
      [2, 'thumb'],
    ]);
    const { sender, asked } = fakeKey([[7, [info, cborMap([[1, templateId]])]]]);
    const bio = new BioEnrollmentClient(sender);
    expect(await bio.enumerateEnrollments(token)).toEqual([
      { templateId, friendlyName: 'thumb' },
      { templateId },
    ]);
    await bio.setFriendlyName(token, templateId, 'x');
    await bio.removeEnrollment(token, templateId);
    await bio.cancelCurrentEnrollment();
    expect(asked.map(({ members }) => members.get(5))).toEqual([
      mac('0104'),
      mac('0105' + 'a20142aabb026178'),
      mac('0106' + 'a10142aabb'),
      undefined,
    ]);
  });

  it('describes the sensor', async () => {
    const { sender, asked } = fakeKey([
      [1, 1],
      [2, 1],
      [3, 4],
      [8, 64],
    ]);
    const bio = new BioEnrollmentClient(sender);
    expect(await bio.getModality()).toBe(1);
    expect(asked[0]?.members).toEqual(cborMap([[6, true]]));
    expect(await bio.getFingerprintSensorInfo()).toEqual({
      fingerprintKind: 1,
      maxCaptureSamplesRequiredForEnroll: 4,
      maxTemplateFriendlyName: 64,
    });
  });

  it('refuses an answer without what was asked for', async () => {
    const bio = new BioEnrollmentClient(fakeKey().sender);
    await expect(bio.enrollBegin(token)).rejects.toMatchObject({ name: 'KeyResponseError' });
  });
});

describe('authenticatorCredentialManagement', () => {
  it('covers the subcommand and its parameters', async () => {
    const { sender, asked } = fakeKey();
    await new CredentialManagementClient(sender).deleteCredential(token, Uint8Array.of(0xaa));
    // {2: {"id": h'aa', "type": "public-key"}}
    const parameters = 'a102a2' + '626964' + '41aa' + '6474797065' + '6a' + toHex(Buffer.from('public-key'));
    expect(asked[0]?.members.get(4)).toEqual(mac('06' + parameters));
  });

  it.each([
    ['an answer that is no CBOR', Uint8Array.of(0xff)],
    ['an answer that is no map', Uint8Array.of(0x01)],
    ['a member of the wrong type', Uint8Array.of(0xa1, 0x01, 0x61, 0x78)],
  ])('refuses %s', async (_, response) => {
    const sender = { ...fakeKey().sender, request: () => Promise.resolve(response) };
    const listing = new CredentialManagementClient(sender).getCredsMetadata(token);
    await expect(listing).rejects.toMatchObject({ name: 'KeyResponseError' });
  });
});
