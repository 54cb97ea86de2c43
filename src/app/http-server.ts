import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { toListenError } from '../transports/listen-error.ts';

/** A function from Request to Response, at an address. */
export interface HttpServer {
  /** Without a slash at the end, e.g. `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Ends every connection; a second call is harmless. */
  close(): Promise<void>;
}

export interface HttpAddress {
  /** A name or address of this machine. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** Milliseconds that a client may take to send its headers, and its whole request. */
const slowestHeaders = 10_000;
const slowestRequest = 60_000;

/** Listens at the address. Throws TransportError if the machine does not allow it. */
export async function serveHttp(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: HttpAddress,
): Promise<HttpServer> {
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
  server.headersTimeout = slowestHeaders;
  server.requestTimeout = slowestRequest;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(toListenError(error, `${wordHost(host)}:${port}`)));
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  // A connection that fails must not take the key down with it.
  server.on('error', () => undefined);
  return {
    url: `http://${wordHost(host)}:${bound.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** IPv6 addresses stand in brackets where a port follows. */
function wordHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
