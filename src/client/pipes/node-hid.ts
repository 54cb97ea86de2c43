import { access, constants, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Device, HIDAsync } from 'node-hid';
import type { HidPipe } from '../../ports/hid-pipe.ts';
import { reportSize } from '../../ports/hid.ts';
import { TransportError } from '../../ports/transport.ts';
import { HidTransportError } from '../errors.ts';
import { isFidoReportDescriptor } from './report-descriptor.ts';
import { ReportQueue } from './report-queue.ts';

/** A FIDO HID device of this host. */
export interface FidoHidDevice {
  /** What `openNodeHidPipe` takes, e.g. `/dev/hidraw3`. */
  readonly path: string;
  readonly vendorId: number;
  readonly productId: number;
  readonly manufacturer?: string;
  readonly product?: string;
  readonly serial?: string;
}

/** The parts of node-hid in use. */
export interface NodeHid {
  devicesAsync(): Promise<Device[]>;
  readonly HIDAsync: { open(path: string): Promise<HIDAsync> };
}

const fidoUsagePage = 0xf1d0;
const fidoUsage = 0x01;
/** hidapi takes the report id in front of the report; FIDO keys have none, which is written as zero. */
const noReportId = 0;

/** The native library is loaded only here: it is missing on machines that it was not built for. */
async function loadNodeHid(): Promise<NodeHid> {
  try {
    const loaded = await import('node-hid');
    return loaded.default;
  } catch (error) {
    throw new TransportError(
      'unavailable',
      'the native part of node-hid does not load on this machine',
      'use the stream transport: fauxkey start --transport tcp:127.0.0.1:8112',
      { cause: error },
    );
  }
}

/** FIDO HID devices in the order of the system. Throws TransportError `unavailable` or `io`. */
export async function listFidoHidDevices(
  load: () => Promise<NodeHid> = loadNodeHid,
): Promise<readonly FidoHidDevice[]> {
  const nodeHid = await load();
  const devices = await listDevices(nodeHid);
  const found: FidoHidDevice[] = [];
  for (const device of devices) {
    const { path } = device;
    if (path !== undefined && (await isFido(device, path))) found.push(describe(device, path));
  }
  return found;
}

async function listDevices(nodeHid: NodeHid): Promise<Device[]> {
  try {
    return await nodeHid.devicesAsync();
  } catch (error) {
    throw new TransportError('io', 'the HID devices of this host cannot be listed', 'try again as root', {
      cause: error,
    });
  }
}

async function isFido(device: Device, path: string): Promise<boolean> {
  if (device.usagePage !== undefined && device.usagePage !== 0) {
    return device.usagePage === fidoUsagePage && device.usage === fidoUsage;
  }
  // Older hidapi leaves the usage page out on Linux; the kernel shows the descriptor to everybody.
  try {
    return isFidoReportDescriptor(
      await readFile(`/sys/class/hidraw/${basename(path)}/device/report_descriptor`),
    );
  } catch {
    return false;
  }
}

function describe(device: Device, path: string): FidoHidDevice {
  const { manufacturer, product, serialNumber } = device;
  return {
    path,
    vendorId: device.vendorId,
    productId: device.productId,
    ...(manufacturer ? { manufacturer } : {}),
    ...(product ? { product } : {}),
    ...(serialNumber ? { serial: serialNumber } : {}),
  };
}

/** Opens a device that `listFidoHidDevices` named. Throws TransportError `unavailable`, `permission` or `io`. */
export async function openNodeHidPipe(
  path: string,
  load: () => Promise<NodeHid> = loadNodeHid,
): Promise<HidPipe> {
  const nodeHid = await load();
  try {
    return createDevicePipe(await nodeHid.HIDAsync.open(path));
  } catch (error) {
    throw await explainOpenFailure(path, error);
  }
}

async function explainOpenFailure(path: string, cause: unknown): Promise<TransportError> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') {
      const hint = 'run fauxkey doctor, which shows the udev rule that gives access';
      return new TransportError('permission', `${path} may not be opened by this user`, hint, { cause });
    }
  }
  return new TransportError('io', `${path} cannot be opened`, 'run fauxkey devices to see what is there', {
    cause,
  });
}

function createDevicePipe(device: HIDAsync): HidPipe {
  const queue = new ReportQueue();
  // The buffer belongs to the library.
  device.on('data', (data: Buffer) => queue.push(Uint8Array.from(data.subarray(0, reportSize))));
  device.on('error', () => queue.end());
  let closing: Promise<void> | undefined;
  return {
    write: async (report) => {
      if (queue.ended) throw new HidTransportError('closed', 'the connection to the key is closed');
      try {
        await device.write([noReportId, ...report]);
      } catch (error) {
        throw new HidTransportError('closed', 'the key is gone', { cause: error });
      }
    },
    read: (signal) => queue.read(signal),
    close: () => {
      queue.end();
      closing ??= device.close();
      return closing;
    },
  };
}
