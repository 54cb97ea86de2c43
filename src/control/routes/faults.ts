import { z } from 'zod';
import { UsageError } from '../../ports/errors.ts';
import { defineRoute, type RouteGroup } from '../route.ts';
import { keyParams, textId } from '../schemas/common.ts';
import { activeFault, faultDescription, faultRule } from '../schemas/fault.ts';

export const faultRoutes: RouteGroup = {
  name: 'Faults',
  description: 'What keys can be made to do wrong, and what they do wrong now.',
  routes: [
    defineRoute({
      method: 'get',
      path: '/faults',
      summary: 'List every fault that there is, with its parameters and what others should make of it',
      response: z.array(faultDescription).readonly(),
      handle: ({ context }) => context.host.faultCatalogue,
    }),
    defineRoute({
      method: 'get',
      path: '/keys/{id}/faults',
      summary: 'List the faults in force',
      params: keyParams,
      response: z.array(activeFault).readonly(),
      errors: [404],
      handle: ({ context, params }) => context.host.require(params.id).faults.list(),
    }),
    defineRoute({
      method: 'post',
      path: '/keys/{id}/faults',
      summary: 'Put a fault in force',
      description:
        'For the next N requests, one command, one RP, or always. It concerns requests that start later.',
      params: keyParams,
      body: faultRule,
      response: activeFault,
      status: 201,
      errors: [404],
      handle: ({ body, context, params }) => context.host.require(params.id).faults.add(body),
    }),
    defineRoute({
      method: 'delete',
      path: '/keys/{id}/faults',
      summary: 'End all faults',
      params: keyParams,
      errors: [404],
      handle: ({ context, params }) => {
        context.host.require(params.id).faults.clear();
        return undefined;
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/keys/{id}/faults/{faultId}',
      summary: 'End a fault',
      params: keyParams.extend({ faultId: textId }),
      errors: [404],
      handle: ({ context, params }) => {
        if (!context.host.require(params.id).faults.remove(params.faultId))
          throw new UsageError('The key has no fault with this id (any more).', { problem: 'not-found' });
        return undefined;
      },
    }),
  ],
};
