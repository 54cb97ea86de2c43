import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeCbor } from '../../../src/cbor/encode.ts';
import { encodeAuthData } from '../../../src/ctap/auth-data.ts';
import { joinAuthData, splitAuthData } from '../../../src/faults/auth-data-parts.ts';
import { decodeBase64Url } from '../../../src/faults/base64url.ts';
import { mapEntries } from '../../../src/faults/map-entries.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

it('cuts authenticator data and puts it together again', () => {
  const data = fc.record(
    {
      rpIdHash: bytes(32),
      userPresent: fc.boolean(),
      userVerified: fc.boolean(),
      backupEligible: fc.boolean(),
      backupState: fc.boolean(),
      signCount: fc.nat(),
      attested: fc.record({
        aaguid: bytes(16),
        credentialId: fc.uint8Array({ minLength: 1, maxLength: 300 }),
        publicKey: fc.constant(new Map([[1, 2]])),
      }),
      extensions: fc.constant(new Map([['credProtect', 1]])),
    },
    {
      requiredKeys: ['rpIdHash', 'userPresent', 'userVerified', 'backupEligible', 'backupState', 'signCount'],
    },
  );
  fc.assert(
    fc.property(data, (given) => {
      const encoded = encodeAuthData(given);
      const parts = splitAuthData(encoded)!;
      expect(joinAuthData(parts)).toEqual(encoded);
      expect(parts.credentialId).toEqual(given.attested?.credentialId ?? new Uint8Array());
      expect(parts.extensions.length > 0).toBe(given.extensions !== undefined);
    }),
  );
});

it('cuts nothing that does not fit its flags', () => {
  expect(splitAuthData(new Uint8Array(36))).toBeUndefined();
  const data = new Uint8Array(60);
  data[32] = 0x40;
  expect(splitAuthData(data.slice(0, 50))).toBeUndefined();
});

it('cuts a map into its members', () => {
  const map = new Map<number, string | Uint8Array>([
    [1, 'a'],
    [2, Uint8Array.of(1, 2)],
  ]);
  expect(mapEntries(encodeCbor(map))).toEqual([Uint8Array.of(1, 0x61, 0x61), Uint8Array.of(2, 0x42, 1, 2)]);
  for (const other of [[], [0xa0], [0x80], [0xa1, 1], [0xa1, 1, 1, 1]]) {
    expect(mapEntries(Uint8Array.from(other))).toEqual([]);
  }
});

it('reads base64url as Node.js writes it, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (value) => {
      expect(decodeBase64Url(Buffer.from(value).toString('base64url'))).toEqual(value);
    }),
  );
  for (const wrong of ['A', 'AA==', 'A+', 'ä', 'A A']) expect(decodeBase64Url(wrong)).toBeUndefined();
});
