import { constants } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TransportError } from '../ports/transport.ts';
import { systemErrorCode } from './listen-error.ts';

/** Where the kernel module shows its ports and takes connections. */
export const vhciPath = '/sys/devices/platform/vhci_hcd.0';

/** Where usbip(8) notes which port belongs to which server; `usbip port` reads it. */
const recordPath = '/var/run/vhci_hcd';

const superSpeed = 5;
const portState = { free: 4, used: 6 } as const;

/** One port of the virtual host controller. */
export interface VhciPort {
  readonly port: number;
  readonly hub: 'hs' | 'ss';
  /** `enum usbip_device_status`. */
  readonly state: number;
  /** The device's name on this machine, such as `3-1`; `0-0` while there is none. */
  readonly localBusId: string;
}

/** What attaching needs of a Linux machine. Tests bring their own. */
export interface VhciSystem {
  /** Text of all status files, one after the other. Throws a system error. */
  status(): Promise<string>;
  attach(line: string): Promise<void>;
  detach(line: string): Promise<void>;
  /** Report descriptors of a device's HID interfaces. */
  reportDescriptors(localBusId: string): Promise<readonly Uint8Array[]>;
  /** Notes the server of a port; `undefined` takes the note away. A note that cannot be written is none. */
  note(port: number, text: string | undefined): Promise<void>;
}

/**
 * Reads the ports of a status file: a head line, then columns for hub (newer kernels only), port, state, speed, device,
 * socket and local bus id.
 */
export function parseVhciStatus(text: string): readonly VhciPort[] {
  return text.split('\n').flatMap((line): VhciPort[] => {
    const match = /^(?:(hs|ss)\s+)?(\d{4})\s+(\d{3})\s+\d{3}\s+[\da-f]+\s+\S+\s+(\S+)/.exec(line);
    if (!match) return [];
    const [, hub, port, state, localBusId = ''] = match;
    return [{ hub: hub === 'ss' ? 'ss' : 'hs', port: Number(port), state: Number(state), localBusId }];
  });
}

export function isAttached({ state }: VhciPort): boolean {
  return state === portState.used;
}

/** The first port that takes a device of this speed. Throws TransportError if all are taken. */
export function freePort(ports: readonly VhciPort[], speed: number): VhciPort {
  const hub = speed >= superSpeed ? 'ss' : 'hs';
  const found = ports.find((port) => port.hub === hub && port.state === portState.free);
  if (found) return found;
  throw new TransportError(
    'in-use',
    'All ports of the virtual host controller are taken.',
    'Detach what is not needed: fauxkey detach',
  );
}

/** Why the kernel did not take what was written, with the command that mends it. */
export function toVhciError(error: unknown): TransportError {
  const options = { cause: error };
  const code = systemErrorCode(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new TransportError(
        'unavailable',
        'The kernel module that attaches USB/IP devices is not loaded.',
        'Load it: sudo modprobe vhci-hcd',
        options,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new TransportError(
        'permission',
        'Only root may attach and detach USB devices.',
        'Run it again with sudo.',
        options,
      );
    default:
      return new TransportError(
        'io',
        `The kernel refused (${code ?? String(error)}).`,
        'Its log says why: sudo dmesg | tail',
        options,
      );
  }
}

export const linuxVhci: VhciSystem = {
  async status() {
    const names = (await readdir(vhciPath)).filter((name) => /^status(?:\.\d+)?$/.test(name));
    const texts = await Promise.all(names.sort().map((name) => readFile(join(vhciPath, name), 'utf8')));
    return texts.join('\n');
  },
  // Neither made nor emptied, only written: these files cannot be read, and are no files.
  attach: (line) => writeFile(join(vhciPath, 'attach'), line, { flag: constants.O_WRONLY }),
  detach: (line) => writeFile(join(vhciPath, 'detach'), line, { flag: constants.O_WRONLY }),
  async reportDescriptors(localBusId) {
    const folder = join('/sys/bus/usb/devices', basename(localBusId));
    const found: Uint8Array[] = [];
    for (const name of await list(folder)) {
      if (!name.startsWith(`${localBusId}:`)) continue;
      for (const child of await list(join(folder, name))) {
        const descriptor = await readFile(join(folder, name, child, 'report_descriptor')).catch(
          () => undefined,
        );
        if (descriptor) found.push(descriptor);
      }
    }
    return found;
  },
  async note(port, text) {
    const path = join(recordPath, `port${port}`);
    try {
      if (text === undefined) await rm(path, { force: true });
      else {
        await mkdir(recordPath, { recursive: true, mode: 0o700 });
        await writeFile(path, text);
      }
    } catch {
      // Only what `usbip port` prints is poorer for it.
    }
  },
};

async function list(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
