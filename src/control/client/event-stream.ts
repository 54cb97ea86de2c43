import { setTimeout as sleep } from 'node:timers/promises';
import { controlEvent, laggedEvent } from '../schemas/event.ts';
import { ControlError, type Caller } from './caller.ts';
import { SseParser } from './sse-parser.ts';
import type { ControlEvent, LaggedEvent } from './types.ts';

export interface EventOptions {
  /** Id of a key; all keys unless given. */
  readonly key?: string;
  /** All types unless given. */
  readonly types?: readonly ControlEvent['type'][];
  /** Goes on behind this place, see `EventStream.place`. */
  readonly after?: string;
  /** Ends the stream. */
  readonly signal?: AbortSignal;
}

/** Milliseconds before a connection that broke is made again, and how often that may fail in a row. */
const retryDelay = 500;
const retries = 5;

/**
 * Events from the moment on at which it was opened. A connection that breaks is made again, and goes on where it broke.
 * Leaving the loop, `close` or the signal end it.
 */
export class EventStream implements AsyncIterable<ControlEvent | LaggedEvent> {
  readonly #caller: Caller;
  readonly #options: EventOptions;
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  readonly #parser = new SseParser();
  #response: Response | undefined;
  readonly #events: AsyncGenerator<ControlEvent | LaggedEvent, void>;
  /** What was waited for in vain; the next one who waits gets it. */
  #pending: Promise<IteratorResult<ControlEvent | LaggedEvent, void>> | undefined;

  private constructor(caller: Caller, options: EventOptions) {
    this.#caller = caller;
    this.#options = options;
    this.#signal = options.signal
      ? AbortSignal.any([options.signal, this.#ended.signal])
      : this.#ended.signal;
    this.#events = this.#read();
    this.#parser.lastId = options.after;
  }

  /** Resolves when the server listens: whatever happens from then on is told. Throws ControlError. */
  static async open(caller: Caller, options: EventOptions = {}): Promise<EventStream> {
    const stream = new EventStream(caller, options);
    stream.#response = await stream.#connect();
    return stream;
  }

  /** Where another stream can go on, by `after`. */
  get place(): string | undefined {
    return this.#parser.lastId;
  }

  [Symbol.asyncIterator](): AsyncIterator<ControlEvent | LaggedEvent, void> {
    return {
      next: () => {
        const next = this.#pending ?? this.#events.next();
        this.#pending = undefined;
        return next;
      },
      return: () => {
        this.close();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** The next event that fits; others are passed over. Throws ControlError `timeout`, or when the stream ends. */
  async next<T extends ControlEvent>(
    fits: (event: ControlEvent) => event is T,
    timeoutMs?: number,
  ): Promise<T>;
  async next(fits?: (event: ControlEvent) => boolean, timeoutMs?: number): Promise<ControlEvent>;
  async next(fits: (event: ControlEvent) => boolean = () => true, timeoutMs = 10_000): Promise<ControlEvent> {
    const late = new AbortController();
    const timeout = sleep(timeoutMs, undefined, { signal: late.signal }).then(
      () => 'late' as const,
      () => 'late' as const,
    );
    try {
      for (;;) {
        this.#pending ??= this.#events.next();
        const step = await Promise.race([this.#pending, timeout]);
        if (step === 'late')
          throw new ControlError(0, 'timeout', `No such event came within ${timeoutMs} ms.`);
        this.#pending = undefined;
        if (step.done) throw new ControlError(0, 'closed', 'The stream of events has ended.');
        if (step.value.type !== 'lagged' && fits(step.value)) return step.value;
      }
    } finally {
      late.abort();
    }
  }

  /** A second call is harmless. */
  close(): void {
    this.#ended.abort();
  }

  async #connect(): Promise<Response> {
    const { key, types } = this.#options;
    const place = this.#parser.lastId;
    return this.#caller.raw('GET', '/events', undefined, {
      query: { key, types: types?.join(',') },
      headers: place === undefined ? {} : { 'last-event-id': place },
      signal: this.#signal,
    });
  }

  async *#read(): AsyncGenerator<ControlEvent | LaggedEvent, void> {
    try {
      for (;;) {
        const response = this.#response ?? (await this.#reconnect());
        this.#response = undefined;
        if (!response) return;
        yield* this.#readOne(response);
        if (this.#signal.aborted) return;
      }
    } finally {
      this.#ended.abort();
    }
  }

  /** Ends quietly when the connection breaks: the caller of this decides what then. */
  async *#readOne({ body }: Response): AsyncGenerator<ControlEvent | LaggedEvent, void> {
    if (!body) return;
    const reader = body.getReader();
    // A server in this process does not see the signal of the request.
    const onAbort = () => void reader.cancel().catch(() => undefined);
    this.#signal.addEventListener('abort', onAbort, { once: true });
    if (this.#signal.aborted) onAbort();
    const decoder = new TextDecoder();
    try {
      for (let piece = await readPiece(reader); piece; piece = await readPiece(reader))
        for (const message of this.#parser.push(decoder.decode(piece, { stream: true }))) {
          const event = decodeEvent(message.event, message.data);
          if (event) yield event;
        }
    } finally {
      this.#signal.removeEventListener('abort', onAbort);
      onAbort();
    }
  }

  async #reconnect(): Promise<Response | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        await sleep(retryDelay, undefined, { signal: this.#signal });
        return await this.#connect();
      } catch (error) {
        if (this.#signal.aborted) return undefined;
        const isGone = error instanceof ControlError && error.code !== 'unreachable';
        if (isGone || attempt >= retries) throw error;
      }
    }
  }
}

/** Undefined at the end, and when the connection broke. */
async function readPiece(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return (await reader.read()).value;
  } catch {
    return undefined;
  }
}

/** Undefined for an event that this version does not know. */
function decodeEvent(type: string, data: string): ControlEvent | LaggedEvent | undefined {
  const json: unknown = JSON.parse(data);
  return (type === 'lagged' ? laggedEvent : controlEvent).safeParse(json).data;
}
