import { z } from 'zod';
import { defineRoute, type RouteGroup } from '../route.ts';
import { keyParams, textId } from '../schemas/common.ts';
import {
  webauthnOutcome,
  webauthnPrompt,
  webauthnPromptReply,
  webauthnRequest,
} from '../schemas/webauthn.ts';
import type { WebAuthnService } from '../webauthn.ts';

/** The routes that a browser extension needs to answer navigator.credentials from a key. */
export function webauthnRoutes(service: WebAuthnService): RouteGroup {
  return {
    name: 'WebAuthn',
    description: 'A browser passes calls of navigator.credentials on, and gets what the page gets.',
    routes: [
      ceremonyRoute(service, 'create', 'Register: navigator.credentials.create()'),
      ceremonyRoute(service, 'get', 'Sign in: navigator.credentials.get()'),
      defineRoute({
        method: 'get',
        path: '/keys/{id}/webauthn',
        summary: 'Say whether the key is there and could verify its user, as a platform authenticator has to',
        params: keyParams,
        response: z.object({ canVerifyUser: z.boolean() }),
        errors: [404],
        handle: async ({ params }) => ({ canVerifyUser: await service.canVerifyUser(params.id) }),
      }),
      defineRoute({
        method: 'get',
        path: '/keys/{id}/webauthn/prompts',
        summary: 'List what the browser asks the person in front of it, oldest first',
        params: keyParams,
        response: z.array(webauthnPrompt).readonly(),
        errors: [404],
        handle: ({ params }) => service.prompts(params.id),
      }),
      defineRoute({
        method: 'post',
        path: '/keys/{id}/webauthn/prompts/{promptId}',
        summary: 'Answer a prompt of the browser',
        params: keyParams.extend({ promptId: textId }),
        body: webauthnPromptReply,
        errors: [404, 409],
        handle: ({ body, params }) => {
          service.answer(params.id, params.promptId, body);
          return undefined;
        },
      }),
    ],
  };
}

function ceremonyRoute(service: WebAuthnService, ceremony: 'create' | 'get', summary: string) {
  return defineRoute({
    method: 'post',
    path: `/keys/{id}/webauthn/${ceremony}`,
    summary,
    description:
      'Answers when the ceremony is over, with 200 also for a DOMException. Ending the request aborts the ceremony.',
    params: keyParams,
    body: webauthnRequest,
    response: webauthnOutcome,
    errors: [404],
    handle: ({ body, params, signal }) => service.run(params.id, ceremony, body, signal),
  });
}
