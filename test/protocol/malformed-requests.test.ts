import { beforeEach, describe, expect, it } from 'vitest';
import { encodeCbor } from '../../src/cbor/encode.ts';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborKey, CborMap, CborValue } from '../../src/cbor/value.ts';
import {
  encodeGetAssertion,
  encodeMakeCredential,
  publicKeyDescriptors,
} from '../../src/client/ctap-client.ts';
import { concatBytes } from '../../src/ctap/bytes.ts';
import { encodeDescriptor } from '../../src/ctap/entities.ts';
import { fromHex } from '../support/hex.ts';
import { setPinRequest } from '../support/pin-requests.ts';
import { assertion, openKey, outcome, rawOutcome, registration, snapshot } from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

const command = { makeCredential: 1, getAssertion: 2, clientPin: 6, credentialManagement: 0x0a } as const;

let opened: Opened;
beforeEach(async () => {
  opened = await openKey();
});

const send = (code: number, parameters?: CborValue) => rawOutcome(opened.client, code, parameters);

/** A value of every CBOR type, to be tried where another is due. */
const values: Readonly<Record<string, CborValue>> = {
  uint: 1,
  negative: -1,
  bytes: new Uint8Array(32),
  text: 'x',
  array: [],
  map: new Map(),
  boolean: true,
  null: null,
};

interface Member {
  readonly key: number;
  readonly required: boolean;
  /** The types that the member may have, of `values`. */
  readonly types: readonly string[];
}

const commands: readonly [string, number, () => Promise<CborMap>, readonly Member[]][] = [
  [
    'makeCredential',
    command.makeCredential,
    () =>
      Promise.resolve(
        encodeMakeCredential(
          registration({
            excludeList: publicKeyDescriptors(new Uint8Array(16)),
            extensions: { credProtect: 1 },
            options: { rk: false },
            attestationFormatsPreference: ['packed'],
          }),
        ),
      ),
    [
      { key: 0x01, required: true, types: ['bytes'] },
      { key: 0x02, required: true, types: [] },
      { key: 0x03, required: true, types: [] },
      { key: 0x04, required: true, types: ['array'] },
      { key: 0x05, required: false, types: ['array'] },
      { key: 0x06, required: false, types: ['map'] },
      { key: 0x07, required: false, types: ['map'] },
      { key: 0x08, required: false, types: ['bytes'] },
      { key: 0x09, required: false, types: ['uint'] },
      { key: 0x0a, required: false, types: ['uint'] },
      { key: 0x0b, required: false, types: ['array'] },
    ],
  ],
  [
    'getAssertion',
    command.getAssertion,
    () => Promise.resolve(encodeGetAssertion(assertion({ options: { up: false }, allowList: [] }))),
    [
      { key: 0x01, required: true, types: ['text'] },
      { key: 0x02, required: true, types: ['bytes'] },
      { key: 0x03, required: false, types: ['array'] },
      { key: 0x04, required: false, types: ['map'] },
      { key: 0x05, required: false, types: ['map'] },
      { key: 0x06, required: false, types: ['bytes'] },
      { key: 0x07, required: false, types: ['uint'] },
    ],
  ],
  [
    'clientPIN',
    command.clientPin,
    async () => {
      const request = await setPinRequest(opened.client);
      return cborMap([
        [1, request.pinUvAuthProtocol],
        [2, request.subCommand],
        [3, request.keyAgreement],
        [4, request.pinUvAuthParam],
        [5, request.newPinEnc],
      ]);
    },
    [
      { key: 0x01, required: true, types: ['uint'] },
      { key: 0x02, required: true, types: ['uint'] },
      { key: 0x03, required: true, types: ['map'] },
      { key: 0x04, required: true, types: ['bytes'] },
      { key: 0x05, required: true, types: ['bytes'] },
      { key: 0x06, required: false, types: ['bytes'] },
      { key: 0x09, required: false, types: ['uint'] },
      { key: 0x0a, required: false, types: ['text'] },
    ],
  ],
  [
    'credentialManagement',
    command.credentialManagement,
    () =>
      Promise.resolve(
        cborMap([
          [1, 6],
          [2, new Map([[2, encodeDescriptor(new Uint8Array(16))]])],
          [3, 2],
          [4, new Uint8Array(32)],
        ]),
      ),
    [
      { key: 0x01, required: true, types: ['uint'] },
      { key: 0x02, required: true, types: ['map'] },
      { key: 0x03, required: true, types: ['uint'] },
    ],
  ],
];

function replace(map: CborMap, key: CborKey, value: CborValue | undefined): CborMap {
  const changed = new Map(map);
  if (value === undefined) changed.delete(key);
  else changed.set(key, value);
  return changed;
}

describe.each(commands)('%s', (_name, code, good, members) => {
  it('says what is missing', async () => {
    for (const { key, required } of members) {
      const status = await send(code, replace(await good(), key, undefined));
      if (required) expect(status, `without ${key}`).toBe('MISSING_PARAMETER');
      else expect(status, `without ${key}`).not.toBe('MISSING_PARAMETER');
    }
    expect(await send(code)).toBe('MISSING_PARAMETER');
    expect(await send(code, new Map())).toBe('MISSING_PARAMETER');
  });

  it('says when a type is wrong, and asks nobody', async () => {
    const request = await good();
    for (const { key, types } of members) {
      for (const [type, value] of Object.entries(values)) {
        if (types.includes(type)) continue;
        if (type === 'map' && types.length === 0) continue;
        expect(await send(code, replace(request, key, value)), `${key}: ${type}`).toBe(
          'CBOR_UNEXPECTED_TYPE',
        );
      }
    }
    expect(opened.key.user.questions).toEqual([]);
  });

  it('prefers the wrong type to what is missing', async () => {
    const last = members.at(-1)!;
    const bent = replace(replace(await good(), members[0]!.key, undefined), last.key, null);
    expect(await send(code, bent)).toBe('CBOR_UNEXPECTED_TYPE');
  });

  it('wants a map', async () => {
    for (const value of [1, 'x', [], [new Map()], true, null]) {
      expect(await send(code, value)).toBe('CBOR_UNEXPECTED_TYPE');
    }
  });

  it('ignores members that it does not know', async () => {
    const request = await good();
    const plain = await send(code, request);
    opened = await openKey();
    const fresh = await good();
    const more = new Map<CborKey, CborValue>([
      ...fresh,
      [0x7f, 'x'],
      [1000, [1, new Map()]],
      [-1, null],
      ['name', 1],
    ]);
    expect(await send(code, more)).toBe(plain);
  });

  it('refuses every truncation and every byte too much', async () => {
    const before = snapshot(opened.key.keystore);
    const bytes = encodeCbor(await good());
    for (let length = 1; length < bytes.length; length++) {
      expect(await send(code, bytes.subarray(0, length)), `${length} bytes`).toBe('INVALID_CBOR');
    }
    expect(await send(code, concatBytes(bytes, Uint8Array.of(0)))).toBe('INVALID_CBOR');
    expect(snapshot(opened.key.keystore)).toBe(before);
    expect(opened.key.user.questions).toEqual([]);
    expect(await outcome(opened.client.makeCredential(registration()))).toBe('OK');
  });

  it.each([
    ['a repeated key', 'a201000100'],
    ['keys out of order', 'a202000100'],
    ['a long integer', 'a118010 0'.replace(' ', '')],
    ['an indefinite map', 'bf0100ff'],
    ['an indefinite string', 'a1015f4100ff'],
    ['a tag', 'a101c100'],
    ['a float', 'a101f93c00'],
    ['undefined', 'a101f7'],
    ['nesting of five', 'a1018181818100'],
    ['text that is no UTF-8', 'a10161ff'],
    ['a reserved head', 'ff'],
    ['a huge array', 'a1019bffffffffffffffff'],
  ])('refuses %s', async (_what, hex) => {
    expect(await send(code, fromHex(hex))).toBe('INVALID_CBOR');
    expect(await send(4)).toBe('OK');
  });
});

describe('members of members', () => {
  const make = async (key: number, value: CborValue) =>
    send(1, replace(encodeMakeCredential(registration()), key, value));
  const entity = (...members: readonly (readonly [CborKey, CborValue])[]) => cborMap(members);
  const id = new Uint8Array(16);

  it.each<[string, number, CborValue, string]>([
    ['rp without id', 2, entity(['name', 'x']), 'MISSING_PARAMETER'],
    ['rp.id as bytes', 2, entity(['id', id]), 'CBOR_UNEXPECTED_TYPE'],
    ['rp.name as number', 2, entity(['id', 'x'], ['name', 1]), 'CBOR_UNEXPECTED_TYPE'],
    ['rp.name null', 2, entity(['id', 'x'], ['name', null]), 'CBOR_UNEXPECTED_TYPE'],
    ['rp.icon of any type', 2, entity(['id', 'x'], ['icon', 1]), 'OK'],
    ['user without id', 3, entity(['name', 'x']), 'MISSING_PARAMETER'],
    ['user.id as text', 3, entity(['id', 'x']), 'CBOR_UNEXPECTED_TYPE'],
    ['user.displayName as bytes', 3, entity(['id', id], ['displayName', id]), 'CBOR_UNEXPECTED_TYPE'],
    ['a parameter that is no map', 4, [1], 'CBOR_UNEXPECTED_TYPE'],
    ['a parameter without alg', 4, [entity(['type', 'public-key'])], 'CBOR_UNEXPECTED_TYPE'],
    ['a parameter without type', 4, [entity(['alg', -7])], 'CBOR_UNEXPECTED_TYPE'],
    ['alg as text', 4, [entity(['alg', '-7'], ['type', 'public-key'])], 'CBOR_UNEXPECTED_TYPE'],
    [
      'a bad parameter behind a good one',
      4,
      [entity(['alg', -7], ['type', 'public-key']), entity(['alg', -8])],
      'CBOR_UNEXPECTED_TYPE',
    ],
    [
      'an algorithm of 64 bits before a good one',
      4,
      [entity(['alg', 2n ** 63n], ['type', 'public-key']), entity(['alg', -7], ['type', 'public-key'])],
      'OK',
    ],
    ['a descriptor without id', 5, [entity(['type', 'public-key'])], 'CBOR_UNEXPECTED_TYPE'],
    ['a descriptor without type', 5, [entity(['id', id])], 'CBOR_UNEXPECTED_TYPE'],
    ['a descriptor that is bytes', 5, [id], 'CBOR_UNEXPECTED_TYPE'],
    [
      'a descriptor with an id as text',
      5,
      [entity(['id', 'x'], ['type', 'public-key'])],
      'CBOR_UNEXPECTED_TYPE',
    ],
    [
      'a descriptor with transports',
      5,
      [entity(['id', id], ['type', 'public-key'], ['transports', ['usb']])],
      'OK',
    ],
    ['an extension with a number for a name', 6, entity([1, true]), 'CBOR_UNEXPECTED_TYPE'],
    ['an unknown extension with anything in it', 6, entity(['x', [1, null]]), 'OK'],
    ['an option that is a number', 7, entity(['rk', 1]), 'CBOR_UNEXPECTED_TYPE'],
    ['an option that is null', 7, entity(['up', null]), 'CBOR_UNEXPECTED_TYPE'],
    ['a preference that is a number', 11, [1], 'CBOR_UNEXPECTED_TYPE'],
  ])('%s', async (_what, key, value, expected) => {
    expect(await make(key, value)).toBe(expected);
    expect(await outcome(opened.client.makeCredential(registration()))).toBe('OK');
  });
});

describe('commands', () => {
  it('that the key does not know are refused', async () => {
    const known = [1, 2, 4, 6, 7, 8, 0x0a, 0x0b, 0x41];
    for (let code = 0; code < 256; code++) {
      if (!known.includes(code)) expect(await send(code), `command ${code}`).toBe('INVALID_COMMAND');
    }
  });

  it('may be as long as getInfo says, and no longer', async () => {
    opened = await openKey({ maxMsgSize: 1024 });
    const request = encodeMakeCredential(registration());
    const padded = (size: number): CborMap => {
      const rest = size - encodeCbor(replace(request, 0x7f, new Uint8Array(300))).length - 1 + 300;
      return replace(request, 0x7f, new Uint8Array(rest));
    };
    expect(encodeCbor(padded(1024))).toHaveLength(1023);
    expect(await send(1, padded(1024))).toBe('OK');
    expect(await send(1, padded(1025))).toBe('REQUEST_TOO_LARGE');
  });
});
