import { lookup } from 'node:dns/promises';
import type { Clock } from '../ports/clock.ts';
import { UsageError } from '../ports/errors.ts';
import type { Transport } from '../ports/transport.ts';
import { exposureWarning, toListenError } from './listen-error.ts';
import { formatAddress, formatTransportSpec } from './spec.ts';
import type { UsbipSpec } from './spec.ts';
import { UsbipServer } from './usbip-server.ts';

export interface UsbipTransportOptions {
  /** Lets hosts on other machines reach the key; else an address that is not loopback is refused. */
  readonly allowRemote?: boolean;
}

/**
 * The USB/IP servers of one process. Keys that are attached to the same address share its port and are told apart by their
 * bus ids, each with its own serial number and USB ids; port 0 is a port of its own for every key.
 */
export interface UsbipHub {
  transport(spec: UsbipSpec, options?: UsbipTransportOptions): Transport;
}

export function createUsbipHub(clock: Pick<Clock, 'after'>): UsbipHub {
  const servers = new Map<string, UsbipServer>();
  const serverOf = (spec: UsbipSpec): UsbipServer => {
    const { host, port } = spec;
    if (port === 0) return new UsbipServer({ host, port, clock });
    const name = formatAddress(host, port);
    const server = servers.get(name) ?? new UsbipServer({ host, port, clock });
    servers.set(name, server);
    return server;
  };
  return {
    transport: (spec, { allowRemote = false } = {}) => ({
      spec: formatTransportSpec(spec),
      async open(endpoint, report = () => undefined) {
        if (!allowRemote) await requireLoopback(spec);
        const server = serverOf(spec);
        const { bound, exported } = await server.add(endpoint, report, spec.device);
        const at = { kind: 'usbip', host: bound.address, port: bound.port } as const;
        return {
          address: formatTransportSpec({ ...at, device: exported.device.deviceNumber - 1 }),
          notice: `A Linux machine sees it after: sudo fauxkey attach ${formatAddress(at.host, at.port)} --busid ${exported.device.busId}`,
          ...exposureWarning(bound.address),
          replug: async () => exported.importer?.hangUp(),
          close: () => server.remove(exported),
        };
      },
    }),
  };
}

async function requireLoopback(spec: UsbipSpec): Promise<void> {
  const { address } = await lookup(spec.host).catch((error: unknown) => {
    throw toListenError(error, formatTransportSpec(spec));
  });
  if (exposureWarning(address).warning === undefined) return;
  throw new UsageError(`At ${formatTransportSpec(spec)} the key could be used from other machines.`, {
    hint: 'Listen on 127.0.0.1 and reach it through an SSH tunnel, or allow it with --allow-remote.',
  });
}
