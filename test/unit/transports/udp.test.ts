import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { HidEndpoint } from '../../../src/ports/hid.ts';
import type { OpenTransport } from '../../../src/ports/transport.ts';
import { parseTransportSpec } from '../../../src/transports/spec.ts';
import { classifyDatagram, restartDatagram } from '../../../src/transports/udp-codec.ts';
import { createUdpTransport, maxDatagramPeers } from '../../../src/transports/udp.ts';
import { createRecordingEndpoint, filled } from './recording-endpoint.ts';

const opened: OpenTransport[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
});

async function openUdp(endpoint: HidEndpoint, host = '127.0.0.1') {
  const open = await createUdpTransport(host, 0).open(endpoint);
  opened.push(open);
  const spec = parseTransportSpec(open.address);
  if (spec.kind !== 'udp') throw new Error(open.address);
  return { open, port: spec.port, host: spec.host };
}

async function peer(): Promise<Socket> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

async function ask(socket: Socket, port: number, datagram: Uint8Array): Promise<Buffer> {
  const answer = once(socket, 'message');
  socket.send(datagram, port, '127.0.0.1');
  const [message] = (await answer) as [Buffer];
  return message;
}

describe('a key on UDP', () => {
  it('answers each datagram to the address that sent it, each a host of its own', async () => {
    const endpoint = createRecordingEndpoint();
    const { port, open } = await openUdp(endpoint);
    const [one, other] = [await peer(), await peer()];
    expect(await ask(one, port, filled(1))).toEqual(Buffer.from(filled(1)));
    expect(await ask(other, port, filled(2))).toEqual(Buffer.from(filled(2)));
    expect(await ask(one, port, filled(3))).toEqual(Buffer.from(filled(3)));
    expect(endpoint.links.map((link) => link.received)).toEqual([[filled(1), filled(3)], [filled(2)]]);
    expect(open.address).toBe(`udp:127.0.0.1:${port}`);
    expect(open.warning).toBeUndefined();
  });

  it('sends the packets of a long message in order', async () => {
    const endpoint = createRecordingEndpoint();
    const { port } = await openUdp(endpoint);
    const socket = await peer();
    await ask(socket, port, filled(0));
    const got: number[] = [];
    const all = new Promise<void>((resolve) => {
      socket.on('message', (message: Buffer) => {
        if (got.push(message[0] ?? -1) === 129) resolve();
      });
    });
    for (let index = 0; index < 129; index++) endpoint.links[0]?.host.send(filled(index));
    await all;
    expect(got).toEqual(Array.from({ length: 129 }, (_, index) => index));
  });

  it('ignores datagrams that have not 64 bytes', async () => {
    const endpoint = createRecordingEndpoint();
    const { port } = await openUdp(endpoint);
    const socket = await peer();
    for (const length of [0, 63, 65, 1000]) socket.send(new Uint8Array(length), port, '127.0.0.1');
    await ask(socket, port, filled(5));
    expect(endpoint.links.map((link) => link.received)).toEqual([[filled(5)]]);
  });

  it('power-cycles the key at the restart datagram, and takes it for nothing else', async () => {
    const endpoint = createRecordingEndpoint();
    const { port } = await openUdp(endpoint);
    const socket = await peer();
    socket.send(restartDatagram, port, '127.0.0.1');
    await ask(socket, port, filled(5));
    expect(endpoint.powerCycles).toBe(1);
    expect(endpoint.links.map((link) => link.received)).toEqual([[filled(5)]]);
  });

  it('forgets the peer that was silent for longest when there are too many', async () => {
    const endpoint = createRecordingEndpoint();
    const { port } = await openUdp(endpoint);
    const [first, second] = [await peer(), await peer()];
    await ask(first, port, filled(1));
    await ask(second, port, filled(1));
    await ask(first, port, filled(1));
    for (let count = 2; count <= maxDatagramPeers; count++) await ask(await peer(), port, filled(1));
    expect(endpoint.links).toHaveLength(maxDatagramPeers + 1);
    expect(
      endpoint.links.map((link, index) => (link.isClosed ? index : -1)).filter((index) => index >= 0),
    ).toEqual([1]);
    await ask(second, port, filled(1));
    expect(endpoint.links).toHaveLength(maxDatagramPeers + 2);
  });

  it('replugged forgets its peers and goes on', async () => {
    const endpoint = createRecordingEndpoint();
    const { port, open } = await openUdp(endpoint);
    const socket = await peer();
    await ask(socket, port, filled(1));
    await open.replug();
    expect(endpoint.links[0]?.isClosed).toBe(true);
    await ask(socket, port, filled(2));
    expect(endpoint.links[1]?.received).toEqual([filled(2)]);
  });

  it('closed hears and says nothing more, and its address is free', async () => {
    const endpoint = createRecordingEndpoint();
    const open = await createUdpTransport('127.0.0.1', 0).open(endpoint);
    const spec = parseTransportSpec(open.address);
    const port = spec.kind === 'udp' ? spec.port : 0;
    await ask(await peer(), port, filled(1));
    await open.close();
    expect(endpoint.links[0]?.isClosed).toBe(true);
    opened.push(await createUdpTransport('127.0.0.1', port).open(endpoint));
  });

  it('at a port in use, or an address of others, says what to do', async () => {
    const endpoint = createRecordingEndpoint();
    const { port } = await openUdp(endpoint);
    await expect(createUdpTransport('127.0.0.1', port).open(endpoint)).rejects.toMatchObject({
      name: 'TransportError',
      problem: 'in-use',
    });
    await expect(createUdpTransport('192.0.2.1', 0).open(endpoint)).rejects.toMatchObject({
      problem: 'unavailable',
    });
  });

  it('warns when others than this machine can reach it', async () => {
    const { open } = await openUdp(createRecordingEndpoint(), '0.0.0.0');
    expect(open.warning).toContain('0.0.0.0');
  });
});

describe('a datagram', () => {
  it('means a restart only if it is exactly the restart datagram', () => {
    expect(Buffer.from(restartDatagram).toString('hex')).toBe(
      'ac1052ca95e569de69e02ebff333485f13f9b2da34c5a8a340526697a9ab2e0b' +
        '394d8d04973c134005be1a0140bff6045bb26eb77a73eaa47813f6b49a7250dc',
    );
    expect(classifyDatagram(restartDatagram)).toBe('restart');
    expect(classifyDatagram(restartDatagram.subarray(1))).toBe('noise');
    for (let index = 0; index < 64; index++) {
      const bent = restartDatagram.slice();
      bent[index] = (bent[index] ?? 0) ^ 1;
      expect(classifyDatagram(bent)).toBe('report');
    }
  });
});
