import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { createKey } from '../../../src/app/create-key.ts';
import { systemClock, systemRandom } from '../../../src/app/system.ts';
import { CtapClient } from '../../../src/client/ctap-client.ts';
import { openHidChannel } from '../../../src/client/hid-channel.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import type { HidEndpoint, UsbIdentity } from '../../../src/ports/hid.ts';
import type { OpenTransport } from '../../../src/ports/transport.ts';
import { parseTransportSpec } from '../../../src/transports/spec.ts';
import type { UsbipSpec } from '../../../src/transports/spec.ts';
import { maxUsbipUnread, usbipSilenceLimit } from '../../../src/transports/usbip-connection.ts';
import { encodeImportRequest } from '../../../src/transports/usbip-op-codec.ts';
import { maxUsbipClients } from '../../../src/transports/usbip-server.ts';
import { encodeUnlink } from '../../../src/transports/usbip-urb-codec.ts';
import { createUsbipHub } from '../../../src/transports/usbip.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { allow, assertion, registration } from '../../support/protocol.ts';
import { connectUsbip, importUsbip, listUsbip, openUsbipPipe } from '../../support/usbip-client.ts';
import { createRecordingEndpoint, filled } from './recording-endpoint.ts';

const opened: OpenTransport[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
});

const clock = createFakeClock();
const hub = createUsbipHub(clock);

async function open(endpoint: HidEndpoint, spec = 'usbip:127.0.0.1:0', report?: (sentence: string) => void) {
  const transport = await hub.transport(parseTransportSpec(spec) as UsbipSpec).open(endpoint, report);
  opened.push(transport);
  return transport;
}

function withIdentity(endpoint: HidEndpoint, identity: Partial<UsbIdentity>): HidEndpoint {
  return { ...endpoint, identity: { ...endpoint.identity, ...identity } };
}

const portOf = ({ address }: OpenTransport): string => /:(\d+)\//.exec(address)?.[1] ?? '';

/** A port that was free a moment ago. */
async function freePort(): Promise<string> {
  const probe = await open(createRecordingEndpoint());
  await opened.pop()?.close();
  return portOf(probe);
}

describe('a key on USB/IP', () => {
  it('says where it is, and is in the list', async () => {
    const transport = await open(createRecordingEndpoint());
    expect(transport.address).toMatch(/^usbip:127\.0\.0\.1:\d+\/1-1$/);
    expect(transport.warning).toBeUndefined();
    expect(await listUsbip(transport.address)).toEqual([
      {
        path: '/sys/devices/fauxkey/usb1/1-1',
        busId: '1-1',
        busNumber: 1,
        deviceNumber: 2,
        speed: 2,
        vendorId: 0x1209,
        productId: 0xf1d0,
        version: 0x0123,
        deviceClass: 0,
        configurationValue: 1,
        interfaces: [[3, 0, 0]],
      },
    ]);
  });

  it('is given to one host at a time, and to the next one when that is gone', async () => {
    const endpoint = createRecordingEndpoint();
    const { address } = await open(endpoint);
    const host = await importUsbip(address);
    expect(await listUsbip(address)).toEqual([]);
    await expect(importUsbip(address)).rejects.toThrow('refused with 2');
    await expect(importUsbip(address, '1-9')).rejects.toThrow('refused with 4');
    host.submit({ direction: 'out', endpoint: 1, data: filled(1) });
    const { data } = await host.submit({ direction: 'in', endpoint: 1, length: 64 }).answer;
    expect(data).toEqual(filled(1));
    host.socket.destroy();
    await expect.poll(() => endpoint.links[0]?.isClosed).toBe(true);
    const next = await importUsbip(address);
    next.socket.destroy();
  });

  it('can be detached and attached again and again', async () => {
    const endpoint = createRecordingEndpoint();
    const transport = await open(endpoint);
    for (let round = 1; round <= 50; round++) {
      const host = await importUsbip(transport.address);
      host.submit({ direction: 'out', endpoint: 1, data: filled(round) });
      expect((await host.submit({ direction: 'in', endpoint: 1, length: 64 }).answer).data).toEqual(
        filled(round),
      );
      await transport.replug();
      await host.closed;
    }
    expect(endpoint.links).toHaveLength(50);
    expect(endpoint.links.every(({ isClosed }) => isClosed)).toBe(true);
  });

  it('leaves a host in the middle of transfers when it is unplugged, and takes the port with it', async () => {
    const endpoint = createRecordingEndpoint();
    const transport = await open(endpoint);
    const host = await importUsbip(transport.address);
    const { answer } = host.submit({ direction: 'in', endpoint: 1, length: 64 });
    await transport.close();
    await expect(answer).rejects.toThrow('ended the connection');
    await expect(connectUsbip(transport.address)).rejects.toThrow('ECONNREFUSED');
  });

  it('unlinks a pending transfer with -ECONNRESET', async () => {
    const { address } = await open(createRecordingEndpoint());
    const host = await importUsbip(address);
    const { seqnum } = host.submit({ direction: 'in', endpoint: 1, length: 64 });
    expect(await host.unlink(seqnum)).toMatchObject({ command: 4, status: -104 });
    expect(await host.unlink(seqnum)).toMatchObject({ command: 4, status: 0 });
    host.socket.destroy();
  });
});

describe('several keys on one port', () => {
  it('are several devices with ids of their own, which hosts import independently', async () => {
    const port = await freePort();
    const spec = `usbip:127.0.0.1:${port}`;
    const [one, other] = [createRecordingEndpoint(), createRecordingEndpoint()];
    const first = await open(withIdentity(one, { serial: 'A', productId: 1 }), spec);
    const second = await open(withIdentity(other, { serial: 'B', productId: 2 }), spec);
    expect([first.address, second.address]).toEqual([`${spec}/1-1`, `${spec}/1-2`]);
    const listed = await listUsbip(spec);
    expect(listed.map(({ busId, productId }) => [busId, productId])).toEqual([
      ['1-1', 1],
      ['1-2', 2],
    ]);
    const hosts = [await importUsbip(spec, '1-1'), await importUsbip(spec, '1-2')];
    const serials = await Promise.all(hosts.map((host) => host.control([0x80, 6, 0x0303, 0x0409, 255])));
    expect(serials.map(({ data }) => Buffer.from(data.subarray(2)).toString('utf16le'))).toEqual(['A', 'B']);
    hosts[1]!.submit({ direction: 'out', endpoint: 1, data: filled(2) });
    await hosts[1]!.submit({ direction: 'in', endpoint: 1, length: 64 }).answer;
    expect([one.links.length, other.links.length]).toEqual([0, 1]);
    await first.close();
    await hosts[0]!.closed;
    expect((await hosts[1]!.control([0x80, 8, 0, 0, 1])).data).toEqual(Uint8Array.of(1));
    hosts[1]!.socket.destroy();
  });

  it('keep their bus ids when they are put back, or get the one that is asked for', async () => {
    const spec = `usbip:127.0.0.1:${await freePort()}`;
    const [one, other] = [createRecordingEndpoint(), createRecordingEndpoint()];
    const first = await open(one, spec);
    await open(other, spec);
    await first.close();
    expect((await open(createRecordingEndpoint(), `${spec}/1-7`)).address).toBe(`${spec}/1-7`);
    expect((await open(one, spec)).address).toBe(`${spec}/1-1`);
    await expect(open(createRecordingEndpoint(), `${spec}/1-7`)).rejects.toThrow('bus id 1-7 already');
  });

  it('share a port also when each is attached by the text of the address', async () => {
    const spec = `usbip:127.0.0.1:${await freePort()}`;
    const keys = [createKey({ identity: { serial: 'one' } }), createKey({ identity: { serial: 'two' } })];
    const addresses = [];
    for (const key of keys) addresses.push((await key.attach(spec)).address);
    expect(addresses).toEqual([`${spec}/1-1`, `${spec}/1-2`]);
    await Promise.all(keys.map((key) => key.close()));
  });
});

describe('an address that other machines reach', () => {
  it('is refused, unless it is allowed; then there is a warning', async () => {
    const endpoint = createRecordingEndpoint();
    await expect(open(endpoint, 'usbip:0.0.0.0:0')).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('from other machines') as string,
      hint: expect.stringContaining('--allow-remote') as string,
    });
    const spec = { kind: 'usbip', host: '0.0.0.0', port: 0 } as const;
    const transport = await hub.transport(spec, { allowRemote: true }).open(endpoint);
    opened.push(transport);
    expect(transport.warning).toContain('0.0.0.0');
  });

  it('that is taken or does not exist is explained', async () => {
    const { address } = await open(createRecordingEndpoint());
    const other = createUsbipHub(clock).transport(parseTransportSpec(address) as UsbipSpec);
    await expect(other.open(createRecordingEndpoint())).rejects.toMatchObject({ problem: 'in-use' });
    await expect(open(createRecordingEndpoint(), 'usbip:no-such-host.invalid:0')).rejects.toMatchObject({
      problem: 'unavailable',
    });
  });
});

describe('a client that breaks the rules', () => {
  it('is disconnected with a line that says why; the key and other clients go on', async () => {
    const lines: string[] = [];
    const { address } = await open(createRecordingEndpoint(), undefined, (line) => lines.push(line));
    const good = await importUsbip(address);
    const bad = await connectUsbip(address);
    bad.socket.write('GET / HTTP/1.1\r\n\r\n');
    await bad.closed;
    expect(lines).toEqual([
      expect.stringMatching(/^The USB\/IP client 127\.0\.0\.1:\d+ was disconnected: it speaks no USB\/IP/),
    ]);
    expect((await good.control([0x80, 8, 0, 0, 1])).data).toEqual(Uint8Array.of(1));
    good.socket.write(new Uint8Array(48));
    await good.closed;
    expect(lines[1]).toContain('unknown command 0000');
    (await importUsbip(address)).socket.destroy();
  });

  it('is disconnected when it says nothing, also after half a request', async () => {
    const lines: string[] = [];
    const { address } = await open(createRecordingEndpoint(), undefined, (line) => lines.push(line));
    const [silent, half] = [await connectUsbip(address), await connectUsbip(address)];
    half.socket.write(encodeImportRequest('1-1').subarray(0, 30));
    await listUsbip(address);
    clock.advance(usbipSilenceLimit);
    await Promise.all([silent.closed, half.closed]);
    expect(lines).toHaveLength(2);
    const host = await importUsbip(address);
    clock.advance(usbipSilenceLimit);
    expect((await host.control([0x80, 8, 0, 0, 1])).status).toBe(0);
    host.socket.destroy();
  });

  it('is disconnected when it wants answers without reading them', async () => {
    const lines: string[] = [];
    const { address } = await open(createRecordingEndpoint(), undefined, (line) => lines.push(line));
    const host = await importUsbip(address);
    host.socket.pause();
    const unlink = encodeUnlink({ seqnum: 1, deviceId: 0x10002, target: 0 });
    const storm = Buffer.concat(Array.from({ length: 20_000 }, () => unlink));
    const thrownOut = new Promise<void>((resolve) => {
      host.socket.on('error', () => resolve());
      host.socket.on('close', () => resolve());
    });
    const state = { isOver: false };
    void thrownOut.then(() => (state.isOver = true));
    while (!state.isOver)
      await Promise.race([new Promise((done) => host.socket.write(storm, done)), thrownOut]);
    expect(lines).toEqual([expect.stringContaining('does not read')]);
    expect(maxUsbipUnread).toBeLessThan(2 ** 21);
    host.socket.destroy();
    (await importUsbip(address)).socket.destroy();
  });

  it('is turned away when there are too many', async () => {
    const { address } = await open(createRecordingEndpoint());
    const clients = await Promise.all(
      Array.from({ length: maxUsbipClients + 1 }, () => connectUsbip(address)),
    );
    await Promise.race(clients.map(({ closed }) => closed));
    for (const { socket } of clients) socket.destroy();
    await Promise.all(clients.map(({ closed }) => closed));
    await expect
      .poll(() =>
        listUsbip(address)
          .then((list) => list.length)
          .catch(() => 0),
      )
      .toBe(1);
  });
});

describe('a whole key on USB/IP', () => {
  it('registers and signs in', async () => {
    const key = createKey();
    const { address } = await key.attach('usbip:127.0.0.1:0');
    const pipe = await openUsbipPipe(address);
    const channel = await openHidChannel({ pipe, clock: systemClock, random: systemRandom });
    const client = new CtapClient(channel, { crypto: createNodeCrypto(), random: systemRandom });
    expect((await client.getInfo()).versions).toContain('FIDO_2_1');
    const made = await client.makeCredential(registration());
    const [got] = await client.getAssertions(assertion(allow(made)));
    expect(got.credentialId).toEqual(made.parsed.attested?.credentialId);
    const long = new Uint8Array(7609).fill(0x5a);
    expect(await channel.transact(0x01, long)).toEqual(long);
    await key.powerCycle();
    expect(await pipe.read()).toBeUndefined();
    const again = await openUsbipPipe(address);
    await openHidChannel({ pipe: again, clock: systemClock, random: systemRandom });
    await again.close();
    await key.close();
  });

  it.skipIf(!existsSync('/usr/sbin/usbip'))('is listed by usbip(8)', async () => {
    const key = createKey();
    const { address } = await key.attach('usbip:127.0.0.1:0');
    const port = /:(\d+)\//.exec(address)?.[1] ?? '';
    const { stdout } = await promisify(execFile)('/usr/sbin/usbip', [
      '--tcp-port',
      port,
      'list',
      '-r',
      '127.0.0.1',
    ]);
    expect(stdout).toMatch(/1-1: .*\(f1d0:fa0c\)/);
    expect(stdout).toContain('Human Interface Device / No Subclass / None (03/00/00)');
    await key.close();
  });
});
