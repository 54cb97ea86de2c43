import { z } from 'zod';
import type { JsonObject } from '../../trace/entry.ts';
import { document, instant } from './common.ts';
import { credentialNote } from './credential.ts';
import { faultCommandNames } from './fault.ts';
import { keyDescription } from './key.ts';
import { answeredBy, consentAnswer, question } from './user.ts';

function event<T extends string, M extends z.ZodRawShape>(type: T | readonly [T, ...T[]], members: M) {
  const id = z.int().meta({ description: 'Counts up over all keys, without gaps' });
  const name = typeof type === 'string' ? z.literal(type) : z.enum(type);
  return z.object({ type: name, id, time: instant, key: z.string(), ...members });
}

/** Decoded CTAP, member by member. */
const json = z.custom<JsonObject>((value) => document.safeParse(value).success);

/** What happened, in the form in which it goes out. */
export const controlEvent = z
  .discriminatedUnion('type', [
    event('key-created', { description: keyDescription }),
    event('key-removed', {}),
    event('plugged', { addresses: z.array(z.string()).readonly() }),
    event('unplugged', {}),
    event('power-cycle', {}),
    event(['credential-created', 'credential-used', 'credential-changed', 'credential-deleted'], {
      credential: credentialNote,
      by: z.enum(['host', 'control']),
    }),
    event('question', { question }),
    event('answer', {
      question,
      answer: consentAnswer,
      by: answeredBy,
      policy: z.string().exactOptional(),
    }),
    event('wink', {}),
    event('command', {
      protocol: z.enum(['ctap2', 'u2f']),
      number: z.int().meta({ description: 'Number of the transaction in the trace' }),
      host: z.int(),
      channel: z.string(),
      command: z.string(),
      status: z.string(),
      durationMs: z.number(),
      cancelled: z.boolean(),
      request: json.exactOptional(),
      response: json.exactOptional(),
      detail: z.string().exactOptional(),
    }),
    event('fault', {
      rule: z.string(),
      fault: z.string(),
      command: z.enum(faultCommandNames),
      rpId: z.string().exactOptional(),
      remaining: z.int().exactOptional(),
    }),
    event('transport', { transport: z.string(), message: z.string() }),
    event('defect', { message: z.string() }),
  ])
  .meta({ id: 'Event' });

/** The listener was too slow, or came back too late: events were left out. `null`: nobody knows how many. */
export const laggedEvent = z
  .object({ type: z.literal('lagged'), dropped: z.int().nullable() })
  .meta({ id: 'LaggedEvent' });

export const eventTypes = [
  'key-created',
  'key-removed',
  'plugged',
  'unplugged',
  'power-cycle',
  'credential-created',
  'credential-used',
  'credential-changed',
  'credential-deleted',
  'question',
  'answer',
  'wink',
  'command',
  'fault',
  'transport',
  'defect',
] as const satisfies readonly z.output<typeof controlEvent>['type'][];
