import { Hono } from 'hono';
import type { Context } from 'hono';
import type { KeyHost } from '../handle.ts';
import { fromUpstreamSession, toUpstreamParameters } from './capabilities.ts';
import { toWebDriverError, WebDriverError } from './error.ts';
import { createVirtualAuthenticatorRoutes } from './routes.ts';
import type { Upstream } from './upstream.ts';
import { VirtualAuthenticators } from './virtual-authenticators.ts';

export interface WebDriverProxyOptions {
  readonly upstream: Upstream;
  readonly host: KeyHost;
  /** Transports by which the browsers reach the keys, e.g. `uhid`. */
  readonly transports: readonly string[];
}

/**
 * A WebDriver endpoint that keeps the eight commands of WebAuthn L3 §11 for itself, answers them with real keys, and hands
 * everything else to the driver behind it.
 */
export function createWebDriverProxy({ host, transports, upstream }: WebDriverProxyOptions): Hono {
  const authenticators = new VirtualAuthenticators({ host, transports });
  const sessions = new Set<string>();

  /** A session that was made past the proxy is asked for once. */
  async function requireSession(session: string): Promise<void> {
    if (sessions.has(session)) return;
    const url = `http://upstream.invalid/session/${encodeURIComponent(session)}/timeouts`;
    const { status } = await upstream.forward(new Request(url));
    if (status >= 300) throw new WebDriverError('invalid session id', `There is no session ${session}.`);
    sessions.add(session);
  }

  const proxy = new Hono();
  proxy.onError((error, context) => {
    const failure = toWebDriverError(error);
    return context.json(failure.toJSON(), failure.status);
  });
  proxy.post('/session', async (context) => {
    const answer = await upstream.forward(context.req.raw, await newSessionBody(context));
    if (!answer.ok) return answer;
    const text = await answer.text();
    const made = fromUpstreamSession(parseOr(text));
    if (!made) return new Response(text, answer);
    sessions.add(made.session);
    return context.json(made.answer);
  });
  proxy.delete('/session/:session', async (context) => {
    const session = context.req.param('session');
    try {
      return await upstream.forward(context.req.raw);
    } finally {
      // Also a session that the driver has lost is over.
      sessions.delete(session);
      await authenticators.endSession(session);
    }
  });
  proxy.route('/', createVirtualAuthenticatorRoutes(authenticators, requireSession));
  proxy.all('*', (context) => upstream.forward(context.req.raw));
  return proxy;
}

async function newSessionBody(context: Context): Promise<string> {
  const text = await context.req.text();
  const body = parseOr(text);
  // What is no JSON is for the driver to complain about.
  return body === undefined ? text : JSON.stringify(toUpstreamParameters(body));
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
