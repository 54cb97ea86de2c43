import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Clock } from '../ports/clock.ts';
import { TransportError } from '../ports/transport.ts';
import { formatAddress } from './spec.ts';
import {
  decodeImportReply,
  decodeListReply,
  encodeImportRequest,
  encodeListRequest,
} from './usbip-op-codec.ts';
import type { UsbipDevice } from './usbip-op-codec.ts';
import { usbipStatus } from './usbip-protocol.ts';

/** Milliseconds that a server may take to answer. */
export const usbipAnswerLimit = 10_000;

/** More than any server of keys has to say. */
const longestAnswer = 1 << 20;

export interface UsbipServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Devices that a server exports and that nobody imported. Throws TransportError. */
export async function listUsbipDevices(
  address: UsbipServerAddress,
  clock: Pick<Clock, 'after'>,
): Promise<readonly UsbipDevice[]> {
  const { socket, answer } = await ask(address, clock, encodeListRequest(), decodeListReply);
  socket.destroy();
  return answer;
}

/**
 * Imports a device. The socket is paused, and nothing that belongs to the device's transfers was read from it: it can be
 * given to the kernel. Throws TransportError.
 */
export async function importUsbipDevice(
  address: UsbipServerAddress,
  busId: string,
  clock: Pick<Clock, 'after'>,
): Promise<{ readonly socket: Socket; readonly device: UsbipDevice }> {
  const { socket, answer } = await ask(address, clock, encodeImportRequest(busId), decodeImportReply);
  if (typeof answer !== 'number') return { socket, device: answer };
  socket.destroy();
  const where = formatAddress(address.host, address.port);
  if (answer === usbipStatus.busy) {
    const hint = 'Detach it there first: fauxkey detach';
    throw new TransportError('in-use', `The key ${busId} at ${where} is attached already.`, hint);
  }
  const hint = 'Say one of those that are there: usbip list -r HOST, or leave --busid out.';
  throw new TransportError('unavailable', `There is no key ${busId} at ${where} (status ${answer}).`, hint);
}

function ask<T>(
  address: UsbipServerAddress,
  clock: Pick<Clock, 'after'>,
  request: Uint8Array,
  decode: (bytes: Uint8Array) => T | undefined,
): Promise<{ readonly socket: Socket; readonly answer: T }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, noDelay: true });
    let received = new Uint8Array();
    const settle = (finish: () => void) => {
      cancelTimer();
      socket.removeAllListeners();
      // Whatever happens to a connection that is not ours any more must not end the program.
      socket.on('error', () => undefined);
      finish();
    };
    const fail = (cause: unknown) =>
      settle(() => {
        socket.destroy();
        reject(noServer(address, cause));
      });
    const cancelTimer = clock.after(usbipAnswerLimit, () => fail(new Error('it does not answer')));
    socket.once('error', fail);
    socket.once('close', () => fail(new Error('it ended the connection')));
    socket.on('data', (piece) => {
      received = Uint8Array.from([...received, ...piece]);
      try {
        const answer = decode(received);
        if (answer !== undefined) {
          socket.pause();
          settle(() => resolve({ socket, answer }));
        } else if (received.length > longestAnswer) fail(new Error('its answer has no end'));
      } catch (error) {
        fail(error);
      }
    });
    socket.write(request);
  });
}

function noServer({ host, port }: UsbipServerAddress, cause: unknown): TransportError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TransportError(
    'unavailable',
    `No USB/IP server answers at ${formatAddress(host, port)}: ${reason}.`,
    `Start one: fauxkey start --transport usbip:${formatAddress(host, port)}`,
    { cause },
  );
}
