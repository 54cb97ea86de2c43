import { writeSync } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { platform } from 'node:os';
import type { Clock } from '../ports/clock.ts';
import { TransportError } from '../ports/transport.ts';
import { systemErrorCode } from './listen-error.ts';
import { startUhidReader } from './uhid-reader.ts';
import type { UhidReader } from './uhid-reader.ts';

/** Where the kernel takes HID devices from programs. */
export const uhidPath = '/dev/uhid';

/** A udev rule that lets whoever sits at the machine make HID devices, from the next boot on. */
export const uhidUdevRule = 'KERNEL=="uhid", SUBSYSTEM=="misc", OPTIONS+="static_node=uhid", TAG+="uaccess"';

/** An open `/dev/uhid`: one event for each call. */
export interface UhidFile {
  /** Returns when the kernel has the event. Throws a system error. */
  write(event: Uint8Array): void;
  /** The next event of the kernel. From the first call on a thread waits for events, and nothing else can free it. */
  read(): Promise<Uint8Array>;
  /** That thread ends with the next STOP. */
  endAfterStop(): void;
  /** Waits for that thread. */
  close(): Promise<void>;
}

/** What the device needs of Linux. Tests bring their own. */
export interface UhidSystem {
  readonly clock: Pick<Clock, 'after'>;
  /** Throws TransportError. */
  open(): Promise<UhidFile>;
  /** Whether the kernel has a driver that will take the device; true if that cannot be known. */
  hasDriver(): Promise<boolean>;
}

export const linuxUhid: UhidSystem = {
  clock: {
    after(delay, callback) {
      const timer = setTimeout(callback, delay);
      return () => clearTimeout(timer);
    },
  },
  async open() {
    try {
      return await openFile();
    } catch (error) {
      throw toUhidError(error, platform());
    }
  },
  async hasDriver() {
    return !(await exists('/sys/bus/hid')) || exists('/sys/bus/hid/drivers/hid-generic');
  },
};

async function openFile(): Promise<UhidFile> {
  const handle = await open(uhidPath, 'r+');
  let reader: UhidReader | undefined;
  return {
    write: (event) => void writeSync(handle.fd, event),
    read: () => (reader ??= startUhidReader(handle.fd)).read(),
    endAfterStop: () => reader?.endAfterStop(),
    async close() {
      await reader?.ended();
      await handle.close();
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Why `/dev/uhid` could not be opened, with the command that mends it. */
export function toUhidError(error: unknown, system: string): TransportError {
  const options = { cause: error };
  if (system !== 'linux') {
    const hint = 'Use tcp:127.0.0.1:8112 instead.';
    return new TransportError('unavailable', 'Only Linux makes HID devices for programs.', hint, options);
  }
  const code = systemErrorCode(error);
  switch (code) {
    case 'ENOENT':
    case 'ENODEV':
    case 'ENXIO':
      return new TransportError(
        'unavailable',
        `This machine has no ${uhidPath}.`,
        'Load the module: sudo modprobe uhid',
        options,
      );
    case 'EACCES':
    case 'EPERM':
      return new TransportError(
        'permission',
        `This user may not open ${uhidPath}.`,
        `Allow it until the next boot: sudo chown "$(id -un)" ${uhidPath}`,
        options,
      );
    default:
      return new TransportError(
        'io',
        `Opening ${uhidPath} failed (${code ?? String(error)}).`,
        'Load the module afresh: sudo modprobe -r uhid && sudo modprobe uhid',
        options,
      );
  }
}
