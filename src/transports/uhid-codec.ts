import { reportSize } from '../ports/hid.ts';
import type { UsbIdentity } from '../ports/hid.ts';

/*
 * struct uhid_event of the Linux kernel (include/uapi/linux/uhid.h): a 32-bit type, then a packed payload. Numbers are in
 * the byte order of the machine, which is little-endian wherever Node.js runs on Linux but s390x.
 */

/** Size of the largest event; one read returns one event of at most this size. */
export const uhidEventSize = 4380;

const eventType = {
  destroy: 1,
  start: 2,
  stop: 3,
  open: 4,
  close: 5,
  output: 6,
  getReport: 9,
  getReportReply: 10,
  create2: 11,
  input2: 12,
  setReport: 13,
  setReportReply: 14,
} as const;

/** The first byte of the event that ends the life of a device. */
export const uhidStopType = eventType.stop;

const payloadOffset = 4;
const dataMax = 4096;
const busUsb = 3;
const hidVersion = 0x0111;
const outputReport = 1;
const ioError = 5;

/**
 * The FIDO report descriptor (CTAP 2.3 §11.2.8.2). Firefox and libfido2 read the report counts by position: keep
 * exactly this shape.
 */
export const fidoReportDescriptor: Uint8Array = Uint8Array.of(
  ...[0x06, 0xd0, 0xf1], // usage page FIDO
  ...[0x09, 0x01], // usage CTAPHID
  ...[0xa1, 0x01], // collection: application
  ...[0x09, 0x20, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x40, 0x81, 0x02], // input: 64 bytes
  ...[0x09, 0x21, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x40, 0x91, 0x02], // output: 64 bytes
  0xc0,
);

/** What the kernel says. Events that mean nothing to a key are `other`. */
export type UhidEvent =
  | { readonly type: 'start' | 'stop' | 'open' | 'close' | 'other' }
  /** `report` is absent if the host wrote anything but 64 bytes. */
  | { readonly type: 'output'; readonly report?: Uint8Array }
  | { readonly type: 'get-report'; readonly id: number }
  | { readonly type: 'set-report'; readonly id: number; readonly report?: Uint8Array };

/** Reads one event. Short events mean zeros to the end, as the kernel's header says. `report` is a copy. */
export function decodeUhidEvent(bytes: Uint8Array): UhidEvent {
  const event = new Uint8Array(uhidEventSize);
  event.set(bytes.subarray(0, uhidEventSize));
  const view = new DataView(event.buffer);
  switch (view.getUint32(0, true)) {
    case eventType.start:
      return { type: 'start' };
    case eventType.stop:
      return { type: 'stop' };
    case eventType.open:
      return { type: 'open' };
    case eventType.close:
      return { type: 'close' };
    case eventType.output: {
      const size = view.getUint16(payloadOffset + dataMax, true);
      return { type: 'output', ...reportOf(event.subarray(payloadOffset, payloadOffset + size)) };
    }
    case eventType.getReport:
      return { type: 'get-report', id: view.getUint32(payloadOffset, true) };
    case eventType.setReport: {
      const id = view.getUint32(payloadOffset, true);
      const isOutput = view.getUint8(payloadOffset + 5) === outputReport;
      const data = event.subarray(12, 12 + view.getUint16(10, true));
      return { type: 'set-report', id, ...(isOutput ? reportOf(data) : {}) };
    }
    default:
      return { type: 'other' };
  }
}

// The kernel puts the report number, 0, before the 64 bytes.
function reportOf(data: Uint8Array): { readonly report?: Uint8Array } {
  if (data.length === reportSize + 1 && data[0] === 0) return { report: data.slice(1) };
  return data.length === reportSize ? { report: data.slice() } : {};
}

/** UHID_CREATE2: the device appears. Texts that are too long are cut between characters. */
export function encodeUhidCreate(identity: UsbIdentity): Uint8Array {
  const { event, view } = createEvent(eventType.create2, uhidEventSize);
  putText(event.subarray(4, 132), `${identity.manufacturer} ${identity.product}`.trim());
  putText(event.subarray(132, 196), 'fauxkey');
  putText(event.subarray(196, 260), identity.serial);
  view.setUint16(260, fidoReportDescriptor.length, true);
  view.setUint16(262, busUsb, true);
  view.setUint32(264, identity.vendorId, true);
  view.setUint32(268, identity.productId, true);
  view.setUint32(272, hidVersion, true);
  view.setUint32(276, 0, true);
  event.set(fidoReportDescriptor, 280);
  return event;
}

/** UHID_DESTROY: the device goes. A pending read then ends with STOP. */
export function encodeUhidDestroy(): Uint8Array {
  return createEvent(eventType.destroy, payloadOffset).event;
}

/** UHID_INPUT2: a report of 64 bytes to the host. */
export function encodeUhidInput(report: Uint8Array): Uint8Array {
  const { event, view } = createEvent(eventType.input2, payloadOffset + 2 + report.length);
  view.setUint16(payloadOffset, report.length, true);
  event.set(report, payloadOffset + 2);
  return event;
}

/** A key has no feature reports: every GET_REPORT fails with EIO. Unanswered, the caller would hang for seconds. */
export function encodeUhidGetReportReply(id: number): Uint8Array {
  const { event, view } = createEvent(eventType.getReportReply, 12);
  view.setUint32(4, id, true);
  view.setUint16(8, ioError, true);
  return event;
}

/** Success for an output report that came by SET_REPORT, else EIO. */
export function encodeUhidSetReportReply(id: number, accepted: boolean): Uint8Array {
  const { event, view } = createEvent(eventType.setReportReply, 10);
  view.setUint32(4, id, true);
  view.setUint16(8, accepted ? 0 : ioError, true);
  return event;
}

function createEvent(type: number, size: number): { readonly event: Uint8Array; readonly view: DataView } {
  const event = new Uint8Array(size);
  const view = new DataView(event.buffer);
  view.setUint32(0, type, true);
  return { event, view };
}

function putText(field: Uint8Array, text: string): void {
  // The last byte stays zero; encodeInto never splits a character.
  new TextEncoder().encodeInto(text.replaceAll('\0', ''), field.subarray(0, -1));
}
