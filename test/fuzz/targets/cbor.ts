import { scanCanonical } from '../../../src/cbor/canonical.ts';
import { decodeCbor } from '../../../src/cbor/decode.ts';
import { encodeCbor } from '../../../src/cbor/encode.ts';
import { CborError } from '../../../src/cbor/error.ts';
import { decodeMessage } from '../../../src/cbor/table.ts';
import { decodeCoseKey } from '../../../src/cose/public-key.ts';
import { decodeAuthData } from '../../../src/ctap/auth-data.ts';
import type { CborMap, CborValue } from '../../../src/cbor/value.ts';
import { bendBytes, pick, randomBytes } from '../bend.ts';
import { cborBytes } from '../cbor-bytes.ts';
import { messageTables } from '../messages.ts';
import { byteSeeds } from '../seeds.ts';
import type { FuzzTarget } from '../target.ts';
import { expectKind, Finding } from '../target.ts';

const good = encodeCbor(new Map<number, CborValue>([[1, 'x']]));

/** Any bytes are refused as malformed, or are the one encoding of what they say; so for every message. */
export const cborTarget: FuzzTarget = {
  name: 'cbor',
  inputs: 4000,
  open() {
    const seeds = byteSeeds('cbor');
    return {
      make: (dice) => {
        const origin = dice(3);
        if (origin === 0) return Uint8Array.from(cborBytes(dice));
        if (origin === 1) return bendBytes(pick(dice, seeds), dice);
        return dice(20) > 0 ? bendBytes(Uint8Array.from(cborBytes(dice)), dice) : randomBytes(dice, dice(60));
      },
      feed(input) {
        const bytes = input as Uint8Array;
        const value = tryDecode(bytes);
        if (value !== undefined) requireCanonical(bytes, value);
        for (const { table } of messageTables) attempt(() => decodeMessage(table, bytes));
        if (value instanceof Map) attemptAny(() => decodeCoseKey(value as CborMap));
        attemptAny(() => decodeAuthData(bytes));
      },
      probe() {
        if (!Buffer.from(encodeCbor(decodeCbor(good))).equals(good))
          throw new Finding('A good item is refused.');
      },
    };
  },
};

function tryDecode(bytes: Uint8Array): CborValue | undefined {
  try {
    return decodeCbor(bytes);
  } catch (error) {
    expectKind(error, 'CborError');
    return undefined;
  }
}

function requireCanonical(bytes: Uint8Array, value: CborValue): void {
  if (scanCanonical(bytes) !== bytes.length) throw new Finding('The scanner and the decoder disagree.');
  // The one number that can be read but not written is -2^64.
  if (Buffer.from(bytes).includes('3bffffffffffffffff', 'hex')) return;
  if (!Buffer.from(encodeCbor(value)).equals(bytes))
    throw new Finding('There are two encodings of one value.');
}

function attempt(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
  }
}

/** For readers that have an error of their own; anything that is a slip of the program is none. */
function attemptAny(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error;
  }
}
