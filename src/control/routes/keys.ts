import { z } from 'zod';
import { UsageError } from '../../ports/errors.ts';
import { defineRoute, type RouteGroup } from '../route.ts';
import { document, keyParams, queryFlag } from '../schemas/common.ts';
import { habit, keyDescription, newKey, snapshot } from '../schemas/key.ts';

/** Room for ten thousand credentials with ML-DSA keys and blobs. */
const snapshotLimit = 268_435_456;

export const keyRoutes: RouteGroup = {
  name: 'Keys',
  description: 'The keys of this process: made, plugged in, pulled out, copied, removed.',
  routes: [
    defineRoute({
      method: 'get',
      path: '/keys',
      summary: 'List the keys',
      response: z.array(keyDescription).readonly(),
      handle: ({ context }) => context.host.list().map((key) => key.describe()),
    }),
    defineRoute({
      method: 'post',
      path: '/keys',
      summary: 'Make a key in memory',
      body: newKey,
      response: keyDescription,
      status: 201,
      errors: [409, 503],
      bodyLimit: snapshotLimit,
      handle: async ({ body, context }) => (await context.host.create(body)).describe(),
    }),
    defineRoute({
      method: 'get',
      path: '/keys/{id}',
      summary: 'Read a key',
      params: keyParams,
      response: keyDescription,
      errors: [404],
      handle: ({ context, params }) => context.host.require(params.id).describe(),
    }),
    defineRoute({
      method: 'patch',
      path: '/keys/{id}',
      summary: 'Change what the user of a key does by itself',
      params: keyParams,
      body: z.strictObject({ consent: habit }),
      response: keyDescription,
      errors: [404],
      handle: ({ body, context, params }) => {
        const key = context.host.require(params.id);
        key.user.setHabit(body.consent);
        return key.describe();
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/keys/{id}',
      summary: 'Pull a key out and forget it',
      params: keyParams,
      errors: [404],
      handle: async ({ context, params }) => {
        await context.host.remove(params.id);
        return undefined;
      },
    }),
    ...(['plug', 'unplug', 'power-cycle'] as const).map((movement) =>
      defineRoute({
        method: 'post',
        path: `/keys/{id}/${movement}`,
        summary: {
          plug: 'Plug a key in',
          unplug: 'Pull a key out',
          'power-cycle': 'Pull a key out and put it back',
        }[movement],
        params: keyParams,
        response: keyDescription,
        errors: [404, 409, 503],
        handle: async ({ context, params }) => {
          const key = context.host.require(params.id);
          if (movement === 'plug') await key.plug();
          else if (movement === 'unplug') await key.unplug();
          else await key.powerCycle();
          return key.describe();
        },
      }),
    ),
    defineRoute({
      method: 'post',
      path: '/keys/{id}/reset',
      summary: 'Reset a key to what it was when it left the factory',
      description: 'As authenticatorReset does it: credentials, PIN, fingers and settings go.',
      params: keyParams,
      errors: [404],
      handle: async ({ context, params }) => {
        await context.host.require(params.id).reset();
        return undefined;
      },
    }),
    defineRoute({
      method: 'get',
      path: '/keys/{id}/info',
      summary: 'Read what a key announces: getInfo, profile, counters',
      params: keyParams,
      response: document,
      errors: [404],
      handle: ({ context, params }) => context.host.require(params.id).info(),
    }),
    defineRoute({
      method: 'get',
      path: '/keys/{id}/attestation',
      summary: 'Read the certificates of a key and its metadata statement',
      params: keyParams,
      response: document,
      errors: [404],
      handle: ({ context, params }) => context.host.require(params.id).attestation(),
    }),
    defineRoute({
      method: 'get',
      path: '/keys/{id}/snapshot',
      summary: 'Copy everything that a key holds',
      description:
        'A snapshot holds private keys: it is given only when secrets=true says that this is meant.',
      params: keyParams,
      query: z.strictObject({ secrets: queryFlag }),
      response: snapshot,
      errors: [404],
      handle: ({ context, params, query }) => {
        const key = context.host.require(params.id);
        if (!query.secrets)
          throw new UsageError('A snapshot is of use only with its secrets; say secrets=true.');
        return key.snapshot();
      },
    }),
    defineRoute({
      method: 'put',
      path: '/keys/{id}/snapshot',
      summary: 'Make a key hold what a snapshot holds',
      params: keyParams,
      body: snapshot,
      response: keyDescription,
      errors: [404],
      bodyLimit: snapshotLimit,
      handle: async ({ body, context, params }) => {
        const key = context.host.require(params.id);
        await key.restore(body);
        return key.describe();
      },
    }),
  ],
};
