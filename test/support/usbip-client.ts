import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { ReportQueue } from '../../src/client/pipes/report-queue.ts';
import type { HidPipe } from '../../src/ports/hid-pipe.ts';
import { parseTransportSpec } from '../../src/transports/spec.ts';
import {
  decodeImportReply,
  decodeListReply,
  deviceIdOf,
  encodeImportRequest,
  encodeListRequest,
} from '../../src/transports/usbip-op-codec.ts';
import type { UsbipDevice } from '../../src/transports/usbip-op-codec.ts';
import { encodeSubmit, encodeUnlink } from '../../src/transports/usbip-urb-codec.ts';

/** A connection to a USB/IP server that keeps what came. */
export interface UsbipSocket {
  readonly socket: Socket;
  /** All bytes that were not taken yet. */
  received(): Uint8Array;
  /** Resolves when `decode` finds what it wants in the bytes so far; rejects when the connection ends before. */
  until<T>(decode: (bytes: Uint8Array) => T | undefined): Promise<T>;
  take(size: number): Promise<Uint8Array>;
  /** Resolves when the server ended the connection. */
  readonly closed: Promise<void>;
}

/** `address` is what a transport calls its address. */
export async function connectUsbip(address: string): Promise<UsbipSocket> {
  const spec = parseTransportSpec(address);
  if (spec.kind !== 'usbip') throw new Error(`${address} is no USB/IP`);
  const socket = connect({ host: spec.host, port: spec.port, noDelay: true });
  await once(socket, 'connect');
  let bytes: Uint8Array = new Uint8Array();
  let ended = false;
  const waiting = new Set<() => void>();
  const tell = () => waiting.forEach((check) => check());
  socket.on('data', (piece) => {
    bytes = Uint8Array.from([...bytes, ...piece]);
    tell();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      ended = true;
      tell();
      resolve();
    }),
  );
  const until = <T>(decode: (received: Uint8Array) => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const check = () => {
        const found = decode(bytes);
        if (found === undefined && !ended) return;
        waiting.delete(check);
        if (found === undefined) reject(new Error('the server ended the connection'));
        else resolve(found);
      };
      waiting.add(check);
      check();
    });
  return {
    socket,
    closed,
    received: () => bytes,
    until,
    take: (size) =>
      until((received) => {
        if (received.length < size) return undefined;
        bytes = received.slice(size);
        return received.slice(0, size);
      }),
  };
}

export async function listUsbip(address: string): Promise<readonly UsbipDevice[]> {
  const client = await connectUsbip(address);
  client.socket.write(encodeListRequest());
  const devices = await client.until(decodeListReply);
  await client.closed;
  return devices;
}

/** What came back for one transfer or unlink. */
export interface UsbipAnswer {
  readonly command: number;
  readonly seqnum: number;
  readonly status: number;
  readonly actualLength: number;
  readonly data: Uint8Array;
}

/** A host that imported a key. */
export interface UsbipHost {
  readonly device: UsbipDevice;
  readonly socket: Socket;
  readonly closed: Promise<void>;
  /** Submits a transfer, and resolves to its number and its answer. */
  submit(transfer: Omit<Parameters<typeof encodeSubmit>[0], 'seqnum' | 'deviceId'>): {
    readonly seqnum: number;
    readonly answer: Promise<UsbipAnswer>;
  };
  unlink(target: number): Promise<UsbipAnswer>;
  /** A control request; `data` goes out, or `length` bytes may come in. */
  control(setup: readonly [number, number, number, number, number], data?: Uint8Array): Promise<UsbipAnswer>;
}

const returnSubmit = 3;

/** Imports a key as a kernel does. Throws when the server refuses, with the status in the message. */
export async function importUsbip(address: string, busId = '1-1'): Promise<UsbipHost> {
  const client = await connectUsbip(address);
  client.socket.write(encodeImportRequest(busId));
  const device = await client.until(decodeImportReply);
  if (typeof device === 'number') {
    client.socket.destroy();
    throw new Error(`refused with ${device}`);
  }
  await client.take(320);
  const answers = new Map<number, (answer: UsbipAnswer) => void>();
  const inbound = new Set<number>();
  const failures = new Set<(error: Error) => void>();
  void readAnswers(client, inbound, (answer) => {
    answers.get(answer.seqnum)?.(answer);
    answers.delete(answer.seqnum);
  }).catch((error: unknown) => failures.forEach((fail) => fail(error as Error)));
  let last = 0;
  const deviceId = deviceIdOf(device);
  const answerOf = (seqnum: number): Promise<UsbipAnswer> => {
    const answer = new Promise<UsbipAnswer>((resolve, reject) => {
      answers.set(seqnum, resolve);
      failures.add(reject);
    });
    answer.catch(() => undefined);
    return answer;
  };
  const host: UsbipHost = {
    device,
    socket: client.socket,
    closed: client.closed,
    submit(transfer) {
      const seqnum = ++last;
      const answer = answerOf(seqnum);
      if (transfer.direction === 'in') inbound.add(seqnum);
      client.socket.write(encodeSubmit({ ...transfer, seqnum, deviceId }));
      return { seqnum, answer };
    },
    unlink(target) {
      const seqnum = ++last;
      const answer = answerOf(seqnum);
      client.socket.write(encodeUnlink({ seqnum, deviceId, target }));
      return answer;
    },
    control([requestType, request, value, index, length], data) {
      const setup = new Uint8Array(8);
      const view = new DataView(setup.buffer);
      view.setUint8(0, requestType);
      view.setUint8(1, request);
      view.setUint16(2, value, true);
      view.setUint16(4, index, true);
      view.setUint16(6, length, true);
      const direction = (requestType & 0x80) !== 0 ? 'in' : 'out';
      const sent = data === undefined ? { length: direction === 'in' ? length : 0 } : { data };
      return host.submit({ direction, endpoint: 0, setup, ...sent }).answer;
    },
  };
  return host;
}

async function readAnswers(
  client: UsbipSocket,
  inbound: Set<number>,
  deliver: (answer: UsbipAnswer) => void,
): Promise<never> {
  for (;;) {
    const header = await client.take(48);
    const view = new DataView(header.buffer);
    const [command, seqnum] = [view.getUint32(0), view.getUint32(4)];
    const actualLength = view.getUint32(0x18);
    const carriesData = command === returnSubmit && inbound.delete(seqnum);
    const data = await client.take(carriesData ? actualLength : 0);
    deliver({ command, seqnum, status: view.getInt32(0x14), actualLength, data });
  }
}

/** The key behind a USB/IP server as a pipe of reports, with one transfer always pending, as a HID driver keeps it. */
export async function openUsbipPipe(address: string, busId?: string): Promise<HidPipe> {
  const host = await importUsbip(address, busId);
  await host.control([0x00, 9, 1, 0, 0]);
  const queue = new ReportQueue();
  void host.closed.then(() => queue.end());
  const poll = (): void => {
    const { answer } = host.submit({ direction: 'in', endpoint: 1, length: 64 });
    answer.then(
      ({ data }) => {
        queue.push(data);
        poll();
      },
      () => queue.end(),
    );
  };
  poll();
  return {
    write: async (report) => {
      await host.submit({ direction: 'out', endpoint: 1, data: report }).answer;
    },
    read: (signal) => queue.read(signal),
    close: async () => {
      queue.end();
      host.socket.destroy();
      await host.closed;
    },
  };
}
