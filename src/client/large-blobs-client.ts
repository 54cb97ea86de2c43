import { cborMap } from '../cbor/map.ts';
import { concatBytes } from '../ctap/bytes.ts';
import { ctapCommand } from '../ctap/command.ts';
import type { CommandSender } from './command-sender.ts';
import type { PinUvAuthToken, Platform } from './pin-protocol.ts';
import { decodeLargeBlobFragment } from './responses.ts';

/** getInfo 0x05 when it is absent. */
const defaultMaxMsgSize = 1024;

/** The longest fragment for a key with this maxMsgSize (CTAP 2.3 §6.10.2). */
export function maxFragmentLength(maxMsgSize = defaultMaxMsgSize): number {
  return maxMsgSize - 64;
}

/** Parameters of a write of one fragment. */
export interface FragmentWrite {
  readonly fragment: Uint8Array;
  readonly offset: number;
  /** Of the whole array; only with the first fragment. */
  readonly length?: number;
}

/** authenticatorLargeBlobs (CTAP 2.3 §6.10): the serialized array as bytes. Tokens need permission lbw. */
export class LargeBlobsClient {
  readonly #sender: CommandSender;
  readonly #platform: Platform;

  constructor(sender: CommandSender, platform: Platform) {
    this.#sender = sender;
    this.#platform = platform;
  }

  async getFragment(offset: number, length: number): Promise<Uint8Array> {
    const members = cborMap([
      [0x01, length],
      [0x03, offset],
    ]);
    return decodeLargeBlobFragment(await this.#sender.request(ctapCommand.largeBlobs, members));
  }

  async setFragment({ fragment, offset, length }: FragmentWrite, token?: PinUvAuthToken): Promise<void> {
    const members = cborMap([
      [0x02, fragment],
      [0x03, offset],
      [0x04, length],
      [0x05, token?.authenticate(this.#authenticated(fragment, offset))],
      [0x06, token?.version],
    ]);
    await this.#sender.request(ctapCommand.largeBlobs, members);
  }

  /** The whole serialized array with its checksum. Reads until a fragment is shorter than asked for. */
  async read(fragmentLength = maxFragmentLength()): Promise<Uint8Array> {
    const fragments: Uint8Array[] = [];
    for (let offset = 0; ; offset += fragmentLength) {
      const fragment = await this.getFragment(offset, fragmentLength);
      fragments.push(fragment);
      if (fragment.length < fragmentLength) return concatBytes(...fragments);
    }
  }

  /** Replaces the array; `array` carries its checksum. */
  async write(
    array: Uint8Array,
    token?: PinUvAuthToken,
    fragmentLength = maxFragmentLength(),
  ): Promise<void> {
    for (let offset = 0; offset < array.length; offset += fragmentLength) {
      const fragment = array.subarray(offset, offset + fragmentLength);
      const first = offset === 0 ? { length: array.length } : {};
      await this.setFragment({ fragment, offset, ...first }, token);
    }
  }

  /** CTAP 2.3 §6.10.2: the offset is little-endian, unlike everything else. */
  #authenticated(fragment: Uint8Array, offset: number): Uint8Array {
    const position = new Uint8Array(4);
    new DataView(position.buffer).setUint32(0, offset, true);
    return concatBytes(
      new Uint8Array(32).fill(0xff),
      Uint8Array.of(ctapCommand.largeBlobs, 0x00),
      position,
      this.#platform.crypto.sha256(fragment),
    );
  }
}
