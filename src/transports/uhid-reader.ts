import { Worker } from 'node:worker_threads';
import { uhidEventSize, uhidStopType } from './uhid-codec.ts';

/** Events that may wait for the main thread: two of the longest messages. */
const slots = 256;

// Members of the shared control block.
const written = 0;
const taken = 1;
const notified = 2;
const ending = 3;

/**
 * Reads in a thread of its own. The kernel keeps 31 events and throws away more ("Output queue is full" in its log), and
 * a client writes the packets of a long message faster than reads through the thread pool can take them; this loop does
 * nothing but read. On a slow machine even that is too slow: only requests of up to 31 packets, 1827 bytes, are certain
 * to arrive, so a key on uhid should announce no greater maxMsgSize.
 *
 * It is text because a worker's file has one name in the sources and another once built.
 */
const program = `
  const { readSync } = require('node:fs');
  const { parentPort, workerData } = require('node:worker_threads');
  const { fd, events, control, size, slots, stop } = workerData;
  for (let last = false, count = 0; !last; count++) {
    for (;;) {
      const taken = Atomics.load(control, ${taken});
      if (count - taken < slots) break;
      Atomics.wait(control, ${taken}, taken);
    }
    const offset = (count % slots) * size;
    const length = readSync(fd, events, offset, size, null);
    if (length === 0) throw new Error('end of file');
    events.fill(0, offset + length, offset + size);
    last = events[offset] === stop && Atomics.load(control, ${ending}) === 1;
    Atomics.store(control, ${written}, count + 1);
    if (Atomics.exchange(control, ${notified}, 1) === 0) parentPort.postMessage(0);
  }
`;

/** Events that are handed out one after the other before timers and other input get their turn. */
const turn = 64;

/** Events from a file descriptor, in order. */
export interface UhidReader {
  /** The next event; rejects when the file cannot be read any more. One call at a time. */
  read(): Promise<Uint8Array>;
  /** The next STOP is the last event: the thread ends with it. */
  endAfterStop(): void;
  /** Resolves when the thread has ended. */
  ended(): Promise<void>;
}

/** Starts to read `fd` at once, `size` bytes for an event. The process cannot end while the thread waits for an event. */
export function startUhidReader(fd: number, size = uhidEventSize): UhidReader {
  const events = new Uint8Array(new SharedArrayBuffer(slots * size));
  const control = new Int32Array(new SharedArrayBuffer(16));
  const workerData = { fd, events, control, size, slots, stop: uhidStopType };
  const worker = new Worker(program, { eval: true, workerData });
  const exit = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  let failure: Error | undefined;
  let reader: { resolve(event: Uint8Array): void; reject(error: Error): void } | undefined;

  function take(): Uint8Array | undefined {
    const count = Atomics.load(control, taken);
    if (count === Atomics.load(control, written)) return undefined;
    const offset = (count % slots) * size;
    const event = events.slice(offset, offset + size);
    Atomics.store(control, taken, count + 1);
    Atomics.notify(control, taken);
    return event;
  }

  worker.on('message', () => {
    // Cleared before looking: an event that comes after the look then sends a message of its own.
    Atomics.store(control, notified, 0);
    const event = reader && take();
    if (!event) return;
    reader?.resolve(event);
    reader = undefined;
  });
  worker.on('error', (error) => {
    failure = error;
    reader?.reject(error);
  });
  return {
    read() {
      const event = take();
      if (event && Atomics.load(control, taken) % turn !== 0) return Promise.resolve(event);
      if (event) return new Promise((resolve) => setImmediate(resolve, event));
      if (failure) return Promise.reject(failure);
      return new Promise((resolve, reject) => (reader = { resolve, reject }));
    },
    endAfterStop: () => void Atomics.store(control, ending, 1),
    ended: () => exit,
  };
}
