import { defineRoute, type RouteGroup } from '../route.ts';
import { keyParams } from '../schemas/common.ts';
import { pinAdjustment, pinChange, pinState } from '../schemas/pin.ts';

export const pinRoutes: RouteGroup = {
  name: 'PIN and user verification',
  description: 'The PIN of a key, its retries and those of built-in verification. No answer holds a PIN.',
  routes: [
    defineRoute({
      method: 'get',
      path: '/keys/{id}/pin',
      summary: 'Read the state of the PIN and of user verification',
      params: keyParams,
      response: pinState,
      errors: [404],
      handle: ({ context, params }) => context.host.require(params.id).pin.state(),
    }),
    defineRoute({
      method: 'put',
      path: '/keys/{id}/pin',
      summary: 'Set or replace the PIN',
      params: keyParams,
      body: pinChange,
      response: pinState,
      errors: [404, 409],
      handle: async ({ body, context, params }) => {
        const { pin } = context.host.require(params.id);
        if (body.oldPin === undefined) await pin.set(body.pin);
        else await pin.change(body.oldPin, body.pin);
        return pin.state();
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/keys/{id}/pin',
      summary: 'Set retries, block, or force a change of the PIN',
      params: keyParams,
      body: pinAdjustment,
      response: pinState,
      errors: [404, 409],
      handle: async ({ body, context, params }) => {
        const { pin } = context.host.require(params.id);
        await pin.adjust(body);
        return pin.state();
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/keys/{id}/pin',
      summary: 'Take the PIN away',
      params: keyParams,
      errors: [404, 409],
      handle: async ({ context, params }) => {
        await context.host.require(params.id).pin.remove();
        return undefined;
      },
    }),
  ],
};
