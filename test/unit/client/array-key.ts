import { decodeCbor } from '../../../src/cbor/decode.ts';
import { encodeCbor } from '../../../src/cbor/encode.ts';
import { cborMap } from '../../../src/cbor/map.ts';
import type { CborMap } from '../../../src/cbor/value.ts';
import type { CommandSender } from '../../../src/client/command-sender.ts';
import { CtapStatusError } from '../../../src/client/errors.ts';
import { ctapStatus } from '../../../src/ctap/status.ts';

/** A key that knows authenticatorLargeBlobs only, and checks nothing but the order of fragments. */
export interface ArrayKey extends CommandSender {
  array: Uint8Array;
  /** Parameters of the writes so far. */
  readonly writes: readonly CborMap[];
  /** When set, every write is refused with this status. */
  refusal: number | undefined;
}

export function createArrayKey(initial: Uint8Array): ArrayKey {
  const writes: CborMap[] = [];
  let upload: number[] = [];
  const key: ArrayKey = {
    array: initial,
    writes,
    refusal: undefined,
    send: () => Promise.reject(new Error('not in use')),
    request: (_, parameters) => {
      const members = decodeCbor(encodeCbor(parameters ?? null)) as CborMap;
      const offset = members.get(3) as number;
      const fragment = members.get(2);
      if (fragment === undefined) {
        const end = offset + (members.get(1) as number);
        return Promise.resolve(encodeCbor(cborMap([[1, key.array.slice(offset, end)]])));
      }
      if (key.refusal !== undefined) return Promise.reject(new CtapStatusError(key.refusal));
      writes.push(members);
      if (offset === 0) upload = [];
      if (offset !== upload.length) return Promise.reject(new CtapStatusError(ctapStatus.INVALID_SEQ));
      upload.push(...(fragment as Uint8Array));
      if (upload.length === writes.findLast((write) => write.has(4))?.get(4))
        key.array = Uint8Array.from(upload);
      return Promise.resolve(new Uint8Array());
    },
  };
  return key;
}
