import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { HidEndpoint, HidLink } from '../ports/hid.ts';
import type { Transport } from '../ports/transport.ts';
import { exposureWarning, toListenError } from './listen-error.ts';
import { formatAddress, formatTransportSpec } from './spec.ts';
import { classifyDatagram } from './udp-codec.ts';

/** Peers that are remembered; a further one displaces the one that was silent for longest. */
export const maxDatagramPeers = 64;

/** Bytes that wait inside Node.js for the system to take them; what goes beyond is lost, as datagrams may be. */
const maxQueuedBytes = 1 << 20;

/**
 * One datagram of 64 bytes is one report; answers go to the address that sent it. Every peer is a host of its own. The
 * restart datagram power-cycles the key; datagrams of other sizes are ignored.
 */
export function createUdpTransport(host: string, port: number): Transport {
  const spec = formatTransportSpec({ kind: 'udp', host, port });
  return {
    spec,
    async open(endpoint) {
      const socket = await bind(host, port, spec);
      const peers = new DatagramPeers(endpoint, socket);
      socket.on('message', (datagram, from) => {
        const meaning = classifyDatagram(datagram);
        if (meaning === 'restart') endpoint.powerCycle();
        else if (meaning === 'report') peers.linkOf(from).receive(datagram);
      });
      const bound = socket.address();
      return {
        address: formatTransportSpec({ kind: 'udp', host: bound.address, port: bound.port }),
        ...exposureWarning(bound.address),
        replug() {
          peers.forgetAll();
          return Promise.resolve();
        },
        close() {
          peers.forgetAll();
          return new Promise((resolve) => socket.close(resolve));
        },
      };
    },
  };
}

async function bind(host: string, port: number, spec: string): Promise<Socket> {
  try {
    const { address, family } = await lookup(host);
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, address, resolve);
    });
    socket.removeAllListeners('error');
    // Some systems report here that a peer is gone; it may come back.
    socket.on('error', () => undefined);
    return socket;
  } catch (error) {
    throw toListenError(error, spec);
  }
}

class DatagramPeers {
  readonly #endpoint: HidEndpoint;
  readonly #socket: Socket;
  /** By address and port, the longest silent first. */
  readonly #links = new Map<string, HidLink>();

  constructor(endpoint: HidEndpoint, socket: Socket) {
    this.#endpoint = endpoint;
    this.#socket = socket;
  }

  linkOf(peer: RemoteInfo): HidLink {
    const name = formatAddress(peer.address, peer.port);
    const link = this.#links.get(name) ?? this.#connect(peer);
    this.#links.delete(name);
    this.#links.set(name, link);
    if (this.#links.size > maxDatagramPeers) this.#forgetOldest();
    return link;
  }

  forgetAll(): void {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }

  #connect({ address, port }: RemoteInfo): HidLink {
    return this.#endpoint.connect({
      send: (report) => {
        if (this.#socket.getSendQueueSize() <= maxQueuedBytes) this.#socket.send(report, port, address);
      },
    });
  }

  #forgetOldest(): void {
    const [oldest] = this.#links;
    if (!oldest) return;
    const [name, link] = oldest;
    this.#links.delete(name);
    link.close();
  }
}
