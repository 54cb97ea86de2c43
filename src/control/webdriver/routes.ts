import { Hono } from 'hono';
import type { Context } from 'hono';
import { toWebDriverError, WebDriverError } from './error.ts';
import type { VirtualAuthenticators } from './virtual-authenticators.ts';

/** A credential with a large blob, in base64url. */
const maxBodySize = 4 << 20;

async function readBody(context: Context): Promise<unknown> {
  const text = await context.req.text();
  if (text.length > maxBodySize)
    throw new WebDriverError('invalid argument', `The parameters are larger than ${maxBodySize} bytes.`);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new WebDriverError('invalid argument', 'The parameters are not JSON.', { cause: error });
  }
}

const base = '/session/:session/webauthn';

interface Command {
  readonly summary: string;
  readonly method: 'DELETE' | 'GET' | 'POST';
  /** Below `base`. */
  readonly path: string;
  readonly run: (authenticators: VirtualAuthenticators, request: Parameters) => unknown;
}

/** The variable parts of a path, and the parameters of the command as they came. */
interface Parameters {
  readonly session: string;
  readonly id: string;
  readonly credential: string;
  readonly body: unknown;
}

/** WebAuthn L3 §11.2 to §11.9. */
const commands: readonly Command[] = [
  {
    summary: 'Add Virtual Authenticator',
    method: 'POST',
    path: '/authenticator',
    run: (all, { session, body }) => all.add(session, body),
  },
  {
    summary: 'Remove Virtual Authenticator',
    method: 'DELETE',
    path: '/authenticator/:authenticator',
    run: (all, { session, id }) => all.remove(session, id),
  },
  {
    summary: 'Add Credential',
    method: 'POST',
    path: '/authenticator/:authenticator/credential',
    run: (all, { session, id, body }) => all.addCredential(session, id, body),
  },
  {
    summary: 'Get Credentials',
    method: 'GET',
    path: '/authenticator/:authenticator/credentials',
    run: (all, { session, id }) => all.getCredentials(session, id),
  },
  {
    summary: 'Remove Credential',
    method: 'DELETE',
    path: '/authenticator/:authenticator/credentials/:credential',
    run: (all, { session, id, credential }) => all.removeCredential(session, id, credential),
  },
  {
    summary: 'Remove All Credentials',
    method: 'DELETE',
    path: '/authenticator/:authenticator/credentials',
    run: (all, { session, id }) => all.removeAllCredentials(session, id),
  },
  {
    summary: 'Set User Verified',
    method: 'POST',
    path: '/authenticator/:authenticator/uv',
    run: (all, { session, id, body }) => all.setUserVerified(session, id, body),
  },
  {
    summary: 'Set Credential Properties',
    method: 'POST',
    path: '/authenticator/:authenticator/credentials/:credential/props',
    run: (all, { session, id, credential, body }) =>
      all.setCredentialProperties(session, id, credential, body),
  },
];

/** Whole paths with what each does, for a description of the interface. */
export const virtualAuthenticatorCommands = commands.map(({ method, path, summary }) => ({
  method,
  path: base + path,
  summary,
}));

/**
 * The paths of the eight commands below `/session/{session}/webauthn`, as WebDriver answers them: `{value}`, or
 * `{value: {error, message, stacktrace}}` with the status of the error. `requireSession` may refuse a session.
 */
export function createVirtualAuthenticatorRoutes(
  authenticators: VirtualAuthenticators,
  requireSession: (session: string) => Promise<void> = () => Promise.resolve(),
): Hono {
  const routes = new Hono();
  routes.onError((error, context) => {
    const failure = toWebDriverError(error);
    return context.json(failure.toJSON(), failure.status);
  });
  for (const { method, path, run } of commands) {
    routes.on(method, base + path, async (context) => {
      const parameters: Readonly<Record<string, string>> = context.req.param();
      const { authenticator = '', credential = '', session = '' } = parameters;
      await requireSession(session);
      const body = method === 'POST' ? await readBody(context) : undefined;
      const value = await run(authenticators, { session, id: authenticator, credential, body });
      return context.json({ value });
    });
  }
  routes.all(`${base}/*`, (context) => {
    const known = commands.some(({ path }) => new RegExp(pathPattern(path)).test(context.req.path));
    throw known
      ? new WebDriverError('unknown method', `${context.req.method} is no method of this command.`)
      : new WebDriverError('unknown command', 'There is no such command for virtual authenticators.');
  });
  return routes;
}

function pathPattern(path: string): string {
  return `^${(base + path).replace(/:\w+/g, '[^/]+')}$`;
}
