import { createCipheriv, createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { decodeCbor } from '../../../src/cbor/decode.ts';
import { encodeCbor } from '../../../src/cbor/encode.ts';
import { cborMap } from '../../../src/cbor/map.ts';
import type { CborMap } from '../../../src/cbor/value.ts';
import { LargeBlobsClient, maxFragmentLength } from '../../../src/client/large-blobs-client.ts';
import { createPinUvAuthToken } from '../../../src/client/pin-protocol.ts';
import type { Platform } from '../../../src/client/pin-protocol.ts';
import {
  decodeLargeBlobArray,
  encodeLargeBlobArray,
  openLargeBlob,
  sealLargeBlob,
} from '../../../src/client/webauthn/large-blob-array.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { fromHex, toHex } from '../../../src/ctap/bytes.ts';
import { createArrayKey } from './array-key.ts';
import type { ArrayKey } from './array-key.ts';
import { countingRandom } from './scripted-pipe.ts';

const platform: Platform = { crypto: createNodeCrypto(), random: countingRandom() };
const initialArray = '8076be8b528d0075f7aae98d6fa57a6d3c';

describe('authenticatorLargeBlobs', () => {
  let key: ArrayKey;
  let client: LargeBlobsClient;
  beforeEach(() => {
    key = createArrayKey(fromHex(initialArray));
    client = new LargeBlobsClient(key, platform);
  });

  it('reads arrays of every length, also of whole fragments', async () => {
    for (const length of [17, 19, 20, 21, 40, 60]) {
      key.array = Uint8Array.from({ length }, (_, i) => i);
      expect(await client.read(20)).toEqual(key.array);
    }
  });

  it('writes in fragments; only the first tells the length', async () => {
    const array = Uint8Array.from({ length: 45 }, (_, i) => i);
    await client.write(array, undefined, 20);
    expect(key.array).toEqual(array);
    expect(key.writes.map((members) => [...members.keys()])).toEqual([
      [2, 3, 4],
      [2, 3],
      [2, 3],
    ]);
    expect(key.writes.map((members) => members.get(3))).toEqual([0, 20, 40]);
  });

  it('authenticates each fragment with its offset in little-endian', async () => {
    const token = createPinUvAuthToken(platform.crypto, 1, new Uint8Array(32).fill(9));
    await client.write(new Uint8Array(300).fill(1), token, 260);
    const expected = [
      [0, 260],
      [260, 40],
    ].map(([offset = 0, length]) => {
      const position = Buffer.alloc(4);
      position.writeUInt32LE(offset);
      const fragmentHash = createHash('sha256')
        .update(Buffer.alloc(length ?? 0, 1))
        .digest();
      const message = Buffer.concat([Buffer.alloc(32, 0xff), Buffer.of(0x0c, 0), position, fragmentHash]);
      return Uint8Array.from(
        createHmac('sha256', Buffer.alloc(32, 9)).update(message).digest().subarray(0, 16),
      );
    });
    expect(key.writes.map((members) => members.get(5))).toEqual(expected);
    expect(key.writes.map((members) => members.get(6))).toEqual([1, 1]);
  });

  it('leaves 64 bytes of a message for what is around a fragment', () => {
    expect([maxFragmentLength(), maxFragmentLength(7609)]).toEqual([960, 7545]);
  });
});

/** AES-256-GCM of "A" by OpenSSL, with "blob" and the size 1 in eight bytes as additional data. */
function sealedByOpenSsl(): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', Buffer.alloc(32, 1), Buffer.alloc(12, 2));
  cipher.setAAD(Buffer.from('626c6f620100000000000000', 'hex'));
  return Uint8Array.from([...cipher.update('A'), ...cipher.final(), ...cipher.getAuthTag()]);
}

describe('the large-blob array', () => {
  const ownKey = new Uint8Array(32).fill(1);
  const otherKey = new Uint8Array(32).fill(2);

  it('is the one of the standard when empty', () => {
    expect(toHex(encodeLargeBlobArray(platform, []))).toBe(initialArray);
    expect(decodeLargeBlobArray(platform, fromHex(initialArray))).toEqual([]);
  });

  it('keeps each blob for its own key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(2 ** 40), (compressed, originalSize) => {
        const element = sealLargeBlob(platform, ownKey, compressed, originalSize);
        const [read] = decodeLargeBlobArray(platform, encodeLargeBlobArray(platform, [element])) ?? [];
        expect(openLargeBlob(ownKey, read ?? null)).toEqual({ compressed, originalSize });
        expect(openLargeBlob(otherKey, read ?? null)).toBeUndefined();
      }),
    );
  });

  it('opens an element that was sealed elsewhere', () => {
    const element = decodeCbor(
      encodeCbor(
        cborMap([
          [1, sealedByOpenSsl()],
          [2, new Uint8Array(12).fill(2)],
          [3, 1],
        ]),
      ),
    );
    expect(openLargeBlob(ownKey, element)).toEqual({ compressed: Uint8Array.of(0x41), originalSize: 1 });
  });

  it.each([
    ['another original size', (element: CborMap) => new Map(element).set(3, 8)],
    ['a cut ciphertext', (element: CborMap) => new Map(element).set(1, new Uint8Array(3))],
    ['a nonce of another length', (element: CborMap) => new Map(element).set(2, new Uint8Array(11))],
    ['a text for a nonce', (element: CborMap) => new Map(element).set(2, 'x')],
    ['no map at all', () => 7],
  ])('does not open an element with %s', (_, change) => {
    const element = sealLargeBlob(platform, ownKey, Uint8Array.of(1, 2, 3), 9) as CborMap;
    expect(openLargeBlob(ownKey, change(element))).toBeUndefined();
  });

  it.each([
    ['a wrong checksum', initialArray.replace(/3c$/, '3d')],
    [
      'content that is no array',
      'a0' + createHash('sha256').update(Buffer.of(0xa0)).digest('hex').slice(0, 32),
    ],
    [
      'content that is no CBOR',
      'ff' + createHash('sha256').update(Buffer.of(0xff)).digest('hex').slice(0, 32),
    ],
    ['nothing but a checksum', createHash('sha256').digest('hex').slice(0, 32)],
    ['nothing', ''],
  ])('is corrupt with %s', (_, hex) => {
    expect(decodeLargeBlobArray(platform, fromHex(hex))).toBeUndefined();
  });
});
