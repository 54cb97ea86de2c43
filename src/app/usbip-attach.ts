import { execFile } from 'node:child_process';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { isFidoReportDescriptor } from '../client/pipes/report-descriptor.ts';
import { UsageError } from '../ports/errors.ts';
import { TransportError } from '../ports/transport.ts';
import { defaultUsbipAddress, formatAddress, parseTransportSpec } from '../transports/spec.ts';
import type { UsbipSpec } from '../transports/spec.ts';
import { importUsbipDevice, listUsbipDevices } from '../transports/usbip-import.ts';
import { deviceIdOf } from '../transports/usbip-op-codec.ts';
import { freePort, isAttached, linuxVhci, parseVhciStatus, toVhciError } from '../transports/usbip-vhci.ts';
import type { VhciPort, VhciSystem } from '../transports/usbip-vhci.ts';
import type { AttachedKey, DetachedKey } from './api.ts';
import { systemClock } from './system.ts';

/** What is needed of the machine. Tests bring their own. */
export interface AttachSystem {
  readonly platform: string;
  readonly vhci: VhciSystem;
  /** The number by which this process knows a connection; `undefined` where the runtime hides it. */
  descriptorOf(socket: Socket): number | undefined;
  /** Runs usbip(8). */
  usbip(args: readonly string[]): Promise<void>;
}

export const thisMachine: AttachSystem = {
  platform: process.platform,
  vhci: linuxVhci,
  descriptorOf(socket) {
    // Node.js offers no other way to it; where this one is closed, usbip(8) attaches.
    const { _handle: handle } = socket as { readonly _handle?: { readonly fd?: unknown } };
    return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
  },
  usbip: async (args) => {
    await promisify(execFile)('usbip', args);
  },
};

/**
 * Attaches keys of a USB/IP server to this machine: the one with `busId`, else all that are free. Throws TransportError
 * (`unavailable`: no server, or no kernel module; `permission`; `in-use`) and UsageError.
 */
export async function attachKeys(
  address: string | undefined,
  busId: string | undefined,
  system: AttachSystem = thisMachine,
): Promise<readonly AttachedKey[]> {
  requireLinux(system);
  const spec = parseUsbipAddress(address);
  const ids = busId ?? (spec.device === undefined ? undefined : `1-${spec.device}`);
  // Before the key is taken from others: an import that leads nowhere ends as an unplugged key.
  await readPorts(system);
  const wanted = ids === undefined ? await freeKeys(spec) : [ids];
  const attached: AttachedKey[] = [];
  for (const id of wanted) attached.push(await attachOne(spec, id, system));
  return attached;
}

/** Detaches the given ports, else all that hold a FIDO key. Throws TransportError and UsageError. */
export async function detachKeys(
  wanted: readonly number[],
  system: AttachSystem = thisMachine,
): Promise<readonly DetachedKey[]> {
  requireLinux(system);
  const ports = (await readPorts(system)).filter(isAttached);
  for (const port of wanted) {
    if (!ports.some((each) => each.port === port)) {
      throw new UsageError(`Nothing is attached to port ${port}.`, { problem: 'not-found' });
    }
  }
  const chosen =
    wanted.length > 0 ? ports.filter(({ port }) => wanted.includes(port)) : await fidoPorts(ports, system);
  const detached: DetachedKey[] = [];
  for (const { port, localBusId } of chosen) {
    await system.vhci.detach(String(port)).catch((error: unknown) => {
      throw toVhciError(error);
    });
    await system.vhci.note(port, undefined);
    detached.push({ port, localBusId });
  }
  return detached;
}

function requireLinux({ platform }: AttachSystem): void {
  if (platform === 'linux') return;
  const hint = 'docs/usbip.md names the driver and the commands for Windows.';
  throw new TransportError(
    'unavailable',
    'Only Linux attaches USB/IP devices without another program.',
    hint,
  );
}

/** `HOST`, `HOST:PORT` or `HOST:PORT/BUSID`, also as `start` prints it. */
function parseUsbipAddress(text = ''): UsbipSpec {
  const given = text.replace(/^usbip:/, '');
  const { host, port } = defaultUsbipAddress;
  const [where = '', busId] = given === '' ? [formatAddress(host, port)] : given.split('/', 2);
  const address = /:\d+$/.test(where) ? where : `${where}:${port}`;
  try {
    return parseTransportSpec(`usbip:${address}${busId === undefined ? '' : `/${busId}`}`) as UsbipSpec;
  } catch (cause) {
    const message = `"${text}" is no address of a USB/IP server. Say HOST, HOST:PORT or HOST:PORT/BUSID.`;
    throw new UsageError(message, { cause });
  }
}

async function freeKeys(spec: UsbipSpec): Promise<readonly string[]> {
  const devices = await listUsbipDevices({ host: spec.host, port: spec.port }, systemClock);
  if (devices.length > 0) return devices.map(({ busId }) => busId);
  const where = formatAddress(spec.host, spec.port);
  throw new TransportError(
    'unavailable',
    `No key at ${where} is free: there is none, or all are attached.`,
    'Detach one first: fauxkey detach',
  );
}

async function readPorts({ vhci }: AttachSystem): Promise<readonly VhciPort[]> {
  return parseVhciStatus(
    await vhci.status().catch((error: unknown) => {
      throw toVhciError(error);
    }),
  );
}

async function attachOne(spec: UsbipSpec, busId: string, system: AttachSystem): Promise<AttachedKey> {
  const { host, port: tcpPort } = spec;
  const { socket, device } = await importUsbipDevice({ host, port: tcpPort }, busId, systemClock);
  const identity = { busId, vendorId: device.vendorId, productId: device.productId };
  try {
    const descriptor = system.descriptorOf(socket);
    if (descriptor === undefined) {
      socket.destroy();
      return await attachByTool(spec, identity, system);
    }
    const { port } = freePort(await readPorts(system), device.speed);
    await system.vhci
      .attach(`${port} ${descriptor} ${deviceIdOf(device)} ${device.speed}`)
      .catch((error: unknown) => {
        throw toVhciError(error);
      });
    await system.vhci.note(port, `${host} ${tcpPort} ${busId}\n`);
    return { port, ...identity };
  } finally {
    // The kernel has a hold of its own on the connection: closing ours does not end it.
    socket.destroy();
  }
}

async function attachByTool(
  { host, port }: UsbipSpec,
  identity: Omit<AttachedKey, 'port'>,
  system: AttachSystem,
): Promise<AttachedKey> {
  try {
    await system.usbip(['--tcp-port', String(port), 'attach', '-r', host, '-b', identity.busId]);
  } catch (cause) {
    const hint = 'Install it (Debian: apt install usbip), or run fauxkey with Node.js.';
    throw new TransportError('unavailable', 'usbip(8) could not attach the key.', hint, { cause });
  }
  return identity;
}

async function fidoPorts(ports: readonly VhciPort[], system: AttachSystem): Promise<readonly VhciPort[]> {
  const found: VhciPort[] = [];
  for (const port of ports) {
    const descriptors = await system.vhci.reportDescriptors(port.localBusId);
    if (descriptors.some((descriptor) => isFidoReportDescriptor(descriptor))) found.push(port);
  }
  return found;
}
