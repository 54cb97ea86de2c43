import { reportSize, type UsbIdentity } from '../ports/hid.ts';

/*
 * What a Linux kernel would have seen on the bus: the 64-byte header of LINKTYPE_USB_LINUX_MMAPPED
 * (https://www.tcpdump.org/linktypes/LINKTYPE_USB_LINUX_MMAPPED.html), little-endian, then the data. The enumeration
 * at the start tells Wireshark that the endpoints are those of a HID device with FIDO's usage page.
 */

const headerSize = 64;
const busId = 1;
const deviceAddress = 1;
const inEndpoint = 0x81;
const outEndpoint = 0x01;
const controlEndpoint = 0x80;
/** Errors as negative numbers: a transfer that goes on, and none. */
const inProgress = -115;

const transfer = { interrupt: 1, control: 2 } as const;
const descriptorType = { device: 1, configuration: 2, string: 3, hid: 0x21, report: 0x22 } as const;

/** CTAP 2.3 §11.2.8.2, as the key announces it. */
export const reportDescriptor: Uint8Array = Uint8Array.of(
  ...[0x06, 0xd0, 0xf1, 0x09, 0x01, 0xa1, 0x01],
  ...[0x09, 0x20, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, reportSize, 0x81, 0x02],
  ...[0x09, 0x21, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, reportSize, 0x91, 0x02],
  0xc0,
);

interface Urb {
  /** The same for both halves of one transfer. */
  readonly id: number;
  readonly kind: 'submit' | 'complete';
  readonly transferType: number;
  readonly endpoint: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly setup?: Uint8Array;
  readonly data?: Uint8Array;
  /** Bytes asked for or transferred, if not those of `data`. */
  readonly length?: number;
}

/** One packet of the capture, header and data. */
export interface UsbFrame {
  readonly time: number;
  readonly bytes: Uint8Array;
}

function encodeUrb({ data, endpoint, id, kind, length, setup, time, transferType }: Urb): UsbFrame {
  const content = data ?? new Uint8Array();
  const bytes = new Uint8Array(headerSize + content.length);
  const view = new DataView(bytes.buffer);
  const microseconds = Math.round(time * 1000);
  view.setBigUint64(0, BigInt(id), true);
  view.setUint8(8, kind === 'submit' ? 0x53 : 0x43);
  view.setUint8(9, transferType);
  view.setUint8(10, endpoint);
  view.setUint8(11, deviceAddress);
  view.setUint16(12, busId, true);
  view.setUint8(14, setup ? 0 : 0x2d);
  view.setUint8(15, data ? 0 : endpoint & 0x80 ? 0x3c : 0x3e);
  view.setBigInt64(16, BigInt(Math.floor(microseconds / 1e6)), true);
  view.setInt32(24, microseconds % 1e6, true);
  view.setInt32(28, kind === 'submit' ? inProgress : 0, true);
  view.setUint32(32, length ?? content.length, true);
  view.setUint32(36, content.length, true);
  if (setup) bytes.set(setup, 40);
  view.setInt32(48, transferType === transfer.interrupt ? 1 : 0, true);
  bytes.set(content, headerSize);
  return { time, bytes };
}

/** A report as a transfer of its own: asked for and done. */
export function reportFrames(
  id: number,
  direction: 'to-key' | 'to-host',
  report: Uint8Array,
  time: number,
): readonly UsbFrame[] {
  const common = { id, time, transferType: transfer.interrupt } as const;
  if (direction === 'to-key') {
    return [
      encodeUrb({ ...common, kind: 'submit', endpoint: outEndpoint, data: report }),
      encodeUrb({ ...common, kind: 'complete', endpoint: outEndpoint, length: report.length }),
    ];
  }
  return [
    encodeUrb({ ...common, kind: 'submit', endpoint: inEndpoint, length: report.length }),
    encodeUrb({ ...common, kind: 'complete', endpoint: inEndpoint, data: report }),
  ];
}

/** How many transfers the enumeration takes; reports are numbered after them. */
export const enumerationTransfers = 6;

/** The descriptors of the key, as a host asks for them when it is plugged in. */
export function enumerationFrames(identity: UsbIdentity, time: number): readonly UsbFrame[] {
  const strings = [identity.manufacturer, identity.product, identity.serial];
  const asked: readonly (readonly [type: number, index: number, answer: Uint8Array])[] = [
    [descriptorType.device, 0, deviceDescriptor(identity)],
    [descriptorType.configuration, 0, configurationDescriptor()],
    ...strings.map((text, index) => [descriptorType.string, index + 1, stringDescriptor(text)] as const),
    [descriptorType.report, 0, reportDescriptor],
  ];
  return asked.flatMap(([type, index, answer], number) =>
    getDescriptor(number + 1, type, index, answer, time),
  );
}

const getDescriptorRequest = 6;
const toDevice = 0x80;
const toInterface = 0x81;
const english = 0x0409;

function getDescriptor(
  id: number,
  type: number,
  index: number,
  answer: Uint8Array,
  time: number,
): readonly UsbFrame[] {
  const recipient = type === descriptorType.report ? toInterface : toDevice;
  const language = type === descriptorType.string ? english : 0;
  const setup = Uint8Array.of(
    recipient,
    getDescriptorRequest,
    index,
    type,
    ...littleEndian16(language),
    ...littleEndian16(answer.length),
  );
  const common = { id, time, transferType: transfer.control, endpoint: controlEndpoint } as const;
  return [
    encodeUrb({ ...common, kind: 'submit', setup, length: answer.length }),
    encodeUrb({ ...common, kind: 'complete', data: answer }),
  ];
}

function littleEndian16(value: number): readonly [number, number] {
  return [value & 0xff, (value >> 8) & 0xff];
}

/** USB 2.0 §9.6.1: full speed, no class of its own, one configuration. */
function deviceDescriptor({ productId, vendorId, version }: UsbIdentity): Uint8Array {
  const release = [((version[1] & 0x0f) << 4) | (version[2] & 0x0f), version[0]];
  return Uint8Array.of(
    ...[18, descriptorType.device, 0x00, 0x02, 0, 0, 0, reportSize],
    ...littleEndian16(vendorId),
    ...littleEndian16(productId),
    ...release,
    ...[1, 2, 3, 1],
  );
}

/** One HID interface with an interrupt endpoint each way (USB 2.0 §9.6.3, §9.6.5, §9.6.6; HID 1.11 §6.2.1). */
function configurationDescriptor(): Uint8Array {
  const size = littleEndian16(reportSize);
  const parts = [
    [9, 4, 0, 0, 2, 0x03, 0, 0, 0],
    [
      9,
      descriptorType.hid,
      0x11,
      0x01,
      0,
      1,
      descriptorType.report,
      ...littleEndian16(reportDescriptor.length),
    ],
    [7, 5, inEndpoint, 3, ...size, 5],
    [7, 5, outEndpoint, 3, ...size, 5],
  ].flat();
  return Uint8Array.of(
    ...[9, descriptorType.configuration, ...littleEndian16(9 + parts.length), 1, 1, 0, 0x80, 50],
    ...parts,
  );
}

/** UTF-16, little-endian, at most 126 units (USB 2.0 §9.6.7). */
function stringDescriptor(text: string): Uint8Array {
  const units = Array.from({ length: Math.min(text.length, 126) }, (_, index) => text.charCodeAt(index));
  return Uint8Array.of(2 + 2 * units.length, descriptorType.string, ...units.flatMap(littleEndian16));
}
