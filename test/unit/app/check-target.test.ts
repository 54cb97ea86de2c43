import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { checkKey } from '../../../src/app/check-key.ts';
import { findCheckTarget } from '../../../src/app/check-target.ts';
import { createKey } from '../../../src/app/create-key.ts';

const device = {
  path: '/dev/hidraw3',
  vendorId: 1,
  productId: 2,
  product: 'Key',
  manufacturer: 'Maker',
  serial: '7',
};
const listing =
  (...devices: readonly (typeof device)[]) =>
  () =>
    Promise.resolve(devices);

const ui = {
  start: () => undefined,
  result: () => undefined,
  touch: () => undefined,
  canReplug: false,
  replug: () => Promise.resolve(false),
};
const options = { destructive: false, roots: [], only: ['channels.init', 'info.answer'] };

describe('the key that is checked', () => {
  it('is the only one of the machine, or the one that is named', async () => {
    const other = { ...device, path: '/dev/hidraw4' };
    expect((await findCheckTarget(undefined, undefined, listing(device))).name).toBe(
      '/dev/hidraw3 (Maker Key)',
    );
    expect((await findCheckTarget('/dev/hidraw4', undefined, listing(device, other))).name).toContain(
      'hidraw4',
    );
  });

  it.each([
    ['/dev/null', [device], '/dev/null is no FIDO device'],
    [undefined, [], 'There is no FIDO device on this machine'],
    [
      undefined,
      [device, { ...device, path: '/dev/hidraw4' }],
      'several FIDO devices: /dev/hidraw3, /dev/hidraw4',
    ],
  ])('%s among %j is answered with a sentence', async (path, devices, sentence) => {
    await expect(findCheckTarget(path, undefined, listing(...devices))).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(sentence) as string,
    });
  });

  it('that is not there any more is unavailable, until it comes back', async () => {
    const there = { devices: [device] };
    const target = await findCheckTarget('/dev/hidraw3', undefined, () => Promise.resolve(there.devices));
    there.devices = [];
    await expect(target.open()).rejects.toMatchObject({ name: 'TransportError', problem: 'unavailable' });
  });

  it.each(['usbip:127.0.0.1:3240', 'uhid', 'nonsense'])('is no stream called %s', async (address) => {
    await expect(findCheckTarget(undefined, address, listing())).rejects.toMatchObject({
      name: 'UsageError',
    });
  });

  it('is checked over a stream', async () => {
    const key = createKey();
    const { address } = await key.attach('tcp:127.0.0.1:0');
    const { target, report } = await checkKey({ ...options, stream: address.slice('tcp:'.length) }, ui);
    expect(target).toBe(address);
    expect(report.results.map(({ outcome }) => outcome)).toEqual(['passed', 'passed']);
    await key.close();
  });

  it('is none if it answers as no key does', async () => {
    const server = createServer((socket) =>
      socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(checkKey({ ...options, stream: `127.0.0.1:${port}` }, ui)).rejects.toMatchObject({
      name: 'TransportError',
      message: expect.stringMatching(/does not answer as a FIDO key does/) as string,
    });
    server.close();
    await expect(checkKey({ ...options, stream: `127.0.0.1:${port}` }, ui)).rejects.toMatchObject({
      name: 'TransportError',
      problem: 'unavailable',
    });
  });

  it('is not looked for when there is no such check, or no certificate', async () => {
    await expect(checkKey({ ...options, only: ['nothing'] }, ui)).rejects.toThrow(
      'There is no check nothing',
    );
    const key = createKey();
    const { address } = await key.attach('tcp:127.0.0.1:0');
    const run = checkKey({ ...options, stream: address, roots: ['no PEM'] }, ui);
    await expect(run).rejects.toThrow('holds no certificate');
    await key.close();
  });
});
