import { TransportError } from '../ports/transport.ts';
import type { Transport } from '../ports/transport.ts';
import { defaultStreamAddress, formatTransportSpec, parseTransportSpec } from './spec.ts';
import type { TransportSpec } from './spec.ts';
import { createTcpTransport, createUnixTransport } from './stream.ts';
import { createUdpTransport } from './udp.ts';
import { createUhidTransport } from './uhid.ts';
import { linuxUhid, uhidPath } from './uhid-system.ts';
import type { UhidSystem } from './uhid-system.ts';
import { createUsbipHub } from './usbip.ts';
import type { UsbipHub, UsbipTransportOptions } from './usbip.ts';

/** How USB/IP is served; a hub that several keys share makes them devices of one port. */
export interface UsbipService extends UsbipTransportOptions {
  readonly hub?: UsbipHub;
}

/** A transport, and for `auto` the sentences that say which one it is, why, and what would give the better one. */
export interface ChosenTransport {
  readonly transport: Transport;
  readonly note?: string;
}

/** The transport of a spec, or for `auto` the best that this machine offers now. Throws UsageError for a bad spec. */
export async function chooseTransport(
  spec: string | TransportSpec,
  system: UhidSystem = linuxUhid,
): Promise<ChosenTransport> {
  const parsed = typeof spec === 'string' ? parseTransportSpec(spec) : spec;
  return parsed.kind === 'auto' ? chooseBest(system) : { transport: createFixedTransport(parsed, system) };
}

/** The transport of a spec that leaves no choice. */
export function createFixedTransport(
  spec: Exclude<TransportSpec, { readonly kind: 'auto' }>,
  system: UhidSystem = linuxUhid,
  { hub = createUsbipHub(system.clock), ...options }: UsbipService = {},
): Transport {
  switch (spec.kind) {
    case 'uhid':
      return createUhidTransport(system);
    case 'tcp':
      return createTcpTransport(spec.host, spec.port);
    case 'unix':
      return createUnixTransport(spec.path);
    case 'udp':
      return createUdpTransport(spec.host, spec.port);
    case 'usbip':
      return hub.transport(spec, options);
  }
}

async function chooseBest(system: UhidSystem): Promise<ChosenTransport> {
  try {
    const file = await system.open();
    await file.close();
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    const { host, port } = defaultStreamAddress;
    const transport = createTcpTransport(host, port);
    const spec = formatTransportSpec({ kind: 'tcp', host, port });
    const note = `The key is at ${spec}, where simulators find it but browsers do not, because: ${error.message} ${error.hint}`;
    return { transport, note };
  }
  return {
    transport: createUhidTransport(system),
    note: `The key is a USB device of this machine, which browsers see, because ${uhidPath} can be opened.`,
  };
}
