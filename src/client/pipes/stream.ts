import { connect, type Socket } from 'node:net';
import type { HidPipe } from '../../ports/hid-pipe.ts';
import { reportSize } from '../../ports/hid.ts';
import { TransportError } from '../../ports/transport.ts';
import { HidTransportError } from '../errors.ts';
import { ReportQueue } from './report-queue.ts';

/** Where a key listens with the stream transport. */
export type StreamAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Connects to a key over TCP or a Unix socket that carries bare 64-byte reports. Rejects with TransportError
 * `unavailable` or `permission`.
 */
export function connectStreamPipe(address: StreamAddress): Promise<HidPipe> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    socket.setNoDelay(true);
    const refuse = (error: NodeJS.ErrnoException) => reject(unreachable(address, error));
    socket.once('error', refuse);
    socket.once('connect', () => {
      socket.off('error', refuse);
      resolve(createSocketPipe(socket));
    });
  });
}

function unreachable(address: StreamAddress, error: NodeJS.ErrnoException): TransportError {
  const name = 'path' in address ? address.path : `${address.host}:${address.port}`;
  const problem = error.code === 'EACCES' ? 'permission' : 'unavailable';
  return new TransportError(problem, `no key answers on ${name}`, 'start one with: fauxkey start', {
    cause: error,
  });
}

/** A pipe over a connected socket. */
function createSocketPipe(socket: Socket): HidPipe {
  const queue = new ReportQueue();
  let partial = new Uint8Array();
  socket.on('data', (chunk: Buffer) => {
    const bytes = Uint8Array.from([...partial, ...chunk]);
    const whole = bytes.length - (bytes.length % reportSize);
    for (let offset = 0; offset < whole; offset += reportSize) {
      queue.push(bytes.slice(offset, offset + reportSize));
    }
    partial = bytes.slice(whole);
  });
  // The close event follows every error.
  socket.on('error', () => undefined);
  socket.on('close', () => queue.end());
  return {
    write: (report) =>
      new Promise((resolve, reject) => {
        socket.write(Uint8Array.from(report), (error) => {
          if (error)
            reject(new HidTransportError('closed', 'the connection to the key is closed', { cause: error }));
          else resolve();
        });
      }),
    read: (signal) => queue.read(signal),
    close: () => {
      queue.end();
      if (socket.destroyed) return Promise.resolve();
      return new Promise((resolve) => {
        socket.once('close', () => resolve());
        socket.destroy();
      });
    },
  };
}
