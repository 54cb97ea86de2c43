import { z } from 'zod';
import { defineRoute, type Method, type RouteGroup } from '../route.ts';
import { textId } from '../schemas/common.ts';
import { virtualAuthenticatorCommands, createVirtualAuthenticatorRoutes } from '../webdriver/routes.ts';
import type { VirtualAuthenticators } from '../webdriver/virtual-authenticators.ts';

/** WebDriver's commands on the control server: with its token, but with parameters, answers and errors of WebDriver. */
export function createWebDriverGroup(authenticators: VirtualAuthenticators): RouteGroup {
  const commands = createVirtualAuthenticatorRoutes(authenticators);
  return {
    name: 'WebDriver',
    description:
      'The commands for virtual authenticators of WebAuthn Level 3, section 11; any text is a session.',
    routes: virtualAuthenticatorCommands.map(({ method, path, summary }) =>
      defineRoute({
        method: method.toLowerCase() as Method,
        path: path.replace(/:(\w+)/g, '{$1}'),
        summary,
        params: z.object(
          Object.fromEntries([...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, textId.max(2048)])),
        ),
        media: 'application/json',
        errors: [404],
        handle: ({ request }) => commands.fetch(request),
      }),
    ),
  };
}
