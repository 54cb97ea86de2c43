import { z } from 'zod';
import { wordIssues } from '../problem.ts';
import { problem } from '../schemas/common.ts';

/** What the server says is wrong, or that it could not be asked. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** e.g. `no-such-key`, `refused`, `invalid`; `unreachable` when there was no answer, `timeout` when none came in time. */
  readonly code: string;
  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}

/** A function from Request to Response: `fetch`, or a server in this process. */
export type Fetch = (request: Request) => Promise<Response>;

export interface CallerOptions {
  /** Where the server is, e.g. `http://127.0.0.1:7111`. */
  readonly url: string;
  readonly token: string;
  readonly fetch: Fetch;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface CallOptions {
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Sends requests and reads answers. Every method throws ControlError. */
export class Caller {
  readonly #options: CallerOptions;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** A request without a body; the answer as the schema decodes it. */
  async get<S extends z.ZodType>(path: string, response: S, options: CallOptions = {}): Promise<z.output<S>> {
    return decode(response, await this.raw('GET', path, undefined, options));
  }

  /** A request whose answer nobody needs. */
  async do(method: string, path: string): Promise<void> {
    await this.raw(method, path, undefined, {});
  }

  /** A request with a body that the schema encodes. */
  async send<B extends z.ZodType>(
    method: string,
    path: string,
    schema: B,
    body: z.output<B>,
  ): Promise<Response> {
    const encoded = z.safeEncode(schema, body);
    if (!encoded.success) throw new ControlError(0, 'invalid', wordIssues('body', encoded.error));
    return this.raw(method, path, JSON.stringify(encoded.data), {});
  }

  /** As `send`, with the answer as the schema decodes it. */
  async exchange<B extends z.ZodType, S extends z.ZodType>(
    method: string,
    path: string,
    schema: B,
    body: z.output<B>,
    response: S,
  ): Promise<z.output<S>> {
    return decode(response, await this.send(method, path, schema, body));
  }

  /** The answer as it came, if it is none of a mistake. */
  async raw(
    method: string,
    path: string,
    body: string | undefined,
    { headers, query = {}, signal }: CallOptions,
  ): Promise<Response> {
    const url = new URL(`${this.#options.url.replace(/\/$/, '')}${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const request = new Request(url, {
      method,
      headers: {
        authorization: `Bearer ${this.#options.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
    });
    const response = await this.#fetch(request, signal);
    if (response.ok) return response;
    throw await toError(response);
  }

  async #fetch(request: Request, signal: AbortSignal | undefined): Promise<Response> {
    try {
      return await this.#options.fetch(request);
    } catch (error) {
      signal?.throwIfAborted();
      throw new ControlError(0, 'unreachable', `There is no control server at ${this.#options.url}.`, {
        cause: error,
      });
    }
  }
}

async function decode<S extends z.ZodType>(schema: S, response: Response): Promise<z.output<S>> {
  const result = schema.safeParse(await response.json());
  if (result.success) return result.data;
  const sentence = wordIssues('answer', result.error);
  throw new ControlError(response.status, 'unreadable', `The server speaks another version: ${sentence}`);
}

async function toError(response: Response): Promise<ControlError> {
  const text = await response.text();
  const read = problem.safeParse(parseJson(text));
  return read.success
    ? new ControlError(response.status, read.data.code, read.data.message)
    : new ControlError(response.status, 'unreadable', `The server answered ${response.status}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A part of a path. */
export function segment(text: string | Uint8Array): string {
  return typeof text === 'string' ? encodeURIComponent(text) : Buffer.from(text).toString('base64url');
}
