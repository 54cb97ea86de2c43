import { beforeEach, describe, expect, it } from 'vitest';
import { publicKeyDescriptors } from '../../src/client/ctap-client.ts';
import type { Registration } from '../../src/client/responses.ts';
import {
  allow,
  assertion,
  bit,
  idOf,
  openKey,
  outcome,
  pin,
  registration,
  resident,
  tokenByPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
let ids = 0;
beforeEach(async () => {
  opened = await openKey();
});

const makeResident = (level: number, id = 1) =>
  opened.client.makeCredential(resident(id, { extensions: { credProtect: level } }));

describe('credProtect §12.1: the input', () => {
  it.each([1, 2, 3])('level %i is stored and reported', async (level) => {
    const made = await opened.client.makeCredential(registration({ extensions: { credProtect: level } }));
    expect(made.parsed.extensions).toEqual(new Map([['credProtect', level]]));
    expect(opened.key.keystore.findById(idOf(made))?.credProtect).toBe(level);
  });

  it('is 1 when nothing was asked, and then not reported', async () => {
    const made = await opened.client.makeCredential(registration());
    expect(made.parsed.extensions).toBeUndefined();
    expect(opened.key.keystore.findById(idOf(made))?.credProtect).toBe(1);
  });

  it.each([0, 4, 255, 2 ** 40])('level %i does not exist', async (level) => {
    const request = registration({ extensions: { credProtect: level } });
    expect(await outcome(opened.client.makeCredential(request))).toBe('INVALID_PARAMETER');
  });

  it.each(['x', true, null, -1, [1]])('%j is of a wrong type', async (level) => {
    const request = registration({ extensions: { credProtect: level } });
    expect(await outcome(opened.client.makeCredential(request))).toBe('CBOR_UNEXPECTED_TYPE');
  });

  it('is ignored by a key that does not announce it', async () => {
    opened = await openKey({ extensions: ['hmac-secret'], versions: ['FIDO_2_0'] });
    const made = await opened.client.makeCredential(registration({ extensions: { credProtect: 9 } }));
    expect(made.parsed.extensions).toBeUndefined();
  });

  it('means nothing in getAssertion', async () => {
    const made = await makeResident(1);
    const used = await opened.client.getAssertion(
      assertion({ ...allow(made), extensions: { credProtect: 'x' } }),
    );
    expect(used.authData).toHaveLength(37);
  });
});

describe('credProtect §6.2.2 step 7: level, verification and allow list', () => {
  // The columns are: level, verified, allow list, found.
  const table: readonly [number, boolean, boolean, boolean][] = [
    [1, false, false, true],
    [1, false, true, true],
    [1, true, false, true],
    [1, true, true, true],
    [2, false, false, false],
    [2, false, true, true],
    [2, true, false, true],
    [2, true, true, true],
    [3, false, false, false],
    [3, false, true, false],
    [3, true, false, true],
    [3, true, true, true],
  ];

  it.each(table)('level %i, verified %s, allow list %s: found %s', async (level, verified, listed, found) => {
    const made = await makeResident(level);
    await opened.client.clientPin.setPin(pin);
    for (const up of [false, true]) {
      const pinUvAuthToken = verified ? await tokenByPin(opened.client, bit.ga) : undefined;
      const request = assertion({
        options: { up },
        ...(listed && allow(made)),
        ...(pinUvAuthToken && { pinUvAuthToken }),
      });
      opened.key.user.questions.length = 0;
      expect(await outcome(opened.client.getAssertion(request))).toBe(found ? 'OK' : 'NO_CREDENTIALS');
      expect(opened.key.user.questions).toHaveLength(found && up ? 1 : 0);
    }
  });

  it('hides protected accounts among others', async () => {
    for (const level of [3, 1, 2, 1]) await makeResident(level, ids++);
    const all = await opened.client.getAssertions(assertion());
    expect(all).toHaveLength(2);
    await opened.client.clientPin.setPin(pin);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.ga);
    const verified = await opened.client.getAssertion(assertion({ pinUvAuthToken }));
    expect(verified.numberOfCredentials).toBe(4);
  });
});

describe('credProtect §6.1.2 step 12: the exclude list', () => {
  async function exclude(made: Registration, verified: boolean): Promise<string> {
    const excludeList = publicKeyDescriptors(idOf(made));
    const pinUvAuthToken = verified ? await tokenByPin(opened.client, bit.mc) : undefined;
    const request = registration({ excludeList, ...(pinUvAuthToken && { pinUvAuthToken }) });
    return outcome(opened.client.makeCredential(request));
  }

  it.each([
    [1, false, 'CREDENTIAL_EXCLUDED'],
    [2, false, 'CREDENTIAL_EXCLUDED'],
    [3, false, 'OK'],
    [1, true, 'CREDENTIAL_EXCLUDED'],
    [2, true, 'CREDENTIAL_EXCLUDED'],
    [3, true, 'CREDENTIAL_EXCLUDED'],
  ])('level %i, verified %s: %s', async (level, verified, expected) => {
    const made = await makeResident(level);
    await opened.client.clientPin.setPin(pin);
    expect(await exclude(made, verified)).toBe(expected);
  });

  it('goes on behind a protected one', async () => {
    const hidden = await makeResident(3);
    const shown = await makeResident(1, 2);
    const excludeList = publicKeyDescriptors(idOf(hidden), idOf(shown));
    expect(await outcome(opened.client.makeCredential(registration({ excludeList })))).toBe(
      'CREDENTIAL_EXCLUDED',
    );
  });
});
