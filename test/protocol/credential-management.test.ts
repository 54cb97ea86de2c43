import { beforeEach, describe, expect, it } from 'vitest';
import { encodeCbor } from '../../src/cbor/encode.ts';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborMap, CborValue } from '../../src/cbor/value.ts';
import type { PinUvAuthToken } from '../../src/client/pin-protocol.ts';
import type { Registration } from '../../src/client/responses.ts';
import { concatBytes, utf8Bytes } from '../../src/ctap/bytes.ts';
import { encodeDescriptor } from '../../src/ctap/entities.ts';
import { tokenRequest } from '../support/pin-requests.ts';
import {
  allow,
  assertion,
  bit,
  idOf,
  openKey,
  outcome,
  pin,
  provider,
  rawOutcome,
  registration,
  resident,
  site,
  siteHash,
  snapshot,
  tokenByPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

const otherHash = provider.sha256(utf8Bytes('example.org'));

let opened: Opened;
let made: Registration;
let token: PinUvAuthToken;
beforeEach(async () => {
  opened = await openKey();
  await opened.client.makeCredential(resident(1, { extensions: { credProtect: 2 } }));
  made = await opened.client.makeCredential(resident(2));
  await opened.client.makeCredential(resident(1, { rp: { id: 'example.org', name: 'Other' } }));
  await opened.client.makeCredential(registration());
  await opened.client.clientPin.setPin(pin);
  token = await tokenByPin(opened.client, bit.cm);
});

const manage = (code: number, by: PinUvAuthToken | undefined = token, parameters?: CborMap) =>
  outcome(opened.client.credentialManagement.request(code, by, parameters));
const remove = (id: Uint8Array) => cborMap([[2, encodeDescriptor(id)]]);
const rename = (id: Uint8Array, user: CborMap) =>
  cborMap([
    [2, encodeDescriptor(id)],
    [3, user],
  ]);

/** A cm token that is bound to a site. */
async function boundToken(rpId: string): Promise<PinUvAuthToken> {
  return opened.client.clientPin.getPinUvAuthTokenUsingPin(pin, { permissions: bit.cm, rpId });
}

describe('credentialManagement §6.8: reading', () => {
  it('counts', async () => {
    expect(await opened.client.credentialManagement.getCredsMetadata(token)).toEqual({
      existingResidentCredentialsCount: 3,
      maxPossibleRemainingResidentCredentialsCount: 22,
    });
  });

  it('lists sites with their hash and number', async () => {
    const first = await opened.client.credentialManagement.request(2, token);
    expect(first.totalRps).toBe(2);
    const second = await opened.client.credentialManagement.request(3);
    expect(second.totalRps).toBeUndefined();
    expect([first, second].map(({ rp }) => rp?.id).sort()).toEqual(['example.com', 'example.org']);
    for (const { rp, rpIdHash } of [first, second]) {
      expect(rpIdHash).toEqual(provider.sha256(utf8Bytes(rp!.id)));
    }
  });

  it('lists the credentials of a site, newest first, without those that are not discoverable', async () => {
    const first = await opened.client.credentialManagement.request(4, token, cborMap([[1, siteHash]]));
    expect(first).toMatchObject({
      totalCredentials: 2,
      credentialId: idOf(made),
      publicKey: made.parsed.attested!.publicKey,
      credProtect: 1,
      user: { id: Uint8Array.of(2), name: 'user 2', displayName: 'User 2' },
    });
    expect(first).not.toHaveProperty('largeBlobKey');
    expect(first).not.toHaveProperty('thirdPartyPayment');
    const second = await opened.client.credentialManagement.request(5);
    expect(second).toMatchObject({ credProtect: 2, user: { id: Uint8Array.of(1) } });
    expect(second.totalCredentials).toBeUndefined();
  });

  it('finds nothing where nothing is', async () => {
    expect(await manage(4, token, cborMap([[1, new Uint8Array(32)]]))).toBe('NO_CREDENTIALS');
    expect(await manage(4, token, cborMap([[1, new Uint8Array(5)]]))).toBe('NO_CREDENTIALS');
    opened = await openKey();
    await opened.client.clientPin.setPin(pin);
    token = await tokenByPin(opened.client, bit.cm);
    expect(
      (await opened.client.credentialManagement.getCredsMetadata(token)).existingResidentCredentialsCount,
    ).toBe(0);
    expect(await manage(2)).toBe('NO_CREDENTIALS');
    expect(await manage(4, token, cborMap([[1, siteHash]]))).toBe('NO_CREDENTIALS');
    expect(await manage(6, token, remove(new Uint8Array(32)))).toBe('NO_CREDENTIALS');
  });
});

describe('deleteCredential §6.8.5', () => {
  it('removes one credential and no other', async () => {
    expect(await manage(6, token, remove(idOf(made)))).toBe('OK');
    expect(await manage(6, token, remove(idOf(made)))).toBe('NO_CREDENTIALS');
    expect(await outcome(opened.client.getAssertion(assertion(allow(made))))).toBe('NO_CREDENTIALS');
    expect(opened.key.keystore.countDiscoverable()).toBe(2);
  });

  it('does not know credentials that are not discoverable', async () => {
    const [plain] = [...opened.key.keystore.all()].filter(({ discoverable }) => !discoverable);
    expect(await manage(6, token, remove(plain!.id))).toBe('NO_CREDENTIALS');
  });
});

describe('updateUserInformation §6.8.6', () => {
  const stored = () => opened.key.keystore.findById(idOf(made))!;

  it('replaces names and keeps everything else', async () => {
    const before = stored();
    const user = cborMap([
      ['id', Uint8Array.of(2)],
      ['name', 'new'],
    ]);
    expect(await manage(7, token, rename(idOf(made), user))).toBe('OK');
    expect(stored()).toEqual({ ...before, user: { id: Uint8Array.of(2), name: 'new' } });
    expect((await opened.client.getAssertion(assertion())).credentialId).toEqual(idOf(made));
  });

  it('removes empty names', async () => {
    const user = cborMap([
      ['id', Uint8Array.of(2)],
      ['name', ''],
      ['displayName', ''],
    ]);
    expect(await manage(7, token, rename(idOf(made), user))).toBe('OK');
    expect(stored().user).toEqual({ id: Uint8Array.of(2) });
  });

  it('does not change the user.id', async () => {
    const before = snapshot(opened.key.keystore);
    for (const id of [Uint8Array.of(9), new Uint8Array(), Uint8Array.of(2, 0)]) {
      const user = cborMap([['id', id]]);
      expect(await manage(7, token, rename(idOf(made), user))).toBe('INVALID_PARAMETER');
    }
    const user = cborMap([['id', Uint8Array.of(2)]]);
    expect(await manage(7, token, rename(new Uint8Array(32), user))).toBe('NO_CREDENTIALS');
    expect(snapshot(opened.key.keystore)).toBe(before);
  });
});

describe('credentialManagement: the order of checks', () => {
  const send = (members: readonly (readonly [number, CborValue])[]) =>
    rawOutcome(opened.client, 0x0a, cborMap(members));
  const param = new Uint8Array(32);

  it.each<[string, readonly (readonly [number, CborValue])[], string]>([
    ['no subcommand', [], 'MISSING_PARAMETER'],
    ['an unknown subcommand before all else', [[1, 8]], 'INVALID_SUBCOMMAND'],
    [
      'subcommand 0',
      [
        [1, 0],
        [3, 9],
        [4, param],
      ],
      'INVALID_SUBCOMMAND',
    ],
    ['no param before no parameters', [[1, 4]], 'PUAT_REQUIRED'],
    [
      'no param for 6',
      [
        [1, 6],
        [3, 9],
      ],
      'PUAT_REQUIRED',
    ],
    [
      'no rpIDHash before a wrong protocol',
      [
        [1, 4],
        [3, 9],
        [4, param],
      ],
      'MISSING_PARAMETER',
    ],
    [
      'an empty map for rpIDHash',
      [
        [1, 4],
        [2, new Map()],
        [3, 2],
        [4, param],
      ],
      'MISSING_PARAMETER',
    ],
    [
      'no credentialID',
      [
        [1, 6],
        [3, 2],
        [4, param],
      ],
      'MISSING_PARAMETER',
    ],
    [
      'no user',
      [
        [1, 7],
        [2, new Map([[2, encodeDescriptor(param)]])],
        [3, 2],
        [4, param],
      ],
      'MISSING_PARAMETER',
    ],
    [
      'no protocol',
      [
        [1, 1],
        [4, param],
      ],
      'MISSING_PARAMETER',
    ],
    [
      'a wrong protocol',
      [
        [1, 1],
        [3, 9],
        [4, param],
      ],
      'INVALID_PARAMETER',
    ],
    [
      'a wrong param',
      [
        [1, 1],
        [3, 2],
        [4, param],
      ],
      'PIN_AUTH_INVALID',
    ],
    [
      'a wrong param before no credentials',
      [
        [1, 6],
        [2, new Map([[2, encodeDescriptor(param)]])],
        [3, 2],
        [4, param],
      ],
      'PIN_AUTH_INVALID',
    ],
    [
      'an empty param',
      [
        [1, 1],
        [3, 2],
        [4, new Uint8Array()],
      ],
      'PIN_AUTH_INVALID',
    ],
  ])('%s', async (_what, members, expected) => {
    expect(await send(members)).toBe(expected);
  });

  it('covers the subcommand and the bytes of its parameters', async () => {
    const params = cborMap([[1, siteHash]]);
    const sign = (code: number, bytes: Uint8Array) =>
      token.authenticate(concatBytes(Uint8Array.of(code), bytes));
    const ask = (signature: Uint8Array) =>
      send([
        [1, 4],
        [2, params],
        [3, 2],
        [4, signature],
      ]);
    expect(await ask(sign(4, encodeCbor(params)))).toBe('OK');
    expect(await ask(sign(4, new Uint8Array()))).toBe('PIN_AUTH_INVALID');
    expect(await ask(sign(2, encodeCbor(params)))).toBe('PIN_AUTH_INVALID');
    expect(await ask(token.authenticate(encodeCbor(params)))).toBe('PIN_AUTH_INVALID');
  });

  it('covers members of the parameters that the key does not know', async () => {
    const params = cborMap([
      [1, siteHash],
      [99, 'x'],
    ]);
    expect(await manage(4, token, params)).toBe('OK');
  });
});

describe('credentialManagement: tokens', () => {
  it('of one site manage that site alone', async () => {
    const bound = await boundToken(site);
    expect(await manage(1, bound)).toBe('PIN_AUTH_INVALID');
    expect(await manage(2, bound)).toBe('PIN_AUTH_INVALID');
    expect(await manage(4, bound, cborMap([[1, siteHash]]))).toBe('OK');
    expect(await manage(4, bound, cborMap([[1, otherHash]]))).toBe('PIN_AUTH_INVALID');
    const other = opened.key.keystore.discoverable(otherHash)[0]!;
    expect(await manage(6, bound, remove(other.id))).toBe('PIN_AUTH_INVALID');
    expect(await manage(7, bound, rename(other.id, cborMap([['id', Uint8Array.of(1)]])))).toBe(
      'PIN_AUTH_INVALID',
    );
    expect(await manage(6, bound, remove(new Uint8Array(32)))).toBe('PIN_AUTH_INVALID');
    expect(await manage(6, bound, remove(idOf(made)))).toBe('OK');
  });

  it('need no touch and are not used up', async () => {
    opened.key.user.questions.length = 0;
    for (let i = 0; i < 3; i++) expect(await manage(2)).toBe('OK');
    expect(opened.key.user.questions).toEqual([]);
  });

  it('work under protocol one', async () => {
    token = await tokenByPin(opened.client, bit.cm, site, 1);
    expect(await manage(1)).toBe('OK');
  });

  it('do not work when the PIN was only asked for', async () => {
    const request = await tokenRequest(opened.client, 9, 2, '0000');
    expect(await outcome(opened.client.clientPin.request(request))).toBe('PIN_INVALID');
    expect(await manage(1)).toBe('OK');
  });
});

describe('a key without credential management', () => {
  it('does not know the command', async () => {
    opened = await openKey({ credentialManagement: false, versions: ['FIDO_2_0'] });
    expect(await rawOutcome(opened.client, 0x0a, cborMap([[1, 1]]))).toBe('INVALID_COMMAND');
    expect((await opened.client.getInfo()).options?.has('credMgmt')).toBe(false);
  });
});
