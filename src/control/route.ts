import type { z } from 'zod';
import type { Clock } from '../ports/clock.ts';
import type { EventLog } from './events/event-log.ts';
import type { KeyHost } from './handle.ts';

/** What every route may use. */
export interface ControlContext {
  readonly host: KeyHost;
  readonly events: EventLog;
  readonly clock: Clock;
}

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Statuses of mistakes besides those that any request may meet: 400, 401, 403, 405, 413, 415, 422 and 500. */
export type ErrorStatus = 404 | 409 | 503;

/** A request after its parts were checked and decoded. */
export interface RouteInput<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly context: ControlContext;
  readonly headers: Headers;
  /** As it came, for routes that read it themselves. */
  readonly request: Request;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

type Decoded<S> = S extends z.ZodType ? z.output<S> : undefined;
/** What a handler returns: a value for the response schema, nothing without one, or a whole Response with `media`. */
type Result<R, M> = M extends string ? Response : R extends z.ZodType ? z.input<Encodable<R>> : undefined;
/** Codecs run backwards on the way out, so that handlers return what clients of the decoded form get. */
type Encodable<R extends z.ZodType> = z.ZodType<unknown, z.output<R>>;

interface RouteSpec<P, Q, B, R, M> {
  readonly method: Method;
  /** Parameters in braces, as OpenAPI writes them: `/keys/{id}`. */
  readonly path: string;
  /** One line. */
  readonly summary: string;
  readonly description?: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly response?: R;
  /** Media type of a response that is no JSON; `response` then describes an element of it, and encodes nothing. */
  readonly media?: M;
  /** 200 with a response, else 204, unless given. */
  readonly status?: 200 | 201;
  readonly errors?: readonly ErrorStatus[];
  /** `open`: answers without a token. Hosts and origins are checked all the same. */
  readonly access?: 'open';
  /** Bytes that the body may have; 1 MiB unless given. */
  readonly bodyLimit?: number;
  handle(input: RouteInput<Decoded<P>, Decoded<Q>, Decoded<B>>): Result<R, M> | Promise<Result<R, M>>;
}

/** A route whose types were checked where it was defined. */
export type Route = RouteSpec<
  z.ZodType | undefined,
  z.ZodType | undefined,
  z.ZodType | undefined,
  z.ZodType | undefined,
  string | undefined
> & { handle(input: RouteInput<never, never, never>): unknown };

/** Routes that belong together, under one name in the documentation. */
export interface RouteGroup {
  readonly name: string;
  readonly description: string;
  readonly routes: readonly Route[];
}

/** One operation: its place, the schemas of its parts, and what it does. */
export function defineRoute<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  R extends z.ZodType | undefined = undefined,
  M extends string | undefined = undefined,
>(spec: RouteSpec<P, Q, B, R, M>): Route {
  return spec;
}
