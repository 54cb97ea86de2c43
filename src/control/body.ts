import type { Clock } from '../ports/clock.ts';
import { HttpProblem } from './problem.ts';

export const defaultBodyLimit = 1_048_576;
/** Milliseconds in which a whole body has to arrive. */
export const bodyTimeout = 10_000;

/** The JSON of a request; undefined if there is no body. Throws HttpProblem 400, 408, 413 or 415. */
export async function readJson(request: Request, clock: Clock, limit = defaultBodyLimit): Promise<unknown> {
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge(limit);
  const text = await readText(request, clock, limit);
  if (text === '') return undefined;
  // A page of another origin cannot send this type without asking first.
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type))
    throw new HttpProblem(415, 'unsupported-media-type', 'A body has to be application/json.');
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpProblem(400, 'malformed', 'The body is not JSON.');
  }
}

async function readText(request: Request, clock: Clock, limit: number): Promise<string> {
  const reader = request.body?.getReader();
  if (!reader) return '';
  let isLate = false;
  const cancelTimer = clock.after(bodyTimeout, () => {
    isLate = true;
    void reader.cancel().catch(() => undefined);
  });
  try {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      const chunk = piece.value as Uint8Array;
      size += chunk.length;
      if (size > limit) {
        await reader.cancel();
        throw tooLarge(limit);
      }
      pieces.push(chunk);
    }
    if (hasCome(isLate)) return decode(pieces);
    throw new HttpProblem(408, 'timeout', `The body did not arrive within ${bodyTimeout / 1000} seconds.`, {
      connection: 'close',
    });
  } finally {
    cancelTimer();
  }
}

/** The compiler does not see that a timer changes the variable. */
function hasCome(isLate: boolean): boolean {
  return !isLate;
}

function decode(pieces: readonly Uint8Array[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch {
    throw new HttpProblem(400, 'malformed', 'The body is not UTF-8.');
  }
}

function tooLarge(limit: number): HttpProblem {
  return new HttpProblem(413, 'too-large', `A body here has ${limit} bytes at most.`, {
    connection: 'close',
  });
}
