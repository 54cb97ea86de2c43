import type { Random } from '../ports/random.ts';
import { broadcastChannel, reservedChannel } from './packet.ts';

/** SPEC-SILENT §11.2.3: a host has at most this many channels; one more displaces the one it has not used longest. */
export const channelsPerHost = 256;

/**
 * Which channel belongs to which host (CTAP 2.3 §11.2.3). A channel is unique among the live ones of all hosts, because
 * the hosts share one device.
 */
export class ChannelTable<Host extends object> {
  readonly #random: Random;
  readonly #owners = new Map<number, Host>();
  /** The channels of each host, least recently used first. */
  readonly #channels = new Map<Host, Set<number>>();

  constructor(random: Random) {
    this.#random = random;
  }

  ownerOf(channel: number): Host | undefined {
    return this.#owners.get(channel);
  }

  /** A new channel for `host`. `isBusy` names channels that must not be displaced by it. */
  allocate(host: Host, isBusy: (channel: number) => boolean): number {
    const bytes = this.#random.bytes(4);
    let channel = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
    // Steps on from a taken number instead of drawing again, so that it ends with any source of numbers.
    while (this.#isTaken(channel)) channel = (channel + 1) >>> 0;
    this.claim(channel, host, isBusy);
    return channel;
  }

  /** Gives `host` a channel that nobody has, or notes that it used its own. */
  claim(channel: number, host: Host, isBusy: (channel: number) => boolean): void {
    const channels = this.#channels.get(host) ?? new Set();
    channels.delete(channel);
    if (channels.size >= channelsPerHost) this.#displaceOne(channels, isBusy);
    channels.add(channel);
    this.#channels.set(host, channels);
    this.#owners.set(channel, host);
  }

  /** The host is gone. */
  release(host: Host): void {
    for (const channel of this.#channels.get(host) ?? []) this.#owners.delete(channel);
    this.#channels.delete(host);
  }

  clear(): void {
    this.#owners.clear();
    this.#channels.clear();
  }

  #isTaken(channel: number): boolean {
    return channel === reservedChannel || channel === broadcastChannel || this.#owners.has(channel);
  }

  #displaceOne(channels: Set<number>, isBusy: (channel: number) => boolean): void {
    for (const channel of channels) {
      if (isBusy(channel)) continue;
      channels.delete(channel);
      this.#owners.delete(channel);
      return;
    }
  }
}
