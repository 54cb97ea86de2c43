import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { WebDriverError } from './error.ts';

/** Headers that belong to one connection (RFC 9110 §7.6.1), or that the other side of the proxy sets anew. */
const ownHeaders = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A WebDriver server behind the proxy, such as chromedriver, geckodriver or a grid. */
export interface Upstream {
  /**
   * Hands a request on and resolves to the answer. It waits as long as the driver takes: a page may load for minutes.
   * Throws WebDriverError when nobody answers there.
   */
  forward(request: Request, body?: string): Promise<Response>;
}

export function createUpstream(base: URL): Upstream {
  return {
    forward: async (request, body) => {
      const { pathname, search } = new URL(request.url);
      const target = new URL(base.pathname.replace(/\/$/, '') + pathname + search, base);
      const payload = body === undefined ? Buffer.from(await request.arrayBuffer()) : Buffer.from(body);
      try {
        return toResponse(await send(target, request, payload));
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'it failed';
        throw new WebDriverError(
          'unknown error',
          `No WebDriver server answers at ${base.href} (${reason}); start chromedriver or geckodriver there.`,
          { cause: error },
        );
      }
    },
  };
}

function send(target: URL, { headers, method, signal }: Request, body: Buffer): Promise<IncomingMessage> {
  const passed = Object.fromEntries([...headers].filter(([name]) => !ownHeaders.has(name)));
  const start = target.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = start(
      target,
      { method, signal, headers: { ...passed, 'content-length': body.length } },
      resolve,
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function toResponse(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 502;
  const headers = new Headers();
  for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) {
    const [name = '', value = ''] = answer.rawHeaders.slice(index, index + 2);
    if (!ownHeaders.has(name.toLowerCase())) headers.append(name, value);
  }
  // These statuses have no body, and Response insists on it.
  const isEmpty = status === 204 || status === 304;
  if (isEmpty) answer.resume();
  return new Response(isEmpty ? null : (Readable.toWeb(answer) as ReadableStream), { status, headers });
}
