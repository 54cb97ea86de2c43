/** The guest's side of `results.jsonl`. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESULTS_FILE, type GuestEvent } from '../results.ts';
import { SHARE } from './places.ts';

export function emit(event: GuestEvent): void {
  appendFileSync(join(SHARE, RESULTS_FILE), `${JSON.stringify(event)}\n`);
  // The second copy, for a guest that dies before its share is flushed, and for eyes.
  const line = event.event === 'result' ? `${event.outcome} ${event.test}` : event.event;
  appendFileSync('/dev/console', `guest: ${line}\n`);
}

/** How long a step took that is not a test: browsers and keys starting. */
export async function timed<T>(what: string, step: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await step();
  emit({ event: 'note', text: what, ms: Math.round(performance.now() - started) });
  return result;
}
