import type { Recording } from './recording.ts';

export interface RingLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** Bytes that objects around a packet or a transaction take, roughly. */
const packetOverhead = 120;
const recordingOverhead = 400;

function sizeOf({ packets, request, response }: Recording): number {
  const payloads = (request?.payload.length ?? 0) + (response?.payload.length ?? 0);
  return packets.reduce(
    (sum, { report }) => sum + report.length + packetOverhead,
    recordingOverhead + payloads,
  );
}

/** The latest transactions. The last one is always kept, however large it is. */
export class Ring {
  readonly #limits: RingLimits;
  #entries: { readonly recording: Recording; readonly size: number }[] = [];
  #first = 0;
  #bytes = 0;
  /** How many there ever were. */
  #count = 0;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The place behind the last transaction, and before the first one that is left. */
  get end(): number {
    return this.#count;
  }

  get start(): number {
    return this.#count - (this.#entries.length - this.#first);
  }

  push(recording: Recording): void {
    const size = sizeOf(recording);
    this.#entries.push({ recording, size });
    this.#bytes += size;
    this.#count++;
    while (this.#isFull()) {
      this.#bytes -= this.#entries[this.#first]?.size ?? 0;
      this.#first++;
    }
    // Moved together now and then, so that forgetting costs nothing.
    if (this.#first > this.#entries.length / 2) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }

  all(): readonly Recording[] {
    return this.#entries.slice(this.#first).map(({ recording }) => recording);
  }

  /** Those behind a place, at most so many, and the place behind them. What is gone is left out. */
  after(place: number, most: number): { readonly recordings: readonly Recording[]; readonly place: number } {
    const from = Math.max(place, this.start);
    const index = this.#first + from - this.start;
    const recordings = this.#entries.slice(index, index + most).map(({ recording }) => recording);
    return { recordings, place: from + recordings.length };
  }

  clear(): void {
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  #isFull(): boolean {
    const count = this.#entries.length - this.#first;
    return count > 1 && (count > this.#limits.maxEntries || this.#bytes > this.#limits.maxBytes);
  }
}
