import { z } from 'zod';
import { streamEvents } from '../events/sse.ts';
import { defineRoute, type RouteGroup } from '../route.ts';
import { textId } from '../schemas/common.ts';
import { controlEvent, eventTypes, laggedEvent } from '../schemas/event.ts';

/** Words with commas between them. */
const typeList = z.codec(z.string(), z.array(z.enum(eventTypes)), {
  decode: (text) => text.split(',') as (typeof eventTypes)[number][],
  encode: (types) => types.join(','),
});

export const eventRoutes: RouteGroup = {
  name: 'Events',
  description: 'Everything that happens, while it happens.',
  routes: [
    defineRoute({
      method: 'get',
      path: '/events',
      summary: 'Follow what happens (server-sent events)',
      description:
        'Each event is an Event. `Last-Event-ID` goes on where a listener stopped. A listener that is too slow gets ' +
        'a `lagged` event with the number of those that were dropped.',
      query: z.strictObject({
        key: textId.describe('Events of this key only').exactOptional(),
        types: typeList.describe('Types of events, with commas between them').exactOptional(),
      }),
      response: z.union([controlEvent, laggedEvent]),
      media: 'text/event-stream',
      handle: ({ context, headers, query }) =>
        streamEvents(context.events, query, headers.get('last-event-id') ?? undefined),
    }),
  ],
};
