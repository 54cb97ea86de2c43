import type { Clock } from '../ports/clock.ts';
import type { UsbIdentity } from '../ports/hid.ts';
import type { PortWrappers } from '../ports/port-wrappers.ts';
import { jsonLine, type TraceEntry } from './entry.ts';
import { followRing, type FollowOptions, type TraceFollower } from './follow.ts';
import { encodePcapng, pcapngHeader } from './pcapng.ts';
import { Ring, type RingLimits } from './ring.ts';
import type { Recording } from './recording.ts';
import { tapEndpoint } from './tap.ts';
import { viewOf, type ViewOptions } from './view.ts';

export interface TraceOptions extends Partial<RingLimits> {
  readonly clock: Clock;
}

/** What the ring holds unless told otherwise. */
export const defaultTraceLimits: RingLimits = { maxEntries: 2000, maxBytes: 16 * 1024 * 1024 };

/**
 * Everything that passes between one key and its hosts. Secrets are taken out of what it shows unless they are asked
 * for (docs/trace.md); in its memory they stay.
 */
export interface Trace {
  /** To be given to the key, behind any faults: the trace then shows what hosts really see. */
  readonly wrap: PortWrappers;
  /** The latest transactions that are over, the oldest first. */
  entries(options?: ViewOptions): readonly TraceEntry[];
  /** Tells each transaction when it is over. Returns a function that ends it. A listener must not throw. */
  subscribe(listener: (entry: TraceEntry) => void, options?: ViewOptions): () => void;
  /** A reader at its own pace: one that is slow misses what the ring forgets, and costs nobody anything. */
  follow(options: FollowOptions): TraceFollower;
  clear(): void;
  /** One entry to a line. */
  toJsonLines(options?: ViewOptions): string;
  /** A capture file with the USB link type, for Wireshark. */
  toPcapng(options?: ViewOptions): Uint8Array;
}

const nobody: UsbIdentity = {
  vendorId: 0,
  productId: 0,
  manufacturer: '',
  product: '',
  serial: '',
  version: [0, 0, 0],
};

export function createTrace({ clock, ...limits }: TraceOptions): Trace {
  const ring = new Ring({ ...defaultTraceLimits, ...limits });
  const listeners = new Set<(recording: Recording) => void>();
  let identity = nobody;
  let numbers = 0;
  let hosts = 0;
  const listen = (listener: (recording: Recording) => void): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const wrap: PortWrappers = {
    endpoint(inner) {
      identity = inner.identity;
      return tapEndpoint(inner, {
        clock,
        nextNumber: () => ++numbers,
        nextHost: () => ++hosts,
        record(recording) {
          ring.push(recording);
          for (const listener of [...listeners]) listener(recording);
        },
      });
    },
  };
  return {
    wrap,
    entries: (options) => ring.all().map((recording) => viewOf(recording, options).entry),
    subscribe: (listener, options) => listen((recording) => listener(viewOf(recording, options).entry)),
    follow: (options) =>
      followRing(ring, options, {
        header: (time) => pcapngHeader(identity, time),
        now: () => clock.wall(),
        listen: (callback) => listen(callback),
      }),
    clear: () => ring.clear(),
    toJsonLines: (options) =>
      ring
        .all()
        .map((recording) => jsonLine(viewOf(recording, options).entry))
        .join(''),
    toPcapng: (options) =>
      encodePcapng(
        identity,
        ring.all().map((recording) => viewOf(recording, options)),
        clock.wall(),
      ),
  };
}
