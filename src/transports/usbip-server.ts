import { lookup } from 'node:dns/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { Clock } from '../ports/clock.ts';
import type { HidEndpoint } from '../ports/hid.ts';
import { TransportError } from '../ports/transport.ts';
import { toListenError } from './listen-error.ts';
import { formatTransportSpec } from './spec.ts';
import { UsbipConnection } from './usbip-connection.ts';
import type { Exported } from './usbip-connection.ts';
import { binaryCodedVersion, configurationValue, hidInterface } from './usbip-descriptors.ts';
import { fullSpeed } from './usbip-op-codec.ts';
import type { UsbipDevice } from './usbip-op-codec.ts';

/** Connections at once; one more is turned away. */
export const maxUsbipClients = 64;

const busNumber = 1;
const maxNumber = 9999;

export interface UsbipServerOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Pick<Clock, 'after'>;
}

/** One port with the keys that are exported there. It listens while there is one. */
export class UsbipServer {
  readonly #options: UsbipServerOptions;
  /** By the number after `1-` in their bus id. */
  readonly #exports = new Map<number, Exported>();
  readonly #connections = new Set<UsbipConnection>();
  /** A key that is put back gets the bus id that it had, if nobody else took it. */
  readonly #lastNumber = new WeakMap<HidEndpoint, number>();
  /** Numbers that no key had yet begin here: one that was pulled out shall find its own free. */
  #nextNumber = 1;
  #listening: Promise<Server> | undefined;
  #users = 0;

  constructor(options: UsbipServerOptions) {
    this.#options = options;
  }

  /** Exports a key. Throws TransportError. `number` is the wish for a bus id. */
  async add(
    endpoint: HidEndpoint,
    report: (sentence: string) => void,
    number?: number,
  ): Promise<{ readonly bound: AddressInfo; readonly exported: Exported }> {
    this.#users++;
    try {
      this.#listening ??= this.#listen();
      const server = await this.#listening;
      const chosen = this.#chooseNumber(endpoint, number);
      const exported = { device: describe(endpoint, chosen), endpoint, report, importer: undefined };
      this.#exports.set(chosen, exported);
      this.#lastNumber.set(endpoint, chosen);
      return { bound: server.address() as AddressInfo, exported };
    } catch (error) {
      await this.#release();
      throw error;
    }
  }

  /** Takes a key away from the host that imported it, and from the list. */
  async remove(exported: Exported): Promise<void> {
    const number = exported.device.deviceNumber - 1;
    if (this.#exports.get(number) !== exported) return;
    this.#exports.delete(number);
    await exported.importer?.hangUp();
    await this.#release();
  }

  #chooseNumber(endpoint: HidEndpoint, wish: number | undefined): number {
    if (wish !== undefined) {
      if (!this.#exports.has(wish)) return wish;
      const message = `Another key has the bus id ${busNumber}-${wish} already.`;
      throw new TransportError('in-use', message, 'Leave the bus id out, or choose another one.');
    }
    const last = this.#lastNumber.get(endpoint);
    if (last !== undefined && !this.#exports.has(last)) return last;
    while (this.#nextNumber <= maxNumber) {
      const number = this.#nextNumber++;
      if (!this.#exports.has(number)) return number;
    }
    for (let number = 1; number <= maxNumber; number++) if (!this.#exports.has(number)) return number;
    throw new TransportError('in-use', 'All bus ids of this port are taken.', 'Use another port.');
  }

  async #release(): Promise<void> {
    this.#users--;
    if (this.#users > 0) return;
    const listening = this.#listening;
    this.#listening = undefined;
    const server = await listening?.catch(() => undefined);
    if (!server) return;
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    await Promise.all([...this.#connections].map((connection) => connection.hangUp()));
    await stopped;
  }

  async #listen(): Promise<Server> {
    const { host, port } = this.#options;
    const spec = formatTransportSpec({ kind: 'usbip', host, port });
    const server = createServer({ noDelay: true }, (socket) => {
      const connection = new UsbipConnection({
        socket,
        clock: this.#options.clock,
        exports: () => [...this.#exports.values()],
        report: (sentence) => [...this.#exports.values()][0]?.report(sentence),
      });
      this.#connections.add(connection);
      socket.once('close', () => this.#connections.delete(connection));
    });
    server.maxConnections = maxUsbipClients;
    try {
      const { address } = await lookup(host);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: address, port }, resolve);
      });
    } catch (error) {
      throw toListenError(error, spec);
    }
    server.removeAllListeners('error');
    // Later errors concern single connections that could not be accepted; the others go on.
    server.on('error', () => undefined);
    return server;
  }
}

function describe({ identity }: HidEndpoint, number: number): UsbipDevice {
  const busId = `${busNumber}-${number}`;
  return {
    path: `/sys/devices/fauxkey/usb${busNumber}/${busId}`,
    busId,
    busNumber,
    // The root hub of a bus is its device 1.
    deviceNumber: number + 1,
    speed: fullSpeed,
    vendorId: identity.vendorId,
    productId: identity.productId,
    version: binaryCodedVersion(identity.version),
    deviceClass: 0,
    configurationValue,
    interfaces: [hidInterface],
  };
}
