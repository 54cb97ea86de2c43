import { reportSize } from '../ports/hid.ts';
import type { UsbIdentity } from '../ports/hid.ts';
import {
  configurationValue,
  deviceDescriptor,
  endpointAddress,
  interfaceDescriptor,
} from './usbip-descriptors.ts';
import { viewOf } from './usbip-protocol.ts';

/** The eight bytes of a control request (USB 2.0 §9.3), little-endian. */
export interface SetupPacket {
  readonly requestType: number;
  readonly request: number;
  readonly value: number;
  readonly index: number;
  readonly length: number;
}

export function parseSetup(bytes: Uint8Array): SetupPacket {
  const view = viewOf(bytes);
  return {
    requestType: view.getUint8(0),
    request: view.getUint8(1),
    value: view.getUint16(2, true),
    index: view.getUint16(4, true),
    length: view.getUint16(6, true),
  };
}

/** What a control request leads to in the rest of the device. */
export interface ControlEffects {
  /** The host configured the device anew: what it did before is void. */
  onConfigured(): void;
  /** An endpoint was halted: its transfers end. */
  onHalted(address: number): void;
  /** An output report that came by SET_REPORT. */
  onReport(report: Uint8Array): void;
}

const deviceToHost = 0x80;
const recipient = { device: 0, interface: 1, endpoint: 2 } as const;
const standard = {
  getStatus: 0,
  clearFeature: 1,
  setFeature: 3,
  setAddress: 5,
  getDescriptor: 6,
  getConfiguration: 8,
  setConfiguration: 9,
  getInterface: 10,
  setInterface: 11,
} as const;
const hidClass = { getReport: 1, getIdle: 2, setReport: 9, setIdle: 10 } as const;
const classRequest = 0x20;
const endpointHalt = 0;
const inputReport = 1;
const outputReport = 2;
const nothing = new Uint8Array();

/**
 * Endpoint 0 of a key: standard requests (USB 2.0 §9.4) and those of the HID class (HID 1.11 §7.2). A key has one
 * configuration, one interface without alternatives, no report ids and no feature reports.
 */
export class ControlEndpoint {
  readonly #identity: UsbIdentity;
  readonly #effects: ControlEffects;
  readonly #halted = new Set<number>();
  // The list shows the device with a configuration chosen, as a server does whose kernel has configured it.
  #configuration = configurationValue;
  #idleRate = 0;

  constructor(identity: UsbIdentity, effects: ControlEffects) {
    this.#identity = identity;
    this.#effects = effects;
  }

  /** Whether the interrupt endpoint with this address takes transfers now. */
  canTransfer(address: number): boolean {
    return this.#configuration !== 0 && !this.#halted.has(address);
  }

  /** The answer to a request, not yet cut to what the host has room for; `undefined` is a stall. */
  handle(setup: SetupPacket, data: Uint8Array): Uint8Array | undefined {
    const isRead = (setup.requestType & deviceToHost) !== 0;
    if (!isRead && data.length !== setup.length) return undefined;
    const target = setup.requestType & 0x1f;
    if ((setup.requestType & 0x60) === classRequest) {
      if (target !== recipient.interface || (setup.index & 0xff) !== 0) return undefined;
      return isRead ? this.#readClass(setup) : this.#writeClass(setup, data);
    }
    if ((setup.requestType & 0x60) !== 0) return undefined;
    return isRead ? this.#read(setup, target) : this.#write(setup, target);
  }

  #read({ request, value, index }: SetupPacket, target: number): Uint8Array | undefined {
    const [type, which] = [value >> 8, value & 0xff];
    switch (request) {
      case standard.getStatus:
        return this.#status(target, index);
      case standard.getDescriptor:
        if (target === recipient.device) return deviceDescriptor(this.#identity, type, which);
        return target === recipient.interface && index === 0 ? interfaceDescriptor(type) : undefined;
      case standard.getConfiguration:
        return target === recipient.device ? Uint8Array.of(this.#configuration) : undefined;
      case standard.getInterface:
        return target === recipient.interface && index === 0 ? Uint8Array.of(0) : undefined;
      default:
        return undefined;
    }
  }

  #status(target: number, index: number): Uint8Array | undefined {
    if (target === recipient.device) return Uint8Array.of(0, 0);
    if (target === recipient.interface) return index === 0 ? Uint8Array.of(0, 0) : undefined;
    return isEndpoint(index) ? Uint8Array.of(this.#halted.has(index) ? 1 : 0, 0) : undefined;
  }

  #write({ request, value, index }: SetupPacket, target: number): Uint8Array | undefined {
    switch (request) {
      case standard.clearFeature:
      case standard.setFeature:
        if (target !== recipient.endpoint || value !== endpointHalt || !isEndpoint(index)) return undefined;
        return this.#halt(index, request === standard.setFeature);
      case standard.setAddress:
        return target === recipient.device ? nothing : undefined;
      case standard.setConfiguration:
        if (target !== recipient.device || (value !== 0 && value !== configurationValue)) return undefined;
        return this.#configure(value);
      case standard.setInterface:
        return target === recipient.interface && index === 0 && value === 0 ? nothing : undefined;
      default:
        return undefined;
    }
  }

  #halt(address: number, halted: boolean): Uint8Array {
    // The control endpoint recovers with the next request: it never stays halted.
    if ((address & 0x0f) === 0) return nothing;
    if (halted) {
      this.#halted.add(address);
      this.#effects.onHalted(address);
    } else {
      this.#halted.delete(address);
    }
    return nothing;
  }

  #configure(value: number): Uint8Array {
    this.#configuration = value;
    this.#halted.clear();
    this.#idleRate = 0;
    this.#effects.onConfigured();
    return nothing;
  }

  #readClass({ request, value }: SetupPacket): Uint8Array | undefined {
    // A report of channel zero, which nobody has: a real one taken away here would be missing in the pipe.
    if (request === hidClass.getReport && value === inputReport << 8) return new Uint8Array(reportSize);
    return request === hidClass.getIdle ? Uint8Array.of(this.#idleRate) : undefined;
  }

  #writeClass({ request, value }: SetupPacket, data: Uint8Array): Uint8Array | undefined {
    if (request === hidClass.setIdle) {
      this.#idleRate = value >> 8;
      return nothing;
    }
    if (request !== hidClass.setReport || value !== outputReport << 8 || data.length !== reportSize)
      return undefined;
    this.#effects.onReport(data);
    return nothing;
  }
}

function isEndpoint(address: number): boolean {
  return (
    address === 0 || address === 0x80 || address === endpointAddress.in || address === endpointAddress.out
  );
}
