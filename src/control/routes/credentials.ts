import { z } from 'zod';
import { UsageError } from '../../ports/errors.ts';
import { defineRoute, type RouteGroup } from '../route.ts';
import { bytes, keyParams, queryFlag } from '../schemas/common.ts';
import { credential, credentialChange, newCredential } from '../schemas/credential.ts';
import { credentialView, readCredentialChange, readNewCredential } from '../views.ts';

const params = keyParams.extend({ credentialId: bytes(1, 1023) });
const secrets = queryFlag.describe('Private keys and other secrets go out only with true').exactOptional();

function noSuchCredential(): UsageError {
  return new UsageError('The key has no credential with this id.', { problem: 'no-such-credential' });
}

export const credentialRoutes: RouteGroup = {
  name: 'Credentials',
  description: 'What a key holds. Members are named as in W3C WebDriver and in exported documents.',
  routes: [
    defineRoute({
      method: 'get',
      path: '/keys/{id}/credentials',
      summary: 'List the credentials, newest first',
      params: keyParams,
      query: z.strictObject({ secrets, rpId: z.string().exactOptional() }),
      response: z.array(credential).readonly(),
      errors: [404],
      handle: ({ context, params: { id }, query }) =>
        context.host
          .require(id)
          .credentials.list()
          .filter(({ rpId }) => query.rpId === undefined || query.rpId === rpId)
          .map((found) => credentialView(found, query.secrets === true)),
    }),
    defineRoute({
      method: 'post',
      path: '/keys/{id}/credentials',
      summary: 'Put a credential into a key',
      params: keyParams,
      body: newCredential,
      response: credential,
      status: 201,
      errors: [404, 409],
      bodyLimit: 4_194_304,
      handle: async ({ body, context, params: { id } }) =>
        credentialView(await context.host.require(id).credentials.add(readNewCredential(body)), false),
    }),
    defineRoute({
      method: 'delete',
      path: '/keys/{id}/credentials',
      summary: 'Remove all credentials',
      description: 'The PIN and the settings stay.',
      params: keyParams,
      response: z.object({ removed: z.int() }),
      errors: [404],
      handle: async ({ context, params: { id } }) => ({
        removed: await context.host.require(id).credentials.clear(),
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/keys/{id}/credentials/{credentialId}',
      summary: 'Read a credential',
      params,
      query: z.strictObject({ secrets }),
      response: credential,
      errors: [404],
      handle: ({ context, params: { id, credentialId }, query }) => {
        const found = context.host.require(id).credentials.get(credentialId);
        if (!found) throw noSuchCredential();
        return credentialView(found, query.secrets === true);
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/keys/{id}/credentials/{credentialId}',
      summary: 'Change a credential',
      params,
      body: credentialChange,
      response: credential,
      errors: [404],
      bodyLimit: 4_194_304,
      handle: async ({ body, context, params: { id, credentialId } }) => {
        const { credentials } = context.host.require(id);
        return credentialView(await credentials.change(credentialId, readCredentialChange(body)), false);
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/keys/{id}/credentials/{credentialId}',
      summary: 'Remove a credential',
      params,
      errors: [404],
      handle: async ({ context, params: { id, credentialId } }) => {
        if (!(await context.host.require(id).credentials.remove(credentialId))) throw noSuchCredential();
        return undefined;
      },
    }),
  ],
};
