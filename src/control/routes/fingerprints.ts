import { z } from 'zod';
import { UsageError } from '../../ports/errors.ts';
import { defineRoute, type RouteGroup } from '../route.ts';
import { bytes, keyParams } from '../schemas/common.ts';
import { finger, fingerName } from '../schemas/pin.ts';

const params = keyParams.extend({ fingerId: bytes(1, 255) });

export const fingerprintRoutes: RouteGroup = {
  name: 'Fingers',
  description: 'Fingers that the simulated sensor of a key knows.',
  routes: [
    defineRoute({
      method: 'get',
      path: '/keys/{id}/fingerprints',
      summary: 'List the enrolled fingers',
      params: keyParams,
      response: z.array(finger).readonly(),
      errors: [404],
      handle: ({ context, params: { id } }) => context.host.require(id).fingerprints.list(),
    }),
    defineRoute({
      method: 'post',
      path: '/keys/{id}/fingerprints',
      summary: 'Enrol a finger',
      params: keyParams,
      body: fingerName,
      response: finger,
      status: 201,
      errors: [404, 409],
      handle: ({ body, context, params: { id } }) => context.host.require(id).fingerprints.add(body.name),
    }),
    defineRoute({
      method: 'patch',
      path: '/keys/{id}/fingerprints/{fingerId}',
      summary: 'Rename a finger',
      params,
      body: z.strictObject({ name: z.string().max(255) }),
      response: finger,
      errors: [404, 409],
      handle: ({ body, context, params: { fingerId, id } }) =>
        context.host.require(id).fingerprints.rename(fingerId, body.name),
    }),
    defineRoute({
      method: 'delete',
      path: '/keys/{id}/fingerprints/{fingerId}',
      summary: 'Forget a finger',
      params,
      errors: [404, 409],
      handle: async ({ context, params: { fingerId, id } }) => {
        if (!(await context.host.require(id).fingerprints.remove(fingerId)))
          throw new UsageError('There is no finger with this id.', { problem: 'not-found' });
        return undefined;
      },
    }),
  ],
};
