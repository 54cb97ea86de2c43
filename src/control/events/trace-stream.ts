import type { TraceFollower } from '../../trace/follow.ts';
import type { EventLog } from './event-log.ts';

/**
 * A trace as a stream, until the client or the server ends it. A piece is made only when the one before was taken, so
 * that a listener who stops reading holds nothing but its place.
 */
export function streamTrace(follower: TraceFollower, log: EventLog): ReadableStream<Uint8Array> {
  let isOver = false;
  let stopWaiting = (): void => undefined;
  /** Ends with the next transaction, with any event (the end of the log is one that nobody tells), or by `stopWaiting`. */
  const more = (): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        stopTrace();
        stopLog();
        resolve();
      };
      const stopTrace = follower.whenMore(end);
      const stopLog = log.whenMore(end);
      stopWaiting = end;
    });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let piece = follower.take();
        while (piece === undefined && !isOver && !log.isClosed) {
          await more();
          piece = follower.take();
        }
        if (piece !== undefined) controller.enqueue(piece);
        else if (!isOver) controller.close();
      },
      cancel() {
        isOver = true;
        stopWaiting();
      },
    },
    { highWaterMark: 1 },
  );
}
