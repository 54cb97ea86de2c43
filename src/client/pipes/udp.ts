import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { HidPipe } from '../../ports/hid-pipe.ts';
import { reportSize } from '../../ports/hid.ts';
import { TransportError } from '../../ports/transport.ts';
import { HidTransportError } from '../errors.ts';
import { ReportQueue } from './report-queue.ts';

/** The port that simulated keys listen on by convention. */
export const defaultUdpPort = 8111;

/**
 * Opens a pipe to a key that takes one datagram for one report. Datagrams have no connection: a key that is not there
 * is noticed at the first exchange, when the pipe ends or falls silent.
 */
export function openUdpPipe(host = '127.0.0.1', port = defaultUdpPort): Promise<HidPipe> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    const refuse = (error: Error) => {
      const hint = 'check the host name';
      reject(
        new TransportError('unavailable', `no datagrams can be sent to ${host}:${port}`, hint, {
          cause: error,
        }),
      );
    };
    socket.once('error', refuse);
    socket.connect(port, host, () => {
      socket.off('error', refuse);
      resolve(createDatagramPipe(socket));
    });
  });
}

function createDatagramPipe(socket: Socket): HidPipe {
  const queue = new ReportQueue();
  socket.on('message', (message) => {
    if (message.length === reportSize) queue.push(Uint8Array.from(message));
  });
  // Nobody listens on the port: the kernel reports the refused datagram here.
  socket.on('error', () => queue.end());
  socket.on('close', () => queue.end());
  let closed = false;
  return {
    write: (report) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new HidTransportError('closed', 'the connection to the key is closed'));
          return;
        }
        socket.send(report, (error) => {
          if (error) reject(new HidTransportError('closed', 'no key listens on this port', { cause: error }));
          else resolve();
        });
      }),
    read: (signal) => queue.read(signal),
    close: () => {
      if (closed) return Promise.resolve();
      closed = true;
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}
