import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CborValue } from '../../src/cbor/value.ts';
import type { Registration } from '../../src/client/responses.ts';
import {
  allow,
  assertion,
  bit,
  hmacSecretInput,
  idOf,
  openKey,
  outcome,
  pin,
  registration,
  resident,
  tokenByPin,
  withoutPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

const [salt1, salt2] = [new Uint8Array(32).fill(0x11), new Uint8Array(32).fill(0x22)];
const bothSalts = Uint8Array.from([...salt1, ...salt2]);

let opened: Opened;
let made: Registration;
beforeEach(async () => {
  opened = await openKey();
  made = await opened.client.makeCredential(registration({ extensions: { 'hmac-secret': true } }));
});

/** The outputs that the key sent, decrypted. */
async function evaluate(salts: Uint8Array, protocol: 1 | 2, verified = false): Promise<Uint8Array> {
  const pinUvAuthToken = verified ? await tokenByPin(opened.client, bit.ga) : undefined;
  const secret = await opened.client.clientPin.agree(protocol);
  const used = await opened.client.getAssertion(
    assertion({
      ...allow(made),
      extensions: { 'hmac-secret': hmacSecretInput(secret, salts) },
      ...(pinUvAuthToken && { pinUvAuthToken }),
    }),
  );
  const output = used.parsed.extensions?.get('hmac-secret') as Uint8Array;
  expect(output).toHaveLength(salts.length + (protocol === 2 ? 16 : 0));
  return secret.decrypt(output);
}

function expected(verified: boolean, ...salts: readonly Uint8Array[]): Uint8Array {
  const stored = opened.key.keystore.findById(idOf(made))!;
  const key = verified ? stored.credRandomWithUv : stored.credRandomWithoutUv;
  return Uint8Array.from(Buffer.concat(salts.map((salt) => createHmac('sha256', key).update(salt).digest())));
}

describe('hmac-secret §12.7 in makeCredential', () => {
  it('is confirmed when asked for, and only then', async () => {
    expect(made.parsed.extensions).toEqual(new Map([['hmac-secret', true]]));
    const plain = await opened.client.makeCredential(registration({ extensions: { 'hmac-secret': false } }));
    expect(plain.parsed.extensions).toBeUndefined();
  });

  it('stands in canonical order with other outputs', async () => {
    const both = await opened.client.makeCredential(
      registration({ extensions: { 'hmac-secret': true, credProtect: 2, unknown: [1, 'x'] } }),
    );
    expect([...both.parsed.extensions!.keys()]).toEqual(['credProtect', 'hmac-secret']);
  });

  it.each([1, 'x', null, new Map()] as CborValue[])('of a wrong type is refused: %j', async (input) => {
    const request = registration({ extensions: { 'hmac-secret': input } });
    expect(await outcome(opened.client.makeCredential(request))).toBe('CBOR_UNEXPECTED_TYPE');
  });
});

describe.each([1, 2] as const)('hmac-secret §12.7 in getAssertion under protocol %i', (protocol) => {
  it('gives HMACs of one or two salts', async () => {
    expect(await evaluate(salt1, protocol)).toEqual(expected(false, salt1));
    expect(await evaluate(bothSalts, protocol)).toEqual(expected(false, salt1, salt2));
  });

  it('has another secret for a verified user', async () => {
    await opened.client.clientPin.setPin(pin);
    expect(await evaluate(bothSalts, protocol, true)).toEqual(expected(true, salt1, salt2));
    expect(expected(true, salt1)).not.toEqual(expected(false, salt1));
  });

  it('serves credentials that did not ask for it', async () => {
    made = await opened.client.makeCredential(registration());
    expect(await evaluate(salt1, protocol)).toEqual(expected(false, salt1));
  });

  it.each([0, 16, 48, 80, 96])('refuses salts of %i bytes', async (size) => {
    const secret = await opened.client.clientPin.agree(protocol);
    const extensions = { 'hmac-secret': hmacSecretInput(secret, new Uint8Array(size)) };
    expect(await outcome(opened.client.getAssertion(assertion({ ...allow(made), extensions })))).toBe(
      'INVALID_PARAMETER',
    );
  });

  it('refuses salts that are no ciphertext', async () => {
    const secret = await opened.client.clientPin.agree(protocol);
    const saltEnc = new Uint8Array(33);
    const input = hmacSecretInput(secret, salt1, [
      [2, saltEnc],
      [3, secret.authenticate(saltEnc)],
    ]);
    const request = assertion({ ...allow(made), extensions: { 'hmac-secret': input } });
    expect(await outcome(opened.client.getAssertion(request))).toBe('INVALID_PARAMETER');
  });
});

describe('hmac-secret: checks', () => {
  const get = async (
    changes: readonly (readonly [number, CborValue | undefined])[],
    protocol: 1 | 2 = 2,
    up = true,
  ) => {
    const secret = await opened.client.clientPin.agree(protocol);
    const extensions = { 'hmac-secret': hmacSecretInput(secret, salt1, changes) };
    return outcome(opened.client.getAssertion(assertion({ ...allow(made), extensions, options: { up } })));
  };

  it.each<[string, readonly (readonly [number, CborValue | undefined])[], string]>([
    ['no key', [[1, undefined]], 'MISSING_PARAMETER'],
    ['no salts', [[2, undefined]], 'MISSING_PARAMETER'],
    ['no authentication', [[3, undefined]], 'MISSING_PARAMETER'],
    ['a key of a wrong type', [[1, 'x']], 'CBOR_UNEXPECTED_TYPE'],
    ['salts of a wrong type', [[2, 'x']], 'CBOR_UNEXPECTED_TYPE'],
    ['authentication of a wrong type', [[3, null]], 'CBOR_UNEXPECTED_TYPE'],
    ['a protocol of a wrong type', [[4, 'x']], 'CBOR_UNEXPECTED_TYPE'],
    ['an unknown protocol', [[4, 3]], 'INVALID_PARAMETER'],
    ['a key that is none', [[1, new Map()]], 'INVALID_PARAMETER'],
    ['a wrong authentication', [[3, new Uint8Array(32)]], 'PIN_AUTH_INVALID'],
    ['a short authentication', [[3, new Uint8Array()]], 'PIN_AUTH_INVALID'],
    ['unknown members', [[9, 'x']], 'OK'],
    ['protocol two that is not named', [[4, undefined]], 'PIN_AUTH_INVALID'],
  ])('%s', async (_what, changes, status) => {
    expect(await get(changes)).toBe(status);
  });

  it('take protocol one when none is named', async () => {
    expect(await get([[4, undefined]], 1)).toBe('OK');
  });

  it('want a touch', async () => {
    expect(await get([], 2, false)).toBe('UNSUPPORTED_OPTION');
  });

  it('refuse what is no map', async () => {
    const request = assertion({ ...allow(made), extensions: { 'hmac-secret': true } });
    expect(await outcome(opened.client.getAssertion(request))).toBe('CBOR_UNEXPECTED_TYPE');
  });

  it('come in order: protocol, key, authentication', async () => {
    const bad = [1, new Map()] as const;
    expect(await get([[4, 3], bad, [3, new Uint8Array(32)]])).toBe('INVALID_PARAMETER');
    expect(await get([bad, [3, new Uint8Array(32)]])).toBe('INVALID_PARAMETER');
  });

  it('come in order: what is missing, types and protocol, the touch, the key', async () => {
    const [untouched, bad] = [false, [1, new Map()] as const];
    expect(await get([[1, undefined]], 2, untouched)).toBe('MISSING_PARAMETER');
    expect(await get([[2, 'x']], 2, untouched)).toBe('CBOR_UNEXPECTED_TYPE');
    expect(await get([[4, 3]], 2, untouched)).toBe('INVALID_PARAMETER');
    expect(await get([bad, [3, new Uint8Array(32)]], 2, untouched)).toBe('UNSUPPORTED_OPTION');
  });
});

describe('hmac-secret with several accounts', () => {
  it('gives each its own outputs', async () => {
    for (const id of [1, 2]) await opened.client.makeCredential(resident(id));
    const secret = await opened.client.clientPin.agree(2);
    const extensions = { 'hmac-secret': hmacSecretInput(secret, salt1) };
    const all = await opened.client.getAssertions(assertion({ extensions }));
    for (const used of all) {
      const { credRandomWithoutUv } = opened.key.keystore.findById(used.credentialId)!;
      const output = secret.decrypt(used.parsed.extensions?.get('hmac-secret') as Uint8Array);
      const wanted = createHmac('sha256', credRandomWithoutUv).update(salt1).digest();
      expect(Buffer.from(output).equals(wanted)).toBe(true);
    }
  });
});

describe('hmac-secret on a key without client PIN', () => {
  it('works, with the keys that it agreed on', async () => {
    opened = await openKey(withoutPin);
    made = await opened.client.makeCredential(registration({ extensions: { 'hmac-secret': true } }));
    expect(await evaluate(salt1, 2)).toEqual(expected(false, salt1));
  });
});
