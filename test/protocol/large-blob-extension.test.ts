import { beforeEach, describe, expect, it } from 'vitest';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborValue } from '../../src/cbor/value.ts';
import type { GetAssertionParameters } from '../../src/client/ctap-client.ts';
import { readLargeBlobOutput } from '../../src/client/responses.ts';
import type { Registration } from '../../src/client/responses.ts';
import {
  allow,
  assertion,
  openKey,
  outcome,
  registration,
  replugged,
  resident,
  snapshot,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

const capacity = 100;
let opened: Opened;
let made: Registration;
beforeEach(async () => {
  opened = await openKey({
    extensions: ['credProtect', 'hmac-secret', 'largeBlob'],
    largeBlobExtension: { capacity },
  });
  made = await opened.client.makeCredential(resident(1));
});

const input = (...members: (readonly [string, CborValue])[]) => ({
  extensions: { largeBlob: cborMap(members) },
});
const reading = input(['read', true]);
const writing = (write: Uint8Array, originalSize = 200) =>
  input(['write', write], ['originalSize', originalSize]);
async function use(request: Partial<GetAssertionParameters>) {
  const used = await opened.client.getAssertion(assertion({ ...allow(made), ...request }));
  expect(used.parsed.extensions).toBeUndefined();
  return readLargeBlobOutput(used);
}
const blob = Uint8Array.of(1, 2, 3);

describe('largeBlob §12.4 in makeCredential', () => {
  it.each(['required', 'preferred'])('%s is supported, outside the signature', async (support) => {
    const created = await opened.client.makeCredential(resident(2, input(['support', support])));
    expect(readLargeBlobOutput(created)).toEqual({ supported: true });
    expect(created.parsed.extensions).toBeUndefined();
  });

  it('is not mentioned when it was not asked for', () => {
    expect(made).not.toHaveProperty('unsignedExtensionOutputs');
  });

  it.each([
    ['no map', true],
    ['no support', cborMap([])],
    ['another support', cborMap([['support', 'perhaps']])],
    ['a support that is no text', cborMap([['support', true]])],
    ['another member', cborMap([['support', 'required'] as const, ['read', true] as const])],
  ])('takes %s for malformed', async (_name, largeBlob) => {
    const before = snapshot(opened.key.keystore);
    const request = registration({ extensions: { largeBlob } });
    expect(await outcome(opened.client.makeCredential(request))).toBe('INVALID_CBOR');
    expect(snapshot(opened.key.keystore)).toBe(before);
  });
});

describe('largeBlob §12.4 in getAssertion', () => {
  it('has nothing before it is written, and then what was written last, as it came', async () => {
    expect(await use(reading)).toBeUndefined();
    for (const content of [blob, new Uint8Array(capacity), new Uint8Array()]) {
      expect(await use(writing(content))).toEqual({ written: true });
      expect(await use(reading)).toEqual({ blob: content, originalSize: 200 });
    }
  });

  it('outlives a power cycle', async () => {
    await use(writing(blob));
    opened = await replugged(opened);
    expect(await use(reading)).toEqual({ blob, originalSize: 200 });
  });

  it.each([
    ['too long', writing(new Uint8Array(capacity + 1))],
    ['for whichever account', { ...writing(blob), allowList: undefined as never }],
    ['without a touch', { ...writing(blob), options: { up: false } }],
  ])('is not written when it is %s, and the assertion goes on', async (_name, request) => {
    await use(writing(Uint8Array.of(9), 1));
    expect(await use(request)).toEqual({ written: false });
    expect(await use(reading)).toEqual({ blob: Uint8Array.of(9), originalSize: 1 });
  });

  it('belongs to its credential', async () => {
    await use(writing(blob));
    const other = await opened.client.makeCredential(resident(2));
    expect(await use({ ...reading, ...allow(other) })).toBeUndefined();
  });

  it.each([
    ['no map', true],
    ['nothing', cborMap([])],
    ['read: false', cborMap([['read', false]])],
    ['a size alone', cborMap([['originalSize', 1]])],
    ['no size', cborMap([['write', blob]])],
    [
      'a negative size',
      cborMap([
        ['write', blob],
        ['originalSize', -1],
      ]),
    ],
    [
      'both',
      cborMap([
        ['read', true],
        ['write', blob],
        ['originalSize', 1],
      ]),
    ],
    ['an unknown member', cborMap([['read', true] as const, ['x', 1] as const])],
  ])('takes %s for malformed', async (_name, largeBlob) => {
    const request = assertion({ ...allow(made), extensions: { largeBlob } });
    expect(await outcome(opened.client.getAssertion(request))).toBe('INVALID_CBOR');
  });

  it('goes without the command of the other design', async () => {
    expect(await outcome(opened.client.largeBlobs.read())).toBe('INVALID_COMMAND');
    const info = await opened.client.getInfo();
    expect(info.options?.has('largeBlobs')).toBe(false);
    expect(info).not.toHaveProperty('maxSerializedLargeBlobArray');
  });
});
