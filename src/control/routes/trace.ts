import { z } from 'zod';
import { streamTrace } from '../events/trace-stream.ts';
import { defineRoute, type RouteGroup } from '../route.ts';
import { keyParams, queryFlag } from '../schemas/common.ts';

const query = z.strictObject({
  secrets: queryFlag.describe('PIN ciphertexts, tokens and blobs go out only with true').exactOptional(),
  follow: queryFlag
    .describe('Goes on with every transaction that comes; one that is too slow misses some')
    .exactOptional(),
  past: queryFlag.describe('With follow=true: begins with what is there; true unless given').exactOptional(),
});

export const traceRoutes: RouteGroup = {
  name: 'Trace',
  description: 'What passed between a key and its hosts, packet by packet and decoded.',
  routes: [
    defineRoute({
      method: 'get',
      path: '/keys/{id}/trace',
      summary: 'Read the latest transactions as JSON Lines, the oldest first',
      params: keyParams,
      query,
      media: 'application/x-ndjson',
      errors: [404],
      handle: ({ context, params, query: { follow = false, past = true, secrets = false } }) => {
        const { trace } = context.host.require(params.id);
        const body = follow
          ? streamTrace(trace.follow({ format: 'json-lines', past, secrets }), context.events)
          : trace.toJsonLines({ secrets });
        return new Response(body, {
          headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' },
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/keys/{id}/trace.pcapng',
      summary: 'Read the latest transactions as a capture file that Wireshark opens',
      params: keyParams,
      query,
      media: 'application/x-pcapng',
      errors: [404],
      handle: ({ context, params, query: { follow = false, past = true, secrets = false } }) => {
        const { trace } = context.host.require(params.id);
        const body = follow
          ? streamTrace(trace.follow({ format: 'pcapng', past, secrets }), context.events)
          : Uint8Array.from(trace.toPcapng({ secrets }));
        return new Response(body, {
          headers: {
            'content-type': 'application/x-pcapng',
            'content-disposition': `attachment; filename="${params.id}.pcapng"`,
            'cache-control': 'no-store',
          },
        });
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/keys/{id}/trace',
      summary: 'Forget the transactions so far',
      params: keyParams,
      errors: [404],
      handle: ({ context, params }) => {
        context.host.require(params.id).trace.clear();
        return undefined;
      },
    }),
  ],
};
