import { describe, expect, it } from 'vitest';
import type { Profile } from '../../src/authenticator/profile.ts';
import { extensionNames, type ExtensionName } from '../../src/authenticator/extensions/extension.ts';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborValue } from '../../src/cbor/value.ts';
import { valueOfType, type CborType } from '../support/bad-cbor.ts';
import { everyCapability } from '../support/capabilities.ts';
import {
  allow,
  assertion,
  bit,
  openKey,
  outcome,
  pin,
  registration,
  resident,
  snapshot,
  tokenByPin,
} from '../support/protocol.ts';

/** An input by CTAP 2.3 §12: its type, the status of every other type, and values of that type that are none. */
interface Input {
  readonly type: CborType;
  readonly wrongType: string;
  readonly good: CborValue;
  readonly bad?: readonly (readonly [CborValue, string])[];
  /** Inputs of other extensions that have to be there. */
  readonly beside?: Readonly<Record<string, CborValue>>;
}

const unexpected = 'CBOR_UNEXPECTED_TYPE';
const boolean: Input = { type: 'boolean', wrongType: unexpected, good: true };
const onlyTrue: Input = { ...boolean, bad: [[false, 'INVALID_OPTION']] };
const huge = 2n ** 63n;
const entity = (...members: readonly (readonly [string, CborValue])[]) => new Map(members);
/** A map in which something is missing, of a wrong type, or no key agreement. */
const salts: Input = {
  type: 'map',
  wrongType: unexpected,
  good: new Map(),
  bad: [
    [new Map(), 'MISSING_PARAMETER'],
    [cborMap([[2, new Uint8Array(48)]]), 'MISSING_PARAMETER'],
    [
      cborMap(
        new Map<number, CborValue>([
          [1, 'x'],
          [2, new Uint8Array(48)],
          [3, new Uint8Array(32)],
        ]),
      ),
      unexpected,
    ],
    [
      cborMap(
        new Map<number, CborValue>([
          [1, new Map()],
          [2, new Uint8Array(48)],
          [3, new Uint8Array(32)],
          [4, 9],
        ]),
      ),
      'INVALID_PARAMETER',
    ],
    [
      cborMap(
        new Map<number, CborValue>([
          [1, new Map()],
          [2, new Uint8Array(48)],
          [3, new Uint8Array(32)],
          [4, 2],
        ]),
      ),
      'INVALID_PARAMETER',
    ],
  ],
};

const atCreation: Readonly<Partial<Record<ExtensionName, Input>>> = {
  credProtect: {
    type: 'uint',
    wrongType: unexpected,
    good: 2,
    bad: [
      [0, 'INVALID_PARAMETER'],
      [4, 'INVALID_PARAMETER'],
      [huge, 'INVALID_PARAMETER'],
    ],
  },
  credBlob: { type: 'bytes', wrongType: unexpected, good: new Uint8Array(32) },
  largeBlobKey: onlyTrue,
  largeBlob: {
    type: 'map',
    wrongType: 'INVALID_CBOR',
    good: entity(['support', 'required']),
    bad: [
      [entity(), 'INVALID_CBOR'],
      [entity(['support', 'maybe']), 'INVALID_CBOR'],
      [entity(['support', true]), 'INVALID_CBOR'],
      [entity(['support', 'required'], ['more', 1]), 'INVALID_CBOR'],
    ],
  },
  minPinLength: boolean,
  pinComplexityPolicy: boolean,
  'hmac-secret': boolean,
  'hmac-secret-mc': { ...salts, beside: { 'hmac-secret': true } },
  thirdPartyPayment: boolean,
  uvm: boolean,
};

const atSignIn: Readonly<Partial<Record<ExtensionName, Input>>> = {
  credBlob: boolean,
  largeBlobKey: onlyTrue,
  largeBlob: {
    type: 'map',
    wrongType: 'INVALID_CBOR',
    good: entity(['read', true]),
    bad: [
      [entity(), 'INVALID_CBOR'],
      [entity(['read', false]), 'INVALID_CBOR'],
      [entity(['write', new Uint8Array(3)]), 'INVALID_CBOR'],
      [entity(['write', 'x'], ['originalSize', 3]), 'INVALID_CBOR'],
      [entity(['read', true], ['write', new Uint8Array(3)], ['originalSize', 3]), 'INVALID_CBOR'],
    ],
  },
  'hmac-secret': salts,
  thirdPartyPayment: boolean,
  uvm: boolean,
};

/** Keys that announce each extension; largeBlob excludes the array that largeBlobKey needs. */
function profileFor(name: ExtensionName): Partial<Profile> {
  if (name !== 'largeBlob') return everyCapability;
  const others = Object.fromEntries(
    Object.entries(everyCapability).filter(([key]) => key !== 'largeBlobArray'),
  );
  const extensions = everyCapability.extensions.filter((extension) => extension !== 'largeBlobKey');
  return { ...others, extensions: [...extensions, 'largeBlob'], largeBlobExtension: { capacity: 1024 } };
}

/** Every input that is wrong, and the status that it gets. */
function wrongInputs({ bad = [], type, wrongType }: Input): readonly (readonly [CborValue, string])[] {
  const others = Object.entries(valueOfType).filter(([other]) => other !== type);
  return [...others.map(([, value]) => [value, wrongType] as const), ...bad];
}

const names = (inputs: object) => Object.keys(inputs) as ExtensionName[];

describe('extension inputs at creation', () => {
  it.each(names(atCreation))(
    '%s: whatever is wrong is told, stores nothing and spends no token',
    async (name) => {
      const { client, key } = await openKey(profileFor(name));
      await client.clientPin.setPin(pin);
      const input = atCreation[name]!;
      const pinUvAuthToken = await tokenByPin(client, bit.mc);
      const make = (value: CborValue) =>
        outcome(
          client.makeCredential(
            resident(1, { pinUvAuthToken, extensions: { ...input.beside, [name]: value } }),
          ),
        );
      const before = snapshot(key.keystore);
      for (const [value, status] of wrongInputs(input)) {
        expect(
          await make(value),
          JSON.stringify(value, (_key, some: unknown) => (typeof some === 'bigint' ? `${some}` : some)),
        ).toBe(status);
      }
      expect(snapshot(key.keystore) === before).toBe(true);
      if (input.type !== 'map' || name === 'largeBlob') expect(await make(input.good)).toBe('OK');
      else expect(await outcome(client.makeCredential(registration({ pinUvAuthToken })))).toBe('OK');
    },
  );
});

describe('extension inputs at sign-in', () => {
  it.each(names(atSignIn))(
    '%s: whatever is wrong is told, moves nothing and spends no token',
    async (name) => {
      const { client, key } = await openKey(profileFor(name));
      const made = await client.makeCredential(resident(1));
      await client.clientPin.setPin(pin);
      const input = atSignIn[name]!;
      const pinUvAuthToken = await tokenByPin(client, bit.ga);
      const use = (extensions: Readonly<Record<string, CborValue>>) =>
        outcome(client.getAssertion(assertion({ ...allow(made), pinUvAuthToken, extensions })));
      const before = snapshot(key.keystore);
      for (const [value, status] of wrongInputs(input)) expect(await use({ [name]: value })).toBe(status);
      expect(snapshot(key.keystore) === before).toBe(true);
      expect(await use(name === 'hmac-secret' ? {} : { [name]: input.good })).toBe('OK');
    },
  );

  it.each(extensionNames.filter((name) => !(name in atSignIn)))(
    '%s means nothing there, whatever it is',
    async (name) => {
      const { client } = await openKey(everyCapability);
      const made = await client.makeCredential(resident(1));
      for (const value of Object.values(valueOfType)) {
        const used = await client.getAssertion(assertion({ ...allow(made), extensions: { [name]: value } }));
        expect(used.parsed.extensions).toBeUndefined();
      }
    },
  );
});

describe('every extension', () => {
  it('is tried at creation', () => {
    expect(names(atCreation).toSorted()).toEqual([...extensionNames].toSorted());
  });
});
