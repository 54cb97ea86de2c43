import type { HidEndpoint, HidLink } from '../ports/hid.ts';
import { TransportError } from '../ports/transport.ts';
import type { OpenTransport, Transport } from '../ports/transport.ts';
import { ReportPacer } from './report-pacer.ts';
import {
  decodeUhidEvent,
  encodeUhidCreate,
  encodeUhidDestroy,
  encodeUhidGetReportReply,
  encodeUhidInput,
  encodeUhidSetReportReply,
} from './uhid-codec.ts';
import type { UhidEvent } from './uhid-codec.ts';
import { linuxUhid, toUhidError } from './uhid-system.ts';
import type { UhidFile, UhidSystem } from './uhid-system.ts';

const driverPollInterval = 50;

/** Milliseconds in which the kernel has to take a device that was made. */
export const uhidStartTimeout = 10_000;

/**
 * The key as a USB HID device of this machine, through the kernel's uhid. `close` takes the device away before it first
 * waits: called from an exit handler, that much is enough for the process to end.
 */
export function createUhidTransport(system: UhidSystem = linuxUhid): Transport {
  return {
    spec: 'uhid',
    async open(endpoint): Promise<OpenTransport> {
      const device = new UhidDevice(system, await system.open(), endpoint);
      try {
        await device.plugIn();
      } catch (error) {
        await device.close();
        throw error;
      }
      return {
        address: 'uhid',
        replug: () => device.replug(),
        close: () => device.close(),
      };
    },
  };
}

/**
 * A pending read can only be ended by an event, and `process.exit` waits for it for ever. The one event that is certain
 * is STOP, after DESTROY, of a device that a driver has started. So nothing is read before a driver is there, and the
 * device is up only after START.
 */
class UhidDevice {
  readonly #system: UhidSystem;
  readonly #file: UhidFile;
  readonly #endpoint: HidEndpoint;
  readonly #pacer: ReportPacer;
  /** The kernel is one host. It has a link while somebody has the device open. */
  #link: HidLink | undefined;
  #isStarted = false;
  #reading: Promise<void> | undefined;
  #replugging: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #isEnding = false;
  #onChange: () => void = () => undefined;

  constructor(system: UhidSystem, file: UhidFile, endpoint: HidEndpoint) {
    this.#system = system;
    this.#file = file;
    this.#endpoint = endpoint;
    this.#pacer = new ReportPacer(system.clock, (report) => this.#tell(encodeUhidInput(report)));
  }

  /** Resolves when the driver has the device. Its hidraw node, and the rights that udev gives, follow in moments. */
  async plugIn(): Promise<void> {
    this.#create();
    if (!(await this.#untilDriver())) throw notTaken();
    this.#reading = this.#read();
    if (!(await this.#until(true))) throw notTaken();
  }

  replug(): Promise<void> {
    this.#replugging ??= this.#pullAndPut().finally(() => (this.#replugging = undefined));
    return this.#replugging;
  }

  close(): Promise<void> {
    this.#closing ??= this.#pullForGood();
    return this.#closing;
  }

  async #pullAndPut(): Promise<void> {
    if (this.#closing) return;
    this.#unlink();
    this.#tell(encodeUhidDestroy());
    await this.#until(false);
    this.#create();
    if (!(await this.#until(true))) throw notTaken();
  }

  async #pullForGood(): Promise<void> {
    // A device between DESTROY and START would leave the reader without its STOP.
    if (this.#replugging) await this.#replugging.catch(() => undefined);
    this.#unlink();
    this.#isEnding = true;
    this.#file.endAfterStop();
    const willStop = this.#isStarted;
    this.#tell(encodeUhidDestroy());
    // Without a driver no STOP comes; then the file is left to the end of the process.
    if (this.#reading && !willStop) return;
    await this.#file.close();
  }

  async #read(): Promise<void> {
    try {
      do this.#handle(decodeUhidEvent(await this.#file.read()));
      while (!this.#isEnding);
    } catch {
      // The file is gone, and the device with it: nobody can be told.
      this.#stop();
    }
    this.#reading = undefined;
  }

  #handle(event: UhidEvent): void {
    switch (event.type) {
      case 'start':
        this.#isStarted = true;
        this.#onChange();
        return;
      case 'stop':
        this.#stop();
        return;
      case 'close':
        // Nobody is left to read an answer: a question to the user may end, and the next opener begins afresh.
        this.#unlink();
        return;
      case 'output':
        this.#receive(event.report);
        return;
      case 'get-report':
        this.#tell(encodeUhidGetReportReply(event.id));
        return;
      case 'set-report':
        this.#tell(encodeUhidSetReportReply(event.id, event.report !== undefined));
        this.#receive(event.report);
        return;
      case 'open':
      case 'other':
    }
  }

  #receive(report: Uint8Array | undefined): void {
    if (!report) return;
    this.#link ??= this.#endpoint.connect({ send: (input) => this.#pacer.send(input) });
    this.#link.receive(report);
  }

  #unlink(): void {
    this.#link?.close();
    this.#link = undefined;
    this.#pacer.clear();
  }

  #stop(): void {
    this.#unlink();
    this.#isStarted = false;
    this.#onChange();
  }

  #create(): void {
    try {
      this.#file.write(encodeUhidCreate(this.#endpoint.identity));
    } catch (error) {
      throw toUhidError(error, 'linux');
    }
  }

  /** Writes to a device that may be gone: then there is nobody to tell. */
  #tell(event: Uint8Array): void {
    try {
      this.#file.write(event);
    } catch {
      // ENODEV, EINVAL: the device is not there (any more).
    }
  }

  async #untilDriver(): Promise<boolean> {
    for (let waited = 0; waited < uhidStartTimeout; waited += driverPollInterval) {
      if (await this.#system.hasDriver()) return true;
      await new Promise<void>((resolve) => this.#system.clock.after(driverPollInterval, resolve));
    }
    return false;
  }

  /** Whether the device was started, or stopped, in time. */
  #until(started: boolean): Promise<boolean> {
    return new Promise((resolve) => {
      const cancelTimer = this.#system.clock.after(uhidStartTimeout, () => resolve(false));
      this.#onChange = () => {
        if (this.#isStarted !== started) return;
        cancelTimer();
        resolve(true);
      };
      this.#onChange();
    });
  }
}

function notTaken(): TransportError {
  return new TransportError(
    'unavailable',
    'The kernel made the HID device, but no driver took it.',
    'Load the driver: sudo modprobe hid_generic',
  );
}
