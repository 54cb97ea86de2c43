import { reportSize } from '../ports/hid.ts';
import type { UsbIdentity } from '../ports/hid.ts';
import { fidoReportDescriptor } from './uhid-codec.ts';

/* USB 2.0 §9.6 and Device Class Definition for HID 1.11 §6.2, §7.1. Little-endian, as on the cable. */

export const descriptorType = { device: 1, configuration: 2, string: 3, hid: 0x21, report: 0x22 } as const;

/** Addresses of the two interrupt endpoints; bit 7 is the direction. */
export const endpointAddress = { in: 0x81, out: 0x01 } as const;

/** The number of both. */
export const interruptEndpoint = 1;

/** Class, subclass and protocol of the only interface: HID, neither boot keyboard nor boot mouse. */
export const hidInterface = [0x03, 0x00, 0x00] as const;

/** The only configuration. */
export const configurationValue = 1;

const stringIndex = { languages: 0, manufacturer: 1, product: 2, serial: 3 } as const;
const englishUs = 0x0409;
const longestText = 126;

/** Milliseconds between two polls by a real host. */
const pollInterval = 5;

const hidDescriptor: readonly number[] = [
  ...[9, descriptorType.hid],
  ...word(0x0111),
  ...[0, 1, descriptorType.report],
  ...word(fidoReportDescriptor.length),
];

const interfaceDescriptors: readonly number[] = [
  ...[9, 4, 0, 0, 2, ...hidInterface, 0],
  ...hidDescriptor,
  ...[7, 5, endpointAddress.in, 3, ...word(reportSize), pollInterval],
  ...[7, 5, endpointAddress.out, 3, ...word(reportSize), pollInterval],
];

/** bcdDevice: one digit each for minor and build, two for major; what is larger shows as 9. */
export function binaryCodedVersion([major, minor, build]: UsbIdentity['version']): number {
  const most = Math.min(major, 99);
  return (Math.floor(most / 10) << 12) | ((most % 10) << 8) | (Math.min(minor, 9) << 4) | Math.min(build, 9);
}

/** The descriptor of a type and index of the device; `undefined` for one that a full-speed key does not have. */
export function deviceDescriptor(identity: UsbIdentity, type: number, index: number): Uint8Array | undefined {
  switch (type) {
    case descriptorType.device:
      return Uint8Array.from([
        ...[18, descriptorType.device, ...word(0x0200), 0, 0, 0, reportSize],
        ...[...word(identity.vendorId), ...word(identity.productId)],
        ...word(binaryCodedVersion(identity.version)),
        ...[
          stringIndex.manufacturer,
          stringIndex.product,
          identity.serial === '' ? 0 : stringIndex.serial,
          1,
        ],
      ]);
    case descriptorType.configuration:
      return index === 0 ? configuration() : undefined;
    case descriptorType.string:
      return stringDescriptor(identity, index);
    default:
      return undefined;
  }
}

/** The descriptor of a type of the interface. */
export function interfaceDescriptor(type: number): Uint8Array | undefined {
  if (type === descriptorType.hid) return Uint8Array.from(hidDescriptor);
  return type === descriptorType.report ? fidoReportDescriptor : undefined;
}

function configuration(): Uint8Array {
  const header = [9, descriptorType.configuration, ...word(9 + interfaceDescriptors.length)];
  // Powered by the bus, 100 mA, cannot wake the host.
  return Uint8Array.from([...header, 1, configurationValue, 0, 0x80, 50, ...interfaceDescriptors]);
}

function stringDescriptor(identity: UsbIdentity, index: number): Uint8Array | undefined {
  if (index === stringIndex.languages) return string([englishUs]);
  const { manufacturer, product, serial } = identity;
  const text = [undefined, manufacturer, product, serial || undefined][index];
  if (text === undefined) return undefined;
  return string(Array.from({ length: Math.min(text.length, longestText) }, (_, at) => text.charCodeAt(at)));
}

function string(units: readonly number[]): Uint8Array {
  return Uint8Array.from([2 + 2 * units.length, descriptorType.string, ...units.flatMap(word)]);
}

function word(value: number): [number, number] {
  return [value & 0xff, (value >> 8) & 0xff];
}
