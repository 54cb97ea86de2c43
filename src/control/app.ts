import { Hono } from 'hono';
import { z } from 'zod';
import type { Clock } from '../ports/clock.ts';
import { readJson } from './body.ts';
import { EventLog } from './events/event-log.ts';
import { routeGroups } from './groups.ts';
import { isAllowedOrigin, requireFamiliar, requireToken, type GuardOptions } from './guard.ts';
import type { KeyHost } from './handle.ts';
import { describeApi } from './openapi.ts';
import { HttpProblem, problemOf, wordIssues } from './problem.ts';
import { type ControlContext, defineRoute, type Method, type Route, type RouteGroup } from './route.ts';
import { document } from './schemas/common.ts';

/*
 * To add a group of routes: write `src/control/routes/NAME.ts` with a `RouteGroup` of `defineRoute({…})` entries, and add
 * one line to `src/control/groups.ts`. Path, query and body are checked by the schemas before `handle` runs; what it
 * returns is encoded by the response schema; the OpenAPI document follows by itself. A mistake of the caller is thrown
 * as UsageError (see problem.ts for the statuses). A route that answers people before they have a token says
 * `access: 'open'`; one that answers something else than JSON says `media` and returns a Response.
 */

export interface ControlAppOptions extends GuardOptions {
  readonly host: KeyHost;
  readonly clock: Clock;
  readonly version: string;
  /** Routes besides those that every server has, e.g. acceptance rigs. */
  readonly extraGroups?: readonly RouteGroup[];
  /** Told of every error that is a defect of ours; clients get 500 without a word. */
  readonly onDefect?: (error: unknown) => void;
}

/** A control server without a socket: a function from Request to Response. */
export interface ControlApp {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Ends all event streams. */
  close(): void;
}

export function createControlApp(options: ControlAppOptions): ControlApp {
  const { clock, host } = options;
  const events = new EventLog(host, clock);
  const context: ControlContext = { host, events, clock };
  const groups = [...routeGroups, ...(options.extraGroups ?? [])];
  const description = describeApi([selfGroup(), ...groups], options.version);
  const hono = new Hono();
  hono.use(async (c, next) => {
    requireFamiliar(c.req.raw, options);
    const preflight = answerPreflight(c.req.raw, options);
    if (preflight) return preflight;
    await next();
    allowOrigin(c.req.raw, c.res, options);
    return undefined;
  });
  const routes = [...groups.flatMap((group) => group.routes), describeRoute(description)];
  for (const route of routes)
    hono.on(route.method.toUpperCase(), honoPath(route.path), async (c) => {
      if (route.access !== 'open') requireToken(c.req.raw, options);
      return runRoute(route, context, c.req.raw, c.req.param());
    });
  refuseOtherMethods(hono, routes, options);
  hono.notFound((c) => {
    requireToken(c.req.raw, options);
    throw new HttpProblem(404, 'no-such-path', 'There is nothing at this path; see /openapi.json.');
  });
  hono.onError((error, c) => {
    const response = answerError(error, options.onDefect);
    allowOrigin(c.req.raw, response, options);
    return response;
  });
  return { fetch: async (request) => hono.fetch(request), close: () => events.close() };
}

/** `/keys/{id}` is `/keys/:id` there. */
function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

async function runRoute(
  route: Route,
  context: ControlContext,
  request: Request,
  pathParams: Readonly<Record<string, string>>,
): Promise<Response> {
  const query = Object.fromEntries(new URL(request.url).searchParams);
  const body = route.body ? ((await readJson(request, context.clock, route.bodyLimit)) ?? {}) : undefined;
  const input = {
    params: decodePart(route.params, pathParams, 'path', 404),
    query: decodePart(route.query ?? z.strictObject({}), query, 'query', 422),
    body: decodePart(route.body, body, 'body', 422),
    context,
    headers: request.headers,
    request,
    signal: request.signal,
  };
  const result: unknown = await route.handle(input as never);
  if (result instanceof Response) return result;
  if (!route.response) return new Response(null, { status: 204 });
  return Response.json(z.encode(route.response, result), {
    status: route.status ?? 200,
    headers: { 'cache-control': 'no-store' },
  });
}

function decodePart(schema: z.ZodType | undefined, value: unknown, part: string, status: 404 | 422): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const code = status === 404 ? 'not-found' : 'invalid';
  throw new HttpProblem(status, code, wordIssues(part, result.error));
}

function refuseOtherMethods(hono: Hono, routes: readonly Route[], options: GuardOptions): void {
  const methods = new Map<string, { readonly allowed: Set<Method>; readonly isOpen: boolean }>();
  for (const { access, method, path } of routes) {
    const known = methods.get(honoPath(path));
    if (known) known.allowed.add(method);
    else methods.set(honoPath(path), { allowed: new Set([method]), isOpen: access === 'open' });
  }
  for (const [path, { allowed, isOpen }] of methods)
    hono.all(path, (c) => {
      if (!isOpen) requireToken(c.req.raw, options);
      const allow = [...allowed].map((method) => method.toUpperCase()).join(', ');
      throw new HttpProblem(405, 'method-not-allowed', `Only ${allow} is possible here.`, { allow });
    });
}

function answerError(error: unknown, onDefect: ControlAppOptions['onDefect']): Response {
  const problem = problemOf(error);
  if (!problem) onDefect?.(error);
  const { code, headers, message, status } =
    problem ?? new HttpProblem(500, 'defect', 'This is a defect of fauxkey; its log says more.');
  return Response.json({ code, message }, { status, headers: { ...headers, 'cache-control': 'no-store' } });
}

/** Browsers ask first whether a page of another origin may send a token. */
function answerPreflight(request: Request, options: GuardOptions): Response | undefined {
  const origin = request.headers.get('origin');
  if (request.method !== 'OPTIONS' || origin === null || !isAllowedOrigin(origin, options)) return undefined;
  const response = new Response(null, { status: 204 });
  response.headers.set('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE');
  response.headers.set('access-control-allow-headers', 'authorization, content-type, last-event-id');
  response.headers.set('access-control-max-age', '600');
  allowOrigin(request, response, options);
  return response;
}

function allowOrigin(request: Request, response: Response, options: GuardOptions): void {
  const origin = request.headers.get('origin');
  if (origin === null || !isAllowedOrigin(origin, options)) return;
  response.headers.set('access-control-allow-origin', origin);
  response.headers.append('vary', 'origin');
}

function describeRoute(description: Readonly<Record<string, unknown>>): Route {
  return defineRoute({
    method: 'get',
    path: '/openapi.json',
    summary: 'This interface, as OpenAPI 3.1',
    access: 'open',
    response: document,
    handle: () => description,
  });
}

function selfGroup(): RouteGroup {
  return { name: 'Interface', description: 'The interface itself.', routes: [describeRoute({})] };
}
