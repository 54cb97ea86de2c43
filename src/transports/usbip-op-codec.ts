import { UsbipProtocolError, usbHex, usbipStatus, usbipVersion, viewOf } from './usbip-protocol.ts';

const opCode = {
  requestImport: 0x8003,
  replyImport: 0x0003,
  requestList: 0x8005,
  replyList: 0x0005,
} as const;

/** `enum usb_device_speed`: 12 Mbit/s. */
export const fullSpeed = 2;

const pathSize = 256;
const busIdSize = 32;
const deviceSize = 312;
const interfaceSize = 4;
const opHeaderSize = 8;
const importRequestSize = opHeaderSize + busIdSize;

/** Size of OP_REP_IMPORT when the device was given, in bytes. */
export const importReplySize = opHeaderSize + deviceSize;

/** A device as the list of a server shows it. */
export interface UsbipDevice {
  readonly path: string;
  /** Such as `1-2`; at most 31 characters. */
  readonly busId: string;
  readonly busNumber: number;
  readonly deviceNumber: number;
  readonly speed: number;
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice. */
  readonly version: number;
  readonly deviceClass: number;
  readonly configurationValue: number;
  /** Class, subclass and protocol of each interface. An import does not carry them. */
  readonly interfaces: readonly (readonly [number, number, number])[];
}

export type OpRequest = { readonly kind: 'list' } | { readonly kind: 'import'; readonly busId: string };

const decoder = new TextDecoder('latin1');

/** The identifier of a device in every transfer. */
export function deviceIdOf({ busNumber, deviceNumber }: UsbipDevice): number {
  return ((busNumber << 16) | deviceNumber) >>> 0;
}

/** How many bytes the request that begins so has; `undefined` while that cannot be told. Throws UsbipProtocolError. */
export function opRequestSize(bytes: Uint8Array): number | undefined {
  if (bytes.length < opHeaderSize) return undefined;
  const view = viewOf(bytes);
  const version = view.getUint16(0);
  if (version !== usbipVersion)
    throw new UsbipProtocolError(`speaks no USB/IP 1.1.1 (version ${usbHex(version)})`);
  const code = view.getUint16(2);
  if (code === opCode.requestList) return opHeaderSize;
  if (code === opCode.requestImport) return importRequestSize;
  throw new UsbipProtocolError(`sent the unknown request ${usbHex(code)}`);
}

/** Reads a whole request of the size that `opRequestSize` told. */
export function decodeOpRequest(bytes: Uint8Array): OpRequest {
  if (viewOf(bytes).getUint16(2) === opCode.requestList) return { kind: 'list' };
  return { kind: 'import', busId: textOf(bytes.subarray(opHeaderSize, importRequestSize)) };
}

/** OP_REQ_DEVLIST. */
export function encodeListRequest(): Uint8Array {
  return opHeader(opCode.requestList, 0, opHeaderSize);
}

/** OP_REQ_IMPORT. Throws RangeError for a bus id of more than 31 bytes. */
export function encodeImportRequest(busId: string): Uint8Array {
  const message = opHeader(opCode.requestImport, 0, importRequestSize);
  putText(message.subarray(opHeaderSize), busId);
  return message;
}

/** OP_REP_DEVLIST. */
export function encodeListReply(devices: readonly UsbipDevice[]): Uint8Array {
  const size = devices.reduce(
    (sum, { interfaces }) => sum + deviceSize + interfaceSize * interfaces.length,
    12,
  );
  const message = opHeader(opCode.replyList, 0, size);
  viewOf(message).setUint32(8, devices.length);
  let offset = 12;
  for (const device of devices) {
    putDevice(message.subarray(offset), device);
    offset += deviceSize;
    for (const numbers of device.interfaces) {
      message.set(numbers, offset);
      offset += interfaceSize;
    }
  }
  return message;
}

/** OP_REP_IMPORT: the device, or one of `usbipStatus` alone. */
export function encodeImportReply(outcome: UsbipDevice | number): Uint8Array {
  if (typeof outcome === 'number') return opHeader(opCode.replyImport, outcome, opHeaderSize);
  const message = opHeader(opCode.replyImport, usbipStatus.ok, importReplySize);
  putDevice(message.subarray(opHeaderSize), outcome);
  return message;
}

/** Reads OP_REP_DEVLIST from the first bytes of what came; `undefined` while it is not whole. */
export function decodeListReply(bytes: Uint8Array): readonly UsbipDevice[] | undefined {
  if (bytes.length < 12) return undefined;
  requireReply(bytes, opCode.replyList);
  const view = viewOf(bytes);
  const devices: UsbipDevice[] = [];
  let offset = 12;
  for (let left = view.getUint32(8); left > 0; left--) {
    if (bytes.length < offset + deviceSize) return undefined;
    const count = bytes[offset + deviceSize - 1] ?? 0;
    const end = offset + deviceSize + interfaceSize * count;
    if (bytes.length < end) return undefined;
    const interfaces = Array.from({ length: count }, (_, index) =>
      readInterface(bytes, offset + deviceSize + interfaceSize * index),
    );
    devices.push({ ...readDevice(bytes.subarray(offset)), interfaces });
    offset = end;
  }
  return devices;
}

/** Reads OP_REP_IMPORT; a number is why it was refused. `undefined` while it is not whole. */
export function decodeImportReply(bytes: Uint8Array): UsbipDevice | number | undefined {
  if (bytes.length < opHeaderSize) return undefined;
  requireReply(bytes, opCode.replyImport);
  const status = viewOf(bytes).getUint32(4);
  if (status !== usbipStatus.ok) return status;
  return bytes.length < importReplySize ? undefined : readDevice(bytes.subarray(opHeaderSize));
}

function opHeader(code: number, status: number, size: number): Uint8Array {
  const message = new Uint8Array(size);
  const view = viewOf(message);
  view.setUint16(0, usbipVersion);
  view.setUint16(2, code);
  view.setUint32(4, status);
  return message;
}

function requireReply(bytes: Uint8Array, code: number): void {
  const view = viewOf(bytes);
  const [version, found] = [view.getUint16(0), view.getUint16(2)];
  if (version !== usbipVersion || found !== code) {
    throw new UsbipProtocolError(`answered ${usbHex(version)} ${usbHex(found)}, which is no USB/IP 1.1.1`);
  }
}

function putDevice(bytes: Uint8Array, device: UsbipDevice): void {
  putText(bytes.subarray(0, pathSize), device.path);
  putText(bytes.subarray(pathSize, pathSize + busIdSize), device.busId);
  const view = viewOf(bytes);
  view.setUint32(0x120, device.busNumber);
  view.setUint32(0x124, device.deviceNumber);
  view.setUint32(0x128, device.speed);
  view.setUint16(0x12c, device.vendorId);
  view.setUint16(0x12e, device.productId);
  view.setUint16(0x130, device.version);
  view.setUint8(0x132, device.deviceClass);
  view.setUint8(0x135, device.configurationValue);
  view.setUint8(0x136, 1);
  view.setUint8(0x137, device.interfaces.length);
}

function readDevice(bytes: Uint8Array): UsbipDevice {
  const view = viewOf(bytes);
  return {
    path: textOf(bytes.subarray(0, pathSize)),
    busId: textOf(bytes.subarray(pathSize, pathSize + busIdSize)),
    busNumber: view.getUint32(0x120),
    deviceNumber: view.getUint32(0x124),
    speed: view.getUint32(0x128),
    vendorId: view.getUint16(0x12c),
    productId: view.getUint16(0x12e),
    version: view.getUint16(0x130),
    deviceClass: view.getUint8(0x132),
    configurationValue: view.getUint8(0x135),
    interfaces: [],
  };
}

function readInterface(bytes: Uint8Array, offset: number): readonly [number, number, number] {
  return [bytes[offset] ?? 0, bytes[offset + 1] ?? 0, bytes[offset + 2] ?? 0];
}

function putText(field: Uint8Array, text: string): void {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length >= field.length)
    throw new RangeError(`"${text}" has more than ${field.length - 1} bytes.`);
  field.set(bytes);
}

function textOf(field: Uint8Array): string {
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}
