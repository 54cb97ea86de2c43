import { createHash } from 'node:crypto';
import type { Random } from '../../src/ports/random.ts';

/** The same bytes in every run: SHA-256 of the seed and a counter, block after block. */
export function createSeededRandom(seed: string): Random {
  let counter = 0;
  return {
    bytes: (length) => {
      const blocks: Buffer[] = [];
      for (let have = 0; have < length; have += 32) {
        blocks.push(createHash('sha256').update(`${seed}:${counter++}`).digest());
      }
      return Uint8Array.from(Buffer.concat(blocks).subarray(0, length));
    },
  };
}
