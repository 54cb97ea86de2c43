import { concatBytes, utf8Bytes } from '../ctap/bytes.ts';
import { hidCommand } from '../ctaphid/command.ts';
import { parsePacket } from '../ctaphid/packet.ts';
import type { UsbIdentity } from '../ports/hid.ts';
import type { TraceEntry } from './entry.ts';
import type { RecordedPacket } from './recording.ts';
import { channelName, hidCommandName } from './show-hid.ts';
import { summaryOf } from './summary.ts';
import { enumerationFrames, enumerationTransfers, reportFrames, type UsbFrame } from './usb-frames.ts';
import type { View } from './view.ts';

/*
 * A capture file (draft-ietf-opsawg-pcapng), little-endian: section header, one interface, then a block for each packet.
 * Wireshark takes CTAPHID for any HID device, so that each packet carries a comment that says what it is.
 */

const blockType = { sectionHeader: 0x0a0d0d0a, interface: 1, enhancedPacket: 6 } as const;
const byteOrderMagic = 0x1a2b3c4d;
/** https://www.tcpdump.org/linktypes/LINKTYPE_USB_LINUX_MMAPPED.html */
export const linkTypeUsbLinuxMmapped = 220;
const maxCommentLength = 20_000;
const option = { comment: 1, hardware: 2, application: 4, interfaceName: 2 } as const;

function uint32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint32(4 * index, value, true));
  return bytes;
}

function uint16(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint16(2 * index, value, true));
  return bytes;
}

function padded(bytes: Uint8Array): Uint8Array {
  return concatBytes(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
}

function block(type: number, ...body: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...body);
  const length = content.length + 12;
  return concatBytes(uint32(type, length), content, uint32(length));
}

/** Options with text values, and the end of them. */
function options(...given: readonly (readonly [code: number, text: string])[]): Uint8Array {
  const encoded = given.map(([code, text]) => {
    const value = utf8Bytes(text);
    return concatBytes(uint16(code, value.length), padded(value));
  });
  return concatBytes(...encoded, uint32(0));
}

function sectionHeader({ manufacturer, product, serial }: UsbIdentity): Uint8Array {
  const unknownLength = uint32(0xffff_ffff, 0xffff_ffff);
  return block(
    blockType.sectionHeader,
    uint32(byteOrderMagic),
    uint16(1, 0),
    unknownLength,
    options([option.hardware, `${manufacturer} ${product} ${serial}`], [option.application, 'fauxkey']),
  );
}

function interfaceDescription({ product }: UsbIdentity): Uint8Array {
  return block(
    blockType.interface,
    uint16(linkTypeUsbLinuxMmapped, 0),
    uint32(0),
    options([option.interfaceName, product]),
  );
}

/** Time in microseconds, which is what an interface without if_tsresol has. Made in one piece: there are many. */
function enhancedPacket({ bytes, time }: UsbFrame, comment?: string): Uint8Array {
  const text = comment === undefined ? undefined : utf8Bytes(comment);
  const dataEnd = 28 + roundUp(bytes.length);
  const length = dataEnd + (text ? 4 + roundUp(text.length) + 4 : 0) + 4;
  const result = new Uint8Array(length);
  const view = new DataView(result.buffer);
  const microseconds = Math.round(time * 1000);
  const head = [
    blockType.enhancedPacket,
    length,
    0,
    Math.floor(microseconds / 2 ** 32),
    microseconds % 2 ** 32,
  ];
  [...head, bytes.length, bytes.length].forEach((value, index) => view.setUint32(4 * index, value, true));
  result.set(bytes, 28);
  if (text) {
    view.setUint16(dataEnd, option.comment, true);
    view.setUint16(dataEnd + 2, text.length, true);
    result.set(text, dataEnd + 4);
  }
  view.setUint32(length - 4, length, true);
  return result;
}

function roundUp(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** The start of a capture: what the device is, as if it were plugged in at that moment (milliseconds since 1970). */
export function pcapngHeader(identity: UsbIdentity, time: number): Uint8Array {
  return concatBytes(
    sectionHeader(identity),
    interfaceDescription(identity),
    ...enumerationFrames(identity, time).map((frame) => enhancedPacket(frame)),
  );
}

interface Captured {
  readonly packet: RecordedPacket;
  readonly comment: string;
}

/** Numbers of transfers need only differ among those that are near each other. */
function transferId({ packet }: Captured, index: number): number {
  return enumerationTransfers + 1 + index + Math.round(packet.time) * 1000;
}

/** The packets of some transactions in the order of time. */
export function pcapngPackets(views: readonly View[]): Uint8Array {
  const captured = views.flatMap(captureOf).sort((a, b) => a.packet.time - b.packet.time);
  const blocks = captured.flatMap((one, index) => {
    const { direction, report, time } = one.packet;
    return reportFrames(transferId(one, index), direction, report, time).map((frame) =>
      // Of the two halves of a transfer, the one with the data.
      enhancedPacket(frame, frame.bytes.length > report.length ? one.comment : undefined),
    );
  });
  return joinAll(blocks);
}

/** A call takes only so many arguments. */
function joinAll(parts: readonly Uint8Array[]): Uint8Array {
  const few = 1000;
  if (parts.length <= few) return concatBytes(...parts);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < parts.length; at += few) pieces.push(concatBytes(...parts.slice(at, at + few)));
  return joinAll(pieces);
}

function captureOf({ entry, packets }: View): readonly Captured[] {
  return packets.map((packet, index) => ({
    packet,
    comment: commentOf(entry, packet, index === 0, packets),
  }));
}

function commentOf(
  entry: TraceEntry,
  packet: RecordedPacket,
  isFirst: boolean,
  packets: readonly RecordedPacket[],
): string {
  const lines = [`CTAPHID ${channelName(parsePacket(packet.report)?.channel ?? 0)} ${packetName(packet)}`];
  if (isFirst) lines.push(`Transaction ${entry.number}: ${summaryOf(entry)}`);
  if (isFirst && entry.request) lines.push(`Request ${JSON.stringify(entry.request)}`);
  if (packet === packets.at(-1) && entry.response) lines.push(`Response ${JSON.stringify(entry.response)}`);
  // The length of an option has 16 bits, and a character at most three bytes of UTF-8.
  return lines.join('\n').slice(0, maxCommentLength);
}

function packetName({ report }: RecordedPacket): string {
  const packet = parsePacket(report);
  if (!packet) return 'no packet';
  if (packet.kind === 'continuation') return `SEQ ${packet.sequence}`;
  const name = hidCommandName(packet.command).toUpperCase();
  if (packet.command !== hidCommand.keepalive) return `${name}, ${packet.length} bytes`;
  return `${name} ${packet.data[0] === 2 ? 'UPNEEDED' : 'PROCESSING'}`;
}

/** A whole capture file. */
export function encodePcapng(identity: UsbIdentity, views: readonly View[], now: number): Uint8Array {
  const start = views[0]?.packets[0]?.time ?? now;
  return concatBytes(pcapngHeader(identity, start), pcapngPackets(views));
}
