import { utf8Bytes } from '../ctap/bytes.ts';
import { jsonLine } from './entry.ts';
import { pcapngPackets } from './pcapng.ts';
import type { Ring } from './ring.ts';
import { viewOf, type ViewOptions } from './view.ts';

export interface FollowOptions extends ViewOptions {
  readonly format: 'json-lines' | 'pcapng';
  /** Begins with what is there already, instead of with what comes. */
  readonly past?: boolean;
}

/** One reader's place in a trace. */
export interface TraceFollower {
  /** What comes next, some transactions at most; undefined when there is nothing yet. */
  take(): Uint8Array | undefined;
  /** Calls back once, at the next transaction. Returns a function that ends the wait. */
  whenMore(callback: () => void): () => void;
}

interface Surroundings {
  /** The start of a capture file. */
  header(time: number): Uint8Array;
  now(): number;
  listen(callback: () => void): () => void;
}

const transactionsInOnePiece = 64;

export function followRing(
  ring: Ring,
  { format, past = false, ...options }: FollowOptions,
  surroundings: Surroundings,
): TraceFollower {
  let place = past ? ring.start : ring.end;
  let isBegun = format !== 'pcapng';
  const next = (): Uint8Array | undefined => {
    const { recordings, place: end } = ring.after(place, transactionsInOnePiece);
    place = end;
    if (recordings.length === 0) return undefined;
    const views = recordings.map((recording) => viewOf(recording, options));
    return format === 'pcapng'
      ? pcapngPackets(views)
      : utf8Bytes(views.map(({ entry }) => jsonLine(entry)).join(''));
  };
  return {
    take() {
      if (isBegun) return next();
      isBegun = true;
      const [first] = ring.after(place, 1).recordings;
      return surroundings.header(first?.packets[0]?.time ?? surroundings.now());
    },
    whenMore(callback) {
      const stop = surroundings.listen(() => {
        stop();
        callback();
      });
      return stop;
    },
  };
}
