import { createServer } from 'node:net';
import type { AddressInfo, ListenOptions, Server, Socket } from 'node:net';
import { chmod } from 'node:fs/promises';
import type { HidEndpoint } from '../ports/hid.ts';
import type { OpenTransport, Transport } from '../ports/transport.ts';
import { exposureWarning, toListenError } from './listen-error.ts';
import { formatTransportSpec } from './spec.ts';
import { isHttpRequest, ReportSplitter } from './stream-codec.ts';
import { clearStaleSocket } from './unix-socket.ts';

/** Hosts at once; one more is turned away. */
export const maxStreamClients = 64;

/** Bytes that wait for a client that does not read; then it is disconnected. More than a hundred longest messages. */
export const maxUnreadBytes = 1 << 20;

/** Raw reports of 64 bytes over TCP, no report id. Every client is a host of its own. */
export function createTcpTransport(host: string, port: number): Transport {
  const spec = formatTransportSpec({ kind: 'tcp', host, port });
  return {
    spec,
    async open(endpoint) {
      const stream = await listen(endpoint, { host, port }, spec);
      const bound = stream.server.address() as AddressInfo;
      const address = formatTransportSpec({ kind: 'tcp', host: bound.address, port: bound.port });
      return { address, ...exposureWarning(bound.address), ...controls(stream) };
    },
  };
}

/**
 * The same over a Unix socket that only this user may use. A socket that a dead key left behind is replaced; anything
 * else at that path is left alone.
 */
export function createUnixTransport(path: string): Transport {
  const spec = formatTransportSpec({ kind: 'unix', path });
  return {
    spec,
    async open(endpoint) {
      await clearStaleSocket(path);
      const stream = await listen(endpoint, { path }, spec);
      await chmod(path, 0o600);
      return { address: spec, ...controls(stream) };
    },
  };
}

interface Stream {
  readonly server: Server;
  readonly sockets: Set<Socket>;
}

function listen(endpoint: HidEndpoint, options: ListenOptions, spec: string): Promise<Stream> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(endpoint, socket);
  });
  server.maxConnections = maxStreamClients;
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(toListenError(error, spec)));
    server.listen(options, () => {
      server.removeAllListeners('error');
      // Later errors concern single connections that could not be accepted; the others go on.
      server.on('error', () => undefined);
      resolve({ server, sockets });
    });
  });
}

function serve(endpoint: HidEndpoint, socket: Socket): void {
  const splitter = new ReportSplitter();
  let isFirst = true;
  const link = endpoint.connect({
    send(report) {
      if (!socket.writable) return;
      // Nobody reads: rather lose the client than keep its answers without end.
      if (socket.writableLength > maxUnreadBytes) socket.destroy();
      else socket.write(report);
    },
  });
  socket.on('data', (piece) => {
    for (const report of splitter.push(piece)) {
      if (isFirst && isHttpRequest(report)) {
        socket.destroy();
        return;
      }
      isFirst = false;
      link.receive(report);
    }
  });
  socket.on('close', () => link.close());
  // A reset by the client; 'close' follows.
  socket.on('error', () => undefined);
}

function controls({ server, sockets }: Stream): Pick<OpenTransport, 'replug' | 'close'> {
  const hangUp = async (): Promise<void> => {
    await Promise.all([...sockets].map((socket) => closed(socket)));
  };
  return {
    replug: hangUp,
    async close() {
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
      await hangUp();
      await stopped;
    },
  };
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.destroy();
  });
}
