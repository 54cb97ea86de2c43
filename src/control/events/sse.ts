import { eventJson } from './event-json.ts';
import type { EventBatch, EventFilter, EventLog, EventReader } from './event-log.ts';

/** Events in one piece of the stream. */
const pieceSize = 64;
/** Milliseconds of silence after which a comment shows that the connection lives. */
export const heartbeat = 15_000;

/**
 * Events as a stream (HTML, server-sent events): each with the place from which `Last-Event-ID` goes on. A piece is made
 * only when the one before was taken, so that a listener who stops reading holds nothing but its place.
 */
export function streamEvents(log: EventLog, filter: EventFilter, lastPlace: string | undefined): Response {
  const reader = log.reader(filter, lastPlace);
  const encoder = new TextEncoder();
  let stopWaiting = (): void => undefined;
  let isGreeted = false;
  let isOver = (): boolean => log.isClosed;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // The first piece comes at once: it shows the client that it will miss nothing from now on.
        let text = isGreeted ? nextPiece(reader) : `retry: 1000\nid: ${reader.place}\n: ready\n\n`;
        isGreeted = true;
        while (text === undefined && !isOver()) {
          const wait = waitForMore(log);
          stopWaiting = wait.stop;
          text = (await wait.ended) === 'silence' ? ': still here\n\n' : nextPiece(reader);
        }
        if (text !== undefined) controller.enqueue(encoder.encode(text));
        else if (log.isClosed) controller.close();
      },
      cancel: () => {
        isOver = () => true;
        stopWaiting();
      },
    },
    { highWaterMark: 1 },
  );
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  });
}

function nextPiece(reader: EventReader): string | undefined {
  const batch = reader.take(pieceSize);
  return batch && formatBatch(batch);
}

function formatBatch({ dropped, events }: EventBatch): string {
  const lagged =
    dropped === 0 ? [] : [`event: lagged\ndata: ${JSON.stringify({ type: 'lagged', dropped })}\n\n`];
  const told = events.map(
    ({ event, place }) => `id: ${place}\nevent: ${event.type}\ndata: ${eventJson(event)}\n\n`,
  );
  return [...lagged, ...told].join('');
}

interface Wait {
  readonly ended: Promise<'more' | 'silence'>;
  readonly stop: () => void;
}

/** Ends at the next event, after a long silence, or when it is stopped. Leaves no timer behind. */
function waitForMore(log: EventLog): Wait {
  let stop = (): void => undefined;
  const ended = new Promise<'more' | 'silence'>((resolve) => {
    const end = (why: 'more' | 'silence') => {
      forget();
      cancelTimer();
      resolve(why);
    };
    const forget = log.whenMore(() => end('more'));
    const cancelTimer = log.clock.after(heartbeat, () => end('silence'));
    stop = () => end('more');
  });
  return { ended, stop };
}
