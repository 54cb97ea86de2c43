import { reportSize } from '../ports/hid.ts';

/** The channel on which channels are asked for (CTAP 2.3 §11.2.3). */
export const broadcastChannel = 0xffffffff;

/** Never a channel (CTAP 2.3 §11.2.3). */
export const reservedChannel = 0;

const initHeaderSize = 7;
const continuationHeaderSize = 5;
const commandBit = 0x80;
const continuationLimit = 0x80;

export const initPayloadSize = reportSize - initHeaderSize;
export const continuationPayloadSize = reportSize - continuationHeaderSize;

/** The longest message that one initialization packet and 128 continuations carry: 7609 bytes. */
export const maxMessageSize = initPayloadSize + continuationLimit * continuationPayloadSize;

/** The first packet of a message. `data` is all 57 bytes, padding included. */
export interface InitPacket {
  readonly kind: 'init';
  readonly channel: number;
  /** Without bit 7: 0 to 7F. */
  readonly command: number;
  /** BCNT, the length of the whole message: 0 to FFFF, not yet judged. */
  readonly length: number;
  readonly data: Uint8Array;
}

/** A later packet of a message. `data` is all 59 bytes, padding included. */
export interface ContinuationPacket {
  readonly kind: 'continuation';
  readonly channel: number;
  readonly sequence: number;
  readonly data: Uint8Array;
}

export type Packet = InitPacket | ContinuationPacket;

/**
 * Reads a report of 64 bytes (CTAP 2.3 §11.2.4). `data` is a view of it. A report of any other length is no packet:
 * `undefined`.
 */
export function parsePacket(report: Uint8Array): Packet | undefined {
  if (report.length !== reportSize) return undefined;
  const at = (index: number): number => report[index] ?? 0;
  const channel = ((at(0) << 24) | (at(1) << 16) | (at(2) << 8) | at(3)) >>> 0;
  const type = at(4);
  if ((type & commandBit) === 0) {
    return { kind: 'continuation', channel, sequence: type, data: report.subarray(continuationHeaderSize) };
  }
  const data = report.subarray(initHeaderSize);
  return { kind: 'init', channel, command: type & ~commandBit, length: (at(5) << 8) | at(6), data };
}

/** An initialization packet as a report of 64 bytes. `length` is of the whole message; surplus data is cut off. */
export function buildInitPacket(
  channel: number,
  command: number,
  length: number,
  data: Uint8Array,
): Uint8Array {
  const report = newReport(channel, command | commandBit);
  report[5] = length >>> 8;
  report[6] = length;
  report.set(data.subarray(0, initPayloadSize), initHeaderSize);
  return report;
}

/** A continuation packet as a report of 64 bytes. Surplus data is cut off. */
export function buildContinuationPacket(channel: number, sequence: number, data: Uint8Array): Uint8Array {
  const report = newReport(channel, sequence & ~commandBit);
  report.set(data.subarray(0, continuationPayloadSize), continuationHeaderSize);
  return report;
}

function newReport(channel: number, type: number): Uint8Array {
  const report = new Uint8Array(reportSize);
  report[0] = channel >>> 24;
  report[1] = channel >>> 16;
  report[2] = channel >>> 8;
  report[3] = channel;
  report[4] = type;
  return report;
}

/**
 * A whole message as reports of 64 bytes, in order (CTAP 2.3 §11.2.4). `command` is without bit 7. Throws RangeError
 * when the payload is longer than `maxMessageSize`.
 */
export function fragmentMessage(
  channel: number,
  command: number,
  payload: Uint8Array,
): readonly Uint8Array[] {
  if (payload.length > maxMessageSize) {
    throw new RangeError(`A CTAPHID message has at most ${maxMessageSize} bytes, not ${payload.length}.`);
  }
  const reports = [buildInitPacket(channel, command, payload.length, payload)];
  for (let offset = initPayloadSize; offset < payload.length; offset += continuationPayloadSize) {
    reports.push(buildContinuationPacket(channel, reports.length - 1, payload.subarray(offset)));
  }
  return reports;
}
