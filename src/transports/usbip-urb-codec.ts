import { UsbipProtocolError, usbHex, viewOf } from './usbip-protocol.ts';

const urbCode = { submit: 1, unlink: 2, submitted: 3, unlinked: 4 } as const;

/** Size of the header of a transfer, in bytes. */
export const urbHeaderSize = 48;

/** The most data that a host may send in one transfer. A key takes 64 bytes. */
export const maxTransferSize = 16_384;

const noIsoPackets = 0xffffffff;
const longestCount = 0x7fffffff;

export type UrbDirection = 'in' | 'out';

/** USBIP_CMD_SUBMIT. */
export interface SubmitRequest {
  readonly kind: 'submit';
  readonly seqnum: number;
  readonly deviceId: number;
  readonly direction: UrbDirection;
  /** 0 to 15. */
  readonly endpoint: number;
  readonly flags: number;
  /** Room for data of the device, or the length of `data`. */
  readonly length: number;
  /** Eight bytes; zeros unless the endpoint is 0. */
  readonly setup: Uint8Array;
  /** What the host sends; empty for `in`. */
  readonly data: Uint8Array;
}

/** USBIP_CMD_UNLINK. */
export interface UnlinkRequest {
  readonly kind: 'unlink';
  readonly seqnum: number;
  readonly deviceId: number;
  /** The transfer that shall not happen any more. */
  readonly target: number;
}

export type UrbRequest = SubmitRequest | UnlinkRequest;

/**
 * How many bytes the request that begins so has; `undefined` while that cannot be told. Throws UsbipProtocolError.
 */
export function urbRequestSize(bytes: Uint8Array): number | undefined {
  if (bytes.length < urbHeaderSize) return undefined;
  const view = viewOf(bytes);
  const command = view.getUint32(0);
  if (command === urbCode.unlink) return urbHeaderSize;
  if (command !== urbCode.submit) throw new UsbipProtocolError(`sent the unknown command ${usbHex(command)}`);
  const length = view.getUint32(0x18);
  const packets = view.getUint32(0x20);
  if (packets !== 0 && packets !== noIsoPackets) throw new UsbipProtocolError('wants isochronous transfers');
  if (length > longestCount) throw new UsbipProtocolError(`wants a transfer of ${length} bytes`);
  if (readDirection(view) === 'in') return urbHeaderSize;
  if (length > maxTransferSize) throw new UsbipProtocolError(`wants to send ${length} bytes at once`);
  return urbHeaderSize + length;
}

/** Reads a whole request of the size that `urbRequestSize` told. `setup` and `data` are copies. */
export function decodeUrbRequest(bytes: Uint8Array): UrbRequest {
  const view = viewOf(bytes);
  const [seqnum, deviceId] = [view.getUint32(4), view.getUint32(8)];
  if (view.getUint32(0) === urbCode.unlink) {
    return { kind: 'unlink', seqnum, deviceId, target: view.getUint32(0x14) };
  }
  const endpoint = view.getUint32(0x10);
  if (endpoint > 15) throw new UsbipProtocolError(`wants the endpoint ${endpoint}`);
  return {
    kind: 'submit',
    seqnum,
    deviceId,
    direction: readDirection(view),
    endpoint,
    flags: view.getUint32(0x14),
    length: view.getUint32(0x18),
    setup: bytes.slice(0x28, urbHeaderSize),
    data: bytes.slice(urbHeaderSize),
  };
}

function readDirection(view: DataView): UrbDirection {
  const direction = view.getUint32(0x0c);
  if (direction > 1) throw new UsbipProtocolError(`wants the direction ${direction}`);
  return direction === 1 ? 'in' : 'out';
}

/** USBIP_CMD_SUBMIT; `seqnum`, `deviceId`, `direction` and `endpoint` and what is not its default. */
export function encodeSubmit(
  request: Pick<SubmitRequest, 'seqnum' | 'deviceId' | 'direction' | 'endpoint'> &
    Partial<SubmitRequest> & { readonly interval?: number },
): Uint8Array {
  const data = request.data ?? new Uint8Array();
  const message = urbHeader(urbCode.submit, request.seqnum, data.length);
  const view = viewOf(message);
  view.setUint32(0x08, request.deviceId);
  view.setUint32(0x0c, request.direction === 'in' ? 1 : 0);
  view.setUint32(0x10, request.endpoint);
  view.setUint32(0x14, request.flags ?? 0);
  view.setUint32(0x18, request.length ?? data.length);
  view.setUint32(0x20, noIsoPackets);
  view.setUint32(0x24, request.interval ?? 0);
  message.set(request.setup ?? [], 0x28);
  message.set(data, urbHeaderSize);
  return message;
}

/** USBIP_CMD_UNLINK. */
export function encodeUnlink(request: Omit<UnlinkRequest, 'kind'>): Uint8Array {
  const message = urbHeader(urbCode.unlink, request.seqnum, 0);
  viewOf(message).setUint32(0x08, request.deviceId);
  viewOf(message).setUint32(0x14, request.target);
  return message;
}

/** USBIP_RET_SUBMIT. `actualLength` is how many bytes were transferred; `data` follows for transfers to the host. */
export function encodeSubmitted(
  seqnum: number,
  status: number,
  actualLength: number,
  data: Uint8Array = new Uint8Array(),
): Uint8Array {
  const message = urbHeader(urbCode.submitted, seqnum, data.length);
  const view = viewOf(message);
  view.setInt32(0x14, status);
  view.setUint32(0x18, actualLength);
  view.setUint32(0x20, noIsoPackets);
  message.set(data, urbHeaderSize);
  return message;
}

/** USBIP_RET_UNLINK: `urbStatus.unlinked`, or 0 if the transfer was answered before. */
export function encodeUnlinked(seqnum: number, status: number): Uint8Array {
  const message = urbHeader(urbCode.unlinked, seqnum, 0);
  viewOf(message).setInt32(0x14, status);
  return message;
}

function urbHeader(command: number, seqnum: number, dataSize: number): Uint8Array {
  const message = new Uint8Array(urbHeaderSize + dataSize);
  viewOf(message).setUint32(0, command);
  viewOf(message).setUint32(4, seqnum);
  return message;
}
