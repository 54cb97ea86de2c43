import { z } from 'zod';
import { defineRoute, type RouteGroup } from '../route.ts';
import { keyParams, queryFlag } from '../schemas/common.ts';

const query = z.strictObject({
  secrets: queryFlag.describe('PIN ciphertexts, tokens and blobs go out only with true').exactOptional(),
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
      handle: ({ context, params, query: { secrets = false } }) =>
        new Response(context.host.require(params.id).trace.toJsonLines({ secrets }), {
          headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' },
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/keys/{id}/trace.pcapng',
      summary: 'Read the latest transactions as a capture file that Wireshark opens',
      params: keyParams,
      query,
      media: 'application/x-pcapng',
      errors: [404],
      handle: ({ context, params, query: { secrets = false } }) =>
        new Response(Uint8Array.from(context.host.require(params.id).trace.toPcapng({ secrets })), {
          headers: {
            'content-type': 'application/x-pcapng',
            'content-disposition': `attachment; filename="${params.id}.pcapng"`,
            'cache-control': 'no-store',
          },
        }),
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
