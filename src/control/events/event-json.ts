import { z } from 'zod';
import type { HostEvent } from '../handle.ts';
import { controlEvent } from '../schemas/event.ts';
import { noteView } from '../views.ts';

type WireEvent = z.output<typeof controlEvent>;

const texts = new WeakMap<HostEvent, string>();

/** An event as JSON; made once, however many listen. */
export function eventJson(event: HostEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = JSON.stringify(z.encode(controlEvent, wireEvent(event)));
  texts.set(event, text);
  return text;
}

function wireEvent(event: HostEvent): WireEvent {
  if ('credential' in event) return { ...event, credential: noteView(event.credential) };
  if (event.type !== 'defect') return event;
  const { error, ...rest } = event;
  return { ...rest, message: error instanceof Error ? error.message : String(error) };
}
