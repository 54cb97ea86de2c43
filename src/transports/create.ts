import type { Transport } from '../ports/transport.ts';
import { chooseTransport, createFixedTransport } from './auto.ts';
import type { UsbipService } from './auto.ts';
import type { TransportSpec } from './spec.ts';
import { formatTransportSpec } from './spec.ts';
import { linuxUhid } from './uhid-system.ts';
import type { UhidSystem } from './uhid-system.ts';

/** The transport of a spec. `auto` chooses when it is opened, and says in `notice` what it chose and why. */
export function createTransport(
  spec: TransportSpec,
  system: UhidSystem = linuxUhid,
  usbip?: UsbipService,
): Transport {
  if (spec.kind !== 'auto') return createFixedTransport(spec, system, usbip);
  return {
    spec: formatTransportSpec(spec),
    async open(endpoint) {
      const { transport, note } = await chooseTransport(spec, system);
      const open = await transport.open(endpoint);
      return note === undefined ? open : { ...open, notice: note };
    },
  };
}
