import { randomBytes } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';
import type { HostEvent, KeyHost } from '../handle.ts';

/** Events that are kept for listeners that are slow or come back. */
export const eventCapacity = 2000;

/** Which events a listener wants; what is left out matches all. */
export interface EventFilter {
  readonly key?: string;
  readonly types?: readonly HostEvent['type'][];
}

/** What a listener gets next. */
export interface EventBatch {
  /** Each with the place behind it. */
  readonly events: readonly { readonly event: HostEvent; readonly place: string }[];
  /** Events that were gone before they could be given; `null` if nobody knows how many. */
  readonly dropped: number | null;
}

/**
 * The last events of a host. Listeners read them at their own pace, each from its own place: whoever is slow misses
 * some and is told so, and costs the others nothing.
 */
export class EventLog {
  readonly clock: Clock;
  readonly #capacity: number;
  readonly #ring: HostEvent[] = [];
  readonly #wakers = new Set<() => void>();
  /** Tells places in this log from those in another, after a restart. */
  readonly #epoch = randomBytes(4).toString('hex');
  readonly #unsubscribe: () => void;
  /** How many events there were. */
  #count = 0;
  #closed = false;

  constructor(host: KeyHost, clock: Clock, capacity = eventCapacity) {
    this.clock = clock;
    this.#capacity = capacity;
    this.#unsubscribe = host.subscribe((event) => this.#take(event));
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** A reader that begins now, or behind the event with this place; after a restart, at the oldest that is left. */
  reader(filter: EventFilter = {}, lastPlace?: string): EventReader {
    const [, epoch, digits = ''] = /^([0-9a-f]{8})-(\d{1,15})$/.exec(lastPlace ?? '') ?? [];
    if (lastPlace === undefined) return new EventReader(this, filter, this.#count, false);
    const isKnown = epoch === this.#epoch && Number(digits) <= this.#count;
    return isKnown
      ? new EventReader(this, filter, Number(digits), false)
      : new EventReader(this, filter, this.#count - this.#ring.length, true);
  }

  /** Text that names the place behind the first `count` events. */
  placeOf(count: number): string {
    return `${this.#epoch}-${count}`;
  }

  /** The event behind the first `count` ones, or how many are gone from there on. */
  at(count: number): { readonly event?: HostEvent; readonly gone: number } {
    const oldest = this.#count - this.#ring.length;
    if (count < oldest) return { gone: oldest - count };
    const event = this.#ring[count - oldest];
    return { gone: 0, ...(event && { event }) };
  }

  /** Calls back once, at the next event or when the log is closed. Returns a function that ends the wait. */
  whenMore(callback: () => void): () => void {
    this.#wakers.add(callback);
    return () => void this.#wakers.delete(callback);
  }

  /** Ends all waits: no event comes any more. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#wake();
  }

  #take(event: HostEvent): void {
    this.#ring.push(event);
    if (this.#ring.length > this.#capacity) this.#ring.shift();
    this.#count += 1;
    this.#wake();
  }

  #wake(): void {
    const wakers = [...this.#wakers];
    this.#wakers.clear();
    for (const wake of wakers) wake();
  }
}

/** One listener's place in the log. */
export class EventReader {
  readonly #log: EventLog;
  readonly #filter: EventFilter;
  #next: number;
  /** The place that was asked for is of another log. */
  #isLost: boolean;

  constructor(log: EventLog, filter: EventFilter, next: number, isLost: boolean) {
    this.#log = log;
    this.#filter = filter;
    this.#next = next;
    this.#isLost = isLost;
  }

  /** Where a listener goes on that has read everything up to here. */
  get place(): string {
    return this.#log.placeOf(this.#next);
  }

  /** The next events that the filter lets through, at most `most`; undefined when there are none yet. */
  take(most: number): EventBatch | undefined {
    const events: { event: HostEvent; place: string }[] = [];
    let dropped: number | null = this.#isLost ? null : 0;
    const wasLost = this.#isLost;
    this.#isLost = false;
    while (events.length < most) {
      const { event, gone } = this.#log.at(this.#next);
      // What was dropped is told before what follows it.
      if (gone > 0 && events.length > 0) break;
      if (gone > 0 && dropped !== null) dropped += gone;
      if (!event && gone === 0) break;
      this.#next += event ? 1 : gone;
      if (event && this.#wants(event)) events.push({ event, place: this.place });
    }
    return events.length > 0 || dropped !== 0 || wasLost ? { events, dropped } : undefined;
  }

  #wants({ key, type }: HostEvent): boolean {
    const { key: wanted, types } = this.#filter;
    return (wanted === undefined || wanted === key) && (types?.includes(type) ?? true);
  }
}
