import { beforeEach, describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../src/ctap/bytes.ts';
import type { ClientPinRequest } from '../../src/ctap/messages/client-pin.ts';
import type { CborValue } from '../../src/cbor/value.ts';
import { localProfile } from '../support/local-key.ts';
import { changePinRequest, hashOf, padded, setPinRequest, without } from '../support/pin-requests.ts';
import { bit, openKey, outcome, pin, snapshot, tokenByPin, withoutPin } from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
beforeEach(async () => {
  opened = await openKey();
});

const send = (request: Partial<ClientPinRequest>) => outcome(opened.client.clientPin.request(request));
const retries = () => opened.key.keystore.state().pinRetries;

/** What a new PIN is answered with, whichever way it comes. */
const newPins: readonly [string, Uint8Array, string][] = [
  ['four digits', padded('1234'), 'OK'],
  ['four characters of four bytes each', padded('🔑🔑🔑🔑'), 'OK'],
  ['three characters of many bytes', padded('äöü'), 'PIN_POLICY_VIOLATION'],
  ['three characters with marks that are code points', padded(utf8Bytes('e\u0301e\u0301')), 'OK'],
  ['three digits', padded('123'), 'PIN_POLICY_VIOLATION'],
  ['nothing', padded(''), 'PIN_POLICY_VIOLATION'],
  ['63 bytes', padded('1'.repeat(63)), 'OK'],
  ['64 bytes, with no zero behind', padded('1'.repeat(64)), 'PIN_POLICY_VIOLATION'],
  ['62 bytes in 31 characters', padded('é'.repeat(31)), 'OK'],
  ['64 bytes in 32 characters', padded('é'.repeat(32)), 'PIN_POLICY_VIOLATION'],
  ['bytes that are no UTF-8', padded(Uint8Array.of(0x31, 0x32, 0x33, 0x34, 0xff)), 'PIN_POLICY_VIOLATION'],
  ['a zero inside', padded('12\u000034'), 'OK'],
  ['padding to 48 bytes', padded('1234', 48), 'INVALID_PARAMETER'],
  ['padding to 80 bytes', padded('1234', 80), 'INVALID_PARAMETER'],
  ['padding to 128 bytes', padded('1234', 128), 'INVALID_PARAMETER'],
  ['no block at all', new Uint8Array(), 'INVALID_PARAMETER'],
];

describe.each([1, 2] as const)('setPIN §6.5.5.5 under protocol %i', (protocol) => {
  it.each(newPins)('answers %s', async (_what, newPin, expected) => {
    const before = snapshot(opened.key.keystore);
    expect(await send(await setPinRequest(opened.client, newPin, protocol))).toBe(expected);
    expect((await opened.client.getInfo()).options?.get('clientPin')).toBe(expected === 'OK');
    if (expected !== 'OK') expect(snapshot(opened.key.keystore)).toBe(before);
  });

  it('stores a hash and the number of code points, and nothing of the PIN', async () => {
    await opened.client.clientPin.setPin('pässwörd', protocol);
    expect(opened.key.keystore.state().pin).toEqual({ hash: hashOf('pässwörd'), codePoints: 8 });
  });

  it('refuses a second first PIN', async () => {
    await opened.client.clientPin.setPin(pin, protocol);
    expect(await send(await setPinRequest(opened.client, padded('5678'), protocol))).toBe('PIN_AUTH_INVALID');
    expect(opened.key.keystore.state().pin?.hash).toEqual(hashOf(pin));
  });

  it('refuses a param that does not fit', async () => {
    const request = await setPinRequest(opened.client, padded(pin), protocol);
    const param = request.pinUvAuthParam!.slice();
    param[0]! ^= 1;
    expect(await send({ ...request, pinUvAuthParam: param })).toBe('PIN_AUTH_INVALID');
    for (const size of [0, 8, 15, 17, 31, 33, 48]) {
      expect(await send({ ...request, pinUvAuthParam: new Uint8Array(size) })).toBe('PIN_AUTH_INVALID');
    }
    expect(await send(request)).toBe('OK');
  });

  it('refuses a ciphertext of an impossible length', async () => {
    const secret = await opened.client.clientPin.agree(protocol);
    for (const size of [1, 15, 63, 65]) {
      const newPinEnc = new Uint8Array(size);
      const request = {
        subCommand: 3,
        pinUvAuthProtocol: protocol,
        keyAgreement: secret.keyAgreement,
        newPinEnc,
        pinUvAuthParam: secret.authenticate(newPinEnc),
      };
      expect(await send(request)).toBe('PIN_AUTH_INVALID');
    }
  });
});

describe('setPIN: the order of checks', () => {
  it('what is missing, the protocol, a PIN that is set, the key, the param', async () => {
    const request = await setPinRequest(opened.client);
    for (const name of ['pinUvAuthProtocol', 'keyAgreement', 'pinUvAuthParam', 'newPinEnc'] as const) {
      const bent = { ...request, pinUvAuthProtocol: 7 };
      expect(await send(without(bent, name))).toBe('MISSING_PARAMETER');
    }
    await opened.client.clientPin.setPin(pin);
    expect(await send({ ...request, pinUvAuthProtocol: 7 })).toBe('INVALID_PARAMETER');
    expect(await send({ ...request, keyAgreement: new Map([[1, 2]]) })).toBe('PIN_AUTH_INVALID');
  });

  it('checks the platform key', async () => {
    const request = await setPinRequest(opened.client);
    const good = request.keyAgreement as ReadonlyMap<number, CborValue>;
    const off = new Uint8Array(32).fill(1);
    for (const keyAgreement of [
      new Map(),
      new Map([...good, [-2, off]]),
      new Map([...good, [-2, new Uint8Array(32)], [-3, new Uint8Array(32)]]),
      new Map([...good, [-2, new Uint8Array(32).fill(0xff)]]),
      new Map([...good, [-2, new Uint8Array(31)]]),
      new Map([...good, [3, -7]]),
      new Map([...good, [-1, 2]]),
      new Map([...good].filter(([label]) => label !== -3)),
    ]) {
      expect(await send({ ...request, keyAgreement, pinUvAuthParam: off })).toBe('INVALID_PARAMETER');
    }
    for (const keyAgreement of [7, 'x', [], off, true, null]) {
      expect(await send({ ...request, keyAgreement } as never)).toBe('CBOR_UNEXPECTED_TYPE');
    }
    expect(await send(request)).toBe('OK');
  });

  it('has its own minimum in the profile', async () => {
    opened = await openKey({ pin: { ...localProfile.pin!, minLength: 6, maxLength: 8 } });
    expect(await outcome(opened.client.clientPin.setPin('12345'))).toBe('PIN_POLICY_VIOLATION');
    expect(await outcome(opened.client.clientPin.setPin('123456789'))).toBe('PIN_POLICY_VIOLATION');
    expect(await outcome(opened.client.clientPin.setPin('äöüäöüäö'))).toBe('OK');
  });

  it('obeys a minimum that was raised', async () => {
    await opened.key.keystore.updateState({ minPinLength: 8 });
    expect(await outcome(opened.client.clientPin.setPin('1234567'))).toBe('PIN_POLICY_VIOLATION');
    expect((await opened.client.getInfo()).minPinLength).toBe(8);
    expect(await outcome(opened.client.clientPin.setPin('12345678'))).toBe('OK');
  });

  it('gives full retries', async () => {
    await opened.key.keystore.updateState({ pinRetries: 2, uvRetries: 1 });
    await opened.client.clientPin.setPin(pin);
    expect(opened.key.keystore.state()).toMatchObject({ pinRetries: 8, uvRetries: 5 });
  });
});

describe.each([1, 2] as const)('changePIN §6.5.5.6 under protocol %i', (protocol) => {
  beforeEach(async () => {
    await opened.client.clientPin.setPin(pin);
  });

  it.each(newPins)('answers %s, and keeps the old PIN unless it is OK', async (_what, newPin, expected) => {
    await opened.key.keystore.updateState({ pinRetries: 5 });
    expect(await send(await changePinRequest(opened.client, newPin, protocol))).toBe(expected);
    expect(retries()).toBe(8);
    if (expected === 'OK') return;
    expect(opened.key.keystore.state().pin?.hash).toEqual(hashOf(pin));
    expect(await outcome(opened.client.clientPin.getPinToken(pin, protocol))).toBe('OK');
  });

  it('ends all tokens, the persistent one too', async () => {
    const volatile = await tokenByPin(opened.client, bit.cm);
    const persistent = await tokenByPin(opened.client, bit.pcmr);
    const metadata = (token: typeof volatile) =>
      outcome(opened.client.credentialManagement.request(1, token));
    expect([await metadata(volatile), await metadata(persistent)]).toEqual(['OK', 'OK']);
    await opened.client.clientPin.changePin(pin, '5678', protocol);
    expect([await metadata(volatile), await metadata(persistent)]).toEqual([
      'PIN_AUTH_INVALID',
      'PIN_AUTH_INVALID',
    ]);
  });

  it('may set the same PIN again, unless a change is forced', async () => {
    expect(await send(await changePinRequest(opened.client, padded(pin), protocol))).toBe('OK');
    await opened.key.keystore.updateState({ forcePinChange: true });
    expect(await send(await changePinRequest(opened.client, padded(pin), protocol))).toBe(
      'PIN_POLICY_VIOLATION',
    );
    expect(opened.key.keystore.state()).toMatchObject({ forcePinChange: true, pinRetries: 8 });
    expect(await send(await changePinRequest(opened.client, padded('9999'), protocol))).toBe('OK');
    expect(opened.key.keystore.state().forcePinChange).toBe(false);
  });

  it('costs a retry for a wrong PIN, also when the new one is bad', async () => {
    const bad = await changePinRequest(opened.client, padded('1'), protocol, '0000');
    expect(await send(bad)).toBe('PIN_INVALID');
    expect(retries()).toBe(7);
  });

  it('costs nothing for a param that does not fit', async () => {
    const request = await changePinRequest(opened.client, padded('5678'), protocol, '0000');
    const secretParam = request.pinUvAuthParam!.slice().reverse();
    expect(await send({ ...request, pinUvAuthParam: secretParam })).toBe('PIN_AUTH_INVALID');
    expect(await send({ ...request, newPinEnc: request.pinHashEnc! })).toBe('PIN_AUTH_INVALID');
    expect(retries()).toBe(8);
  });

  it('reports what is missing', async () => {
    const request = await changePinRequest(opened.client, padded('5678'), protocol);
    for (const name of [
      'pinUvAuthProtocol',
      'keyAgreement',
      'pinUvAuthParam',
      'newPinEnc',
      'pinHashEnc',
    ] as const) {
      expect(await send(without(request, name)), name).toBe('MISSING_PARAMETER');
    }
    expect(await send(request)).toBe('OK');
  });
});

describe('changePIN: the order of checks', () => {
  it('protocol, no PIN, blocked, latched, key, param', async () => {
    const request = await changePinRequest(opened.client);
    const noKey = { ...request, keyAgreement: new Map() };
    expect(await send({ ...noKey, pinUvAuthProtocol: 0 })).toBe('INVALID_PARAMETER');
    expect(await send(noKey)).toBe('PIN_NOT_SET');
    await opened.client.clientPin.setPin(pin);
    expect(await send({ ...noKey, pinUvAuthParam: new Uint8Array() })).toBe('INVALID_PARAMETER');
    await opened.key.keystore.updateState({ pinRetries: 0 });
    expect(await send(noKey)).toBe('PIN_BLOCKED');
    await opened.key.keystore.updateState({ pinRetries: 8 });
    for (let i = 0; i < 3; i++) await outcome(opened.client.clientPin.getPinToken('0000'));
    expect(await send(noKey)).toBe('PIN_AUTH_BLOCKED');
    await opened.key.keystore.updateState({ pinRetries: 0 });
    expect(await send(noKey)).toBe('PIN_BLOCKED');
  });
});

describe('clientPIN §6.5', () => {
  it('says what a subcommand is not', async () => {
    expect(await send({})).toBe('MISSING_PARAMETER');
    for (const subCommand of [0, 8, 10, 255, 2 ** 40]) {
      expect(await send({ subCommand })).toBe('INVALID_SUBCOMMAND');
    }
    expect(await send({ subCommand: 7 })).toBe('INVALID_SUBCOMMAND');
  });

  it('agrees on keys of the protocol that is asked for', async () => {
    expect(await send({ subCommand: 2 })).toBe('MISSING_PARAMETER');
    expect(await send({ subCommand: 2, pinUvAuthProtocol: 3 })).toBe('INVALID_PARAMETER');
    const [one, two] = [
      await opened.client.clientPin.getKeyAgreement(1),
      await opened.client.clientPin.getKeyAgreement(2),
    ];
    for (const key of [one, two]) {
      expect([...key.keys()]).toEqual([1, 3, -1, -2, -3]);
      expect([key.get(1), key.get(3), key.get(-1)]).toEqual([2, -25, 1]);
    }
    expect(one.get(-2)).not.toEqual(two.get(-2));
    expect(await opened.client.clientPin.getKeyAgreement(1)).toEqual(one);
  });

  it('offers only the protocols of the profile', async () => {
    opened = await openKey({ pin: { ...localProfile.pin!, protocols: [2] } });
    expect(await send({ subCommand: 2, pinUvAuthProtocol: 1 })).toBe('INVALID_PARAMETER');
    expect(await send({ subCommand: 2, pinUvAuthProtocol: 2 })).toBe('OK');
  });

  it('knows no PIN subcommands without a PIN, but agrees on keys for hmac-secret', async () => {
    opened = await openKey(withoutPin);
    for (const subCommand of [1, 3, 4, 5, 7, 9])
      expect(await send({ subCommand })).toBe('INVALID_SUBCOMMAND');
    expect(await send({ subCommand: 2, pinUvAuthProtocol: 2 })).toBe('OK');
  });

  it('does not exist on a key without PIN, verification and hmac-secret', async () => {
    opened = await openKey({ ...withoutPin, extensions: [], versions: ['FIDO_2_0'] });
    expect(await send({ subCommand: 2, pinUvAuthProtocol: 2 })).toBe('INVALID_COMMAND');
    expect((await opened.client.getInfo()).pinUvAuthProtocols).toBeUndefined();
  });
});
