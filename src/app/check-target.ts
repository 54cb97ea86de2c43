import { connectStreamPipe } from '../client/pipes/stream.ts';
import { listFidoHidDevices, openNodeHidPipe } from '../client/pipes/node-hid.ts';
import type { FidoHidDevice } from '../client/pipes/node-hid.ts';
import { openUdpPipe } from '../client/pipes/udp.ts';
import { UsageError } from '../ports/errors.ts';
import type { HidPipe } from '../ports/hid-pipe.ts';
import { TransportError } from '../ports/transport.ts';
import { parseTransportSpec } from '../transports/spec.ts';

/** A key to be checked. */
export interface CheckTarget {
  readonly name: string;
  /** Connects, anew each time; after it was unplugged the key may have another path. */
  open(): Promise<HidPipe>;
}

/**
 * The key at a stream address, at a device path, or the only one of this machine. Throws UsageError for what is no FIDO
 * device, and TransportError.
 */
export async function findCheckTarget(
  device: string | undefined,
  stream: string | undefined,
  list: () => Promise<readonly FidoHidDevice[]> = listFidoHidDevices,
): Promise<CheckTarget> {
  if (stream !== undefined) return streamTarget(stream);
  const devices = await list();
  const found = device === undefined ? onlyOne(devices) : devices.find(({ path }) => path === device);
  if (found === undefined) {
    throw new UsageError(`${device ?? 'This'} is no FIDO device that this user can open.`, {
      problem: 'not-found',
      hint: 'See what is there: fauxkey devices',
    });
  }
  return {
    name: `${found.path} (${[found.manufacturer, found.product].filter(Boolean).join(' ') || 'unnamed'})`,
    open: async () => openNodeHidPipe(await pathOf(found, list)),
  };
}

function onlyOne(devices: readonly FidoHidDevice[]): FidoHidDevice {
  const [first, second] = devices;
  if (first && !second) return first;
  if (first === undefined) {
    throw new UsageError('There is no FIDO device on this machine that this user can open.', {
      problem: 'not-found',
      hint: 'Name another key, e.g. --stream 127.0.0.1:8112; `fauxkey doctor` says what stands in the way.',
    });
  }
  const paths = devices.map(({ path }) => path).join(', ');
  throw new UsageError(`There are several FIDO devices: ${paths}.`, { hint: 'Say which: --device PATH' });
}

/** Where the same device is now. */
async function pathOf(wanted: FidoHidDevice, list: () => Promise<readonly FidoHidDevice[]>): Promise<string> {
  const devices = await list();
  const isSame = (each: FidoHidDevice): boolean =>
    each.vendorId === wanted.vendorId && each.productId === wanted.productId && each.serial === wanted.serial;
  const found = devices.find((each) => each.path === wanted.path && isSame(each)) ?? devices.find(isSame);
  if (found) return found.path;
  throw new TransportError('unavailable', `${wanted.path} is not there`, 'plug it in again');
}

function streamTarget(address: string): CheckTarget {
  const text = /^(?:tcp|udp|unix):/.test(address) ? address : `tcp:${address}`;
  const spec = parseTransportSpec(text);
  switch (spec.kind) {
    case 'tcp':
      return { name: text, open: () => connectStreamPipe({ host: spec.host, port: spec.port }) };
    case 'unix':
      return { name: text, open: () => connectStreamPipe({ path: spec.path }) };
    case 'udp':
      return { name: text, open: () => openUdpPipe(spec.host, spec.port) };
    default:
      throw new UsageError(
        `"${address}" is no stream of reports. Say HOST:PORT, unix:PATH or udp:HOST:PORT.`,
      );
  }
}
