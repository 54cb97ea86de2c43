import type { Socket } from 'node:net';
import type { Clock } from '../ports/clock.ts';
import type { HidEndpoint } from '../ports/hid.ts';
import { UsbFunction } from './usbip-function.ts';
import {
  decodeOpRequest,
  deviceIdOf,
  encodeImportReply,
  encodeListReply,
  opRequestSize,
} from './usbip-op-codec.ts';
import type { OpRequest, UsbipDevice } from './usbip-op-codec.ts';
import { UsbipFramer } from './usbip-framer.ts';
import { usbipStatus, UsbipProtocolError } from './usbip-protocol.ts';
import { decodeUrbRequest, urbRequestSize } from './usbip-urb-codec.ts';

/** Milliseconds in which a client has to say what it wants. */
export const usbipSilenceLimit = 10_000;

/** Bytes that wait for a client that does not read; then it is disconnected. */
export const maxUsbipUnread = 1 << 20;

/** Milliseconds of silence after which the system asks whether an importing machine is still there. */
const probeAfter = 10_000;

/** A key that clients may import; at most one of them at a time. */
export interface Exported {
  readonly device: UsbipDevice;
  readonly endpoint: HidEndpoint;
  readonly report: (sentence: string) => void;
  importer: UsbipConnection | undefined;
}

export interface UsbipConnectionOptions {
  readonly socket: Socket;
  readonly clock: Pick<Clock, 'after'>;
  /** The keys that are exported at this moment. */
  readonly exports: () => readonly Exported[];
  /** Why a client was disconnected that had imported nothing. */
  readonly report: (sentence: string) => void;
}

/** One client: it asks for the list and is done, or imports a key and keeps the connection for its transfers. */
export class UsbipConnection {
  readonly #socket: Socket;
  readonly #options: UsbipConnectionOptions;
  readonly #framer = new UsbipFramer();
  readonly #peer: string;
  readonly #cancelTimer: () => void;
  #imported: { readonly exported: Exported; readonly device: UsbFunction } | undefined;
  #isDone = false;

  constructor(options: UsbipConnectionOptions) {
    const { socket } = options;
    this.#options = options;
    this.#socket = socket;
    this.#peer = `${socket.remoteAddress ?? 'somebody'}:${socket.remotePort ?? 0}`;
    this.#cancelTimer = options.clock.after(usbipSilenceLimit, () => this.#throwOut('said nothing'));
    socket.setKeepAlive(true, probeAfter);
    // As plain bytes: a slice of a Buffer is a view.
    socket.on('data', ({ buffer, byteOffset, length }) =>
      this.#receive(new Uint8Array(buffer, byteOffset, length)),
    );
    // A reset by the client; 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
  }

  /** Ends the connection, as unplugging ends a device. Resolves when it is closed. */
  hangUp(): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#end();
      // What is written goes out first, if the client reads: a clean end, which the kernel does not call an error.
      if (this.#socket.writableLength === 0) this.#socket.destroySoon();
      else this.#socket.destroy();
    });
  }

  #receive(piece: Uint8Array): void {
    if (this.#isDone) return;
    try {
      const sizeOf = (bytes: Uint8Array) => (this.#imported ? urbRequestSize(bytes) : opRequestSize(bytes));
      for (const message of this.#framer.push(piece, sizeOf)) {
        if (this.#imported) this.#imported.device.handle(decodeUrbRequest(message));
        else this.#handleOp(decodeOpRequest(message));
        if (this.#hasEnded()) return;
      }
    } catch (error) {
      if (!(error instanceof UsbipProtocolError)) throw error;
      this.#throwOut(error.message);
    }
  }

  // As a method, because a request that is handled may be the last one.
  #hasEnded(): boolean {
    return this.#isDone;
  }

  #handleOp(request: OpRequest): void {
    if (request.kind === 'import') this.#import(request.busId);
    else {
      const free = this.#options.exports().filter(({ importer }) => importer === undefined);
      this.#finish(encodeListReply(free.map(({ device }) => device)));
    }
  }

  #import(busId: string): void {
    const exported = this.#options.exports().find(({ device }) => device.busId === busId);
    if (exported === undefined || exported.importer !== undefined) {
      this.#finish(encodeImportReply(exported ? usbipStatus.busy : usbipStatus.noDevice));
      return;
    }
    this.#cancelTimer();
    exported.importer = this;
    const device = new UsbFunction({
      endpoint: exported.endpoint,
      clock: this.#options.clock,
      deviceId: deviceIdOf(exported.device),
      send: (message) => this.#send(message),
    });
    this.#imported = { exported, device };
    this.#send(encodeImportReply(exported.device));
  }

  #send(message: Uint8Array): void {
    if (this.#isDone) return;
    if (this.#socket.writableLength > maxUsbipUnread) this.#throwOut('does not read its answers');
    else this.#socket.write(message);
  }

  /** The last answer of a connection. */
  #finish(message: Uint8Array): void {
    this.#send(message);
    this.#end();
    this.#socket.end();
  }

  #throwOut(reason: string): void {
    const report = this.#imported?.exported.report ?? this.#options.report;
    this.#end();
    this.#socket.destroy();
    report(`The USB/IP client ${this.#peer} was disconnected: it ${reason}.`);
  }

  #end(): void {
    this.#isDone = true;
    this.#cancelTimer();
    const imported = this.#imported;
    this.#imported = undefined;
    if (imported === undefined) return;
    imported.exported.importer = undefined;
    imported.device.close();
  }
}
