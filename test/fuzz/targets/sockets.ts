import { createSocket } from 'node:dgram';
import type { Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { createKey } from '../../../src/app/create-key.ts';
import { hidCommand } from '../../../src/ctaphid/command.ts';
import { broadcastChannel, buildInitPacket } from '../../../src/ctaphid/packet.ts';
import type { OpenTransport } from '../../../src/ports/transport.ts';
import { restartDatagram } from '../../../src/transports/udp-codec.ts';
import type { Dice } from '../../support/dice.ts';
import { bendBytes, pick, randomBytes } from '../bend.ts';
import { hexSeeds } from '../seeds.ts';
import type { FuzzSession, FuzzTarget } from '../target.ts';
import { Finding } from '../target.ts';

const init = buildInitPacket(broadcastChannel, hidCommand.init, 8, Uint8Array.of(1, 3, 5, 7, 9, 11, 13, 15));
const http = Buffer.from('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 64\r\n\r\n');

/** Pieces of any size in a TCP connection that ends anyhow; the next client is served as if nothing had been. */
export const streamTarget: FuzzTarget = {
  name: 'stream',
  inputs: 120,
  open: async () => {
    const attached = await attach('tcp:127.0.0.1:0');
    return {
      make: (dice) => piecesOf(dice, 200),
      async feed(input) {
        const socket = await dial(attached.port);
        for (const piece of input as readonly Uint8Array[]) if (socket.writable) socket.write(piece);
        if ((input as readonly Uint8Array[]).length % 2 === 0) socket.resetAndDestroy();
        else socket.end();
        socket.resume();
        if (!socket.closed) await once(socket, 'close');
      },
      async probe() {
        const socket = await dial(attached.port);
        socket.write(init);
        requireAnswer(await firstReport(socket));
        socket.destroy();
        attached.requireSound();
      },
      close: () => attached.open.close(),
    } satisfies FuzzSession;
  },
};

/** Datagrams of any size from one peer; the same peer is then answered. */
export const udpTarget: FuzzTarget = {
  name: 'udp',
  inputs: 250,
  open: async () => {
    const attached = await attach('udp:127.0.0.1:0');
    const socket = createSocket('udp4');
    socket.connect(attached.port, '127.0.0.1');
    await once(socket, 'connect');
    return {
      make: (dice) => (dice(30) === 0 ? [restartDatagram] : piecesOf(dice, 130)),
      async feed(input) {
        for (const piece of input as readonly Uint8Array[]) await send(socket, piece);
      },
      async probe() {
        const answer = awaitInit(socket);
        await send(socket, init);
        await answer;
        attached.requireSound();
      },
      async close() {
        socket.close();
        await attached.open.close();
      },
    } satisfies FuzzSession;
  },
};

async function attach(spec: string): Promise<{ open: OpenTransport; port: number; requireSound(): void }> {
  let defect: unknown;
  const key = createKey({
    onEvent: (event) => {
      if (event.type === 'defect') defect = event.error;
    },
  });
  const open = await key.attach(spec);
  return {
    open,
    port: Number(open.address.split(':').at(-1)),
    requireSound() {
      if (defect !== undefined) throw new Finding('The key reports a defect.', { cause: defect });
    },
  };
}

function piecesOf(dice: Dice, longest: number): Uint8Array[] {
  const seed = pick(dice, hexSeeds('ctaphid')).filter(({ length }) => length === 64);
  const origin = dice(6);
  if (origin === 0) return [new Uint8Array(http), ...seed];
  if (origin < 3) return Array.from({ length: 1 + dice(6) }, () => randomBytes(dice, 1 + dice(longest)));
  return seed.map((packet) => (dice(2) === 0 ? packet : bendBytes(packet, dice)));
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function firstReport(socket: Socket): Promise<Buffer> {
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer;
}

function requireAnswer(report: Uint8Array): void {
  const isInit = report[4] === 0x86 && Buffer.from(report.subarray(7, 15)).equals(init.subarray(7, 15));
  if (!isInit) throw new Finding('INIT is not answered.');
}

function send(socket: DatagramSocket, datagram: Uint8Array): Promise<void> {
  return new Promise((resolve) => socket.send(datagram, () => resolve()));
}

/** Answers to the input may still be on their way. */
function awaitInit(socket: DatagramSocket): Promise<void> {
  return new Promise((resolve) => {
    const listen = (report: Uint8Array): void => {
      if (report[4] !== 0x86 || !Buffer.from(report.subarray(7, 15)).equals(init.subarray(7, 15))) return;
      socket.off('message', listen);
      resolve();
    };
    socket.on('message', listen);
  });
}
