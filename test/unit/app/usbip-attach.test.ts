import { readFileSync, readlinkSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { createKey } from '../../../src/app/create-key.ts';
import type { Key } from '../../../src/app/create-key.ts';
import { attachKeys, detachKeys, thisMachine } from '../../../src/app/usbip-attach.ts';
import type { AttachSystem } from '../../../src/app/usbip-attach.ts';
import { fidoReportDescriptor } from '../../../src/transports/uhid-codec.ts';
import { parseVhciStatus } from '../../../src/transports/usbip-vhci.ts';

// As Linux 6.1 shows it, with a device on port 1.
const status = `hub port sta spd dev      sockfd local_busid
hs  0000 004 000 00000000 000000 0-0
hs  0001 006 002 00010002 000003 3-2
hs  0002 004 000 00000000 000000 0-0
ss  0008 004 000 00000000 000000 0-0
`;

interface Written {
  readonly system: AttachSystem;
  readonly attached: string[];
  readonly detached: string[];
  readonly notes: [number, string | undefined][];
  readonly tool: (readonly string[])[];
}

function machine(changes: Partial<AttachSystem> = {}, text = status, refusal?: string): Written {
  const [attached, detached]: [string[], string[]] = [[], []];
  const notes: [number, string | undefined][] = [];
  const tool: (readonly string[])[] = [];
  const write = (list: string[]) => (line: string) => {
    if (refusal !== undefined) return Promise.reject(Object.assign(new Error(refusal), { code: refusal }));
    list.push(line);
    return Promise.resolve();
  };
  const system: AttachSystem = {
    platform: 'linux',
    descriptorOf: () => 21,
    usbip: (args) => {
      tool.push(args);
      return Promise.resolve();
    },
    vhci: {
      status: () =>
        text === ''
          ? Promise.reject(Object.assign(new Error('no'), { code: 'ENOENT' }))
          : Promise.resolve(text),
      attach: write(attached),
      detach: write(detached),
      reportDescriptors: (id) =>
        Promise.resolve(id === '3-2' ? [fidoReportDescriptor] : [Uint8Array.of(5, 1)]),
      note: (port, note) => {
        notes.push([port, note]);
        return Promise.resolve();
      },
    },
    ...changes,
  };
  return { system, attached, detached, notes, tool };
}

const keys: Key[] = [];
afterEach(async () => {
  await Promise.all(keys.splice(0).map((key) => key.close()));
});

/** `HOST:PORT` of a key. */
async function serve(): Promise<string> {
  const key = createKey({ identity: { productId: 0x10 } });
  keys.push(key);
  const { address } = await key.attach('usbip:127.0.0.1:0');
  return address.replace(/^usbip:|\/.*$/g, '');
}

describe('attaching', () => {
  it('gives the kernel a free port, the connection, the device and its speed', async () => {
    const address = await serve();
    const { system, attached, notes } = machine();
    expect(await attachKeys(address, undefined, system)).toEqual([
      { port: 0, busId: '1-1', vendorId: 0xf1d0, productId: 0x10 },
    ]);
    expect(attached).toEqual([`0 21 ${String((1 << 16) | 2)} 2`]);
    const [host, port] = address.split(':');
    expect(notes).toEqual([[0, `${host} ${port} 1-1\n`]]);
  });

  it.skipIf(process.platform !== 'linux')(
    'knows the number of its connection in Node.js, with nothing native',
    async () => {
      const address = await serve();
      let line: string | undefined;
      const { system } = machine({ descriptorOf: (socket) => thisMachine.descriptorOf(socket) });
      const vhci = {
        ...system.vhci,
        attach: (written: string) => {
          const descriptor = written.split(' ')[1] ?? '';
          const inode = /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1] ?? 'none';
          line = readFileSync('/proc/net/tcp', 'utf8')
            .split('\n')
            .find((text) => text.includes(` ${inode} `));
          return Promise.resolve();
        },
      };
      await attachKeys(address, '1-1', { ...system, vhci });
      const port = Number(address.split(':')[1]).toString(16).toUpperCase().padStart(4, '0');
      // Remote address and the state "established".
      expect(line).toContain(`0100007F:${port} 01`);
    },
  );

  it('leaves it to usbip(8) where the runtime hides the connection', async () => {
    const address = await serve();
    const { system, attached, tool } = machine({ descriptorOf: () => undefined });
    const port = address.split(':')[1] ?? '';
    expect(await attachKeys(`${address}/1-1`, undefined, system)).toEqual([
      { busId: '1-1', vendorId: 0xf1d0, productId: 0x10 },
    ]);
    expect(attached).toEqual([]);
    expect(tool).toEqual([['--tcp-port', port, 'attach', '-r', '127.0.0.1', '-b', '1-1']]);
  });

  it.each([
    ['unavailable', machine({}, ''), 'sudo modprobe vhci-hcd'],
    ['permission', machine({}, status, 'EACCES'), 'sudo'],
    ['io', machine({}, status, 'EINVAL'), 'dmesg'],
    ['in-use', machine({}, status.replaceAll(' 004 ', ' 006 ')), 'fauxkey detach'],
    ['unavailable', machine({ platform: 'win32' }), 'docs/usbip.md'],
  ])('says %s with what mends it', async (problem, { system }, hint) => {
    await expect(attachKeys(await serve(), '1-1', system)).rejects.toMatchObject({
      name: 'TransportError',
      problem,
      hint: expect.stringContaining(hint) as string,
    });
  });

  it('says when there is no such key, none at all, or no server', async () => {
    const address = await serve();
    const { system } = machine();
    await expect(attachKeys(address, '1-7', system)).rejects.toThrow('There is no key 1-7');
    await keys.pop()?.close();
    await expect(attachKeys(address, undefined, system)).rejects.toThrow('No USB/IP server answers');
    await expect(attachKeys('tcp:127.0.0.1:1', undefined, system)).rejects.toThrow(
      'is no address of a USB/IP server',
    );
  });
});

describe('detaching', () => {
  it('takes away every port with a FIDO key, and its note', async () => {
    const both = status.replace(
      'hs  0002 004 000 00000000 000000 0-0',
      'hs  0002 006 003 00010003 000004 3-3',
    );
    const { system, detached, notes } = machine({}, both);
    expect(await detachKeys([], system)).toEqual([{ port: 1, localBusId: '3-2' }]);
    expect(detached).toEqual(['1']);
    expect(notes).toEqual([[1, undefined]]);
    expect(await detachKeys([2], system)).toEqual([{ port: 2, localBusId: '3-3' }]);
  });

  it('says when nothing is there, or root is needed', async () => {
    await expect(detachKeys([5], machine().system)).rejects.toThrow('Nothing is attached to port 5');
    await expect(detachKeys([], machine({}, status, 'EACCES').system)).rejects.toMatchObject({
      problem: 'permission',
    });
  });
});

it('reads the status of older kernels too, which have one hub', () => {
  const old = `port sta spd dev      socket           local_busid
0000 006 002 00010002         c5a7bb80 3-1
0001 004 000 00000000 0000000000000000 0-0
`;
  expect(parseVhciStatus(old)).toEqual([
    { hub: 'hs', port: 0, state: 6, localBusId: '3-1' },
    { hub: 'hs', port: 1, state: 4, localBusId: '0-0' },
  ]);
});
