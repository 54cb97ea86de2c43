import { createHash, timingSafeEqual } from 'node:crypto';
import { HttpProblem } from './problem.ts';

export interface GuardOptions {
  /** The bearer token. */
  readonly token: string;
  /** Host names by which this server may be called, in lower case, IPv6 in brackets, without a port. */
  readonly hosts: readonly string[];
  /** Origins of web pages and extensions that may call it besides its own, e.g. `chrome-extension://…`. */
  readonly origins?: readonly string[];
}

/** The names of this machine that no other machine can give an address to. */
export const loopbackHosts: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Refuses requests that come from somewhere else: a page whose name was bound to this address (Host), a page of another
 * origin (Origin, Sec-Fetch-Site). Throws HttpProblem 403 that tells nothing.
 */
export function requireFamiliar(request: Request, options: GuardOptions): void {
  const host = hostOf(request);
  const name = host?.replace(/:\d{1,5}$/, '').toLowerCase();
  if (host === undefined || name === undefined || !options.hosts.includes(name)) throw stranger();
  const origin = request.headers.get('origin');
  if (origin !== null) {
    if (origin !== `http://${host}` && !isAllowedOrigin(origin, options)) throw stranger();
    return;
  }
  // A page can load an image from here without naming its origin.
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') throw stranger();
}

export function isAllowedOrigin(origin: string, { origins = [] }: GuardOptions): boolean {
  return origins.includes(origin);
}

/** Node.js builds the URL of the request from the Host header; a request without a socket has no such header. */
function hostOf(request: Request): string | undefined {
  return request.headers.get('host') ?? new URL(request.url).host;
}

/** Throws HttpProblem 401. */
export function requireToken(request: Request, { token }: GuardOptions): void {
  const [, given = ''] = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (!isSame(given, token))
    throw new HttpProblem(401, 'unauthorized', 'The token is missing or wrong.', {
      'www-authenticate': 'Bearer',
    });
}

/** Hashes have one length, so that the time to compare tells neither the token nor its length. */
function isSame(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function stranger(): HttpProblem {
  return new HttpProblem(403, 'forbidden', 'This server answers its own machine only.');
}
