import { continuationPayloadSize, initPayloadSize, parsePacket } from '../ctaphid/packet.ts';
import { hidCommand } from '../ctaphid/command.ts';
import type { RecordedMessage, RecordedPacket, Recording } from './recording.ts';

/** A copy of a message in which the secrets are zero bytes, wherever they occur. */
export function blank(payload: Uint8Array, secrets: readonly Uint8Array[]): Uint8Array {
  const result = payload.slice();
  for (const secret of secrets) {
    for (let at = find(payload, secret, 0); at >= 0; at = find(payload, secret, at + 1)) {
      result.fill(0, at, at + secret.length);
    }
  }
  return result;
}

function find(bytes: Uint8Array, part: Uint8Array, from: number): number {
  if (part.length === 0) return -1;
  for (let at = bytes.indexOf(part[0] ?? 0, from); at >= 0; at = bytes.indexOf(part[0] ?? 0, at + 1)) {
    if (at + part.length > bytes.length) return -1;
    if (part.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

/** What the packets of one direction carried, with and without its secrets. */
interface Replacement {
  readonly direction: RecordedPacket['direction'];
  readonly message: RecordedMessage | undefined;
  readonly secrets: readonly Uint8Array[];
}

const carriesSecrets: readonly number[] = [hidCommand.cbor, hidCommand.msg];
const initHeader = 7;
const continuationHeader = 5;

/**
 * Packets whose contents are those of the messages without secrets. Where a message did not become whole, or a packet
 * is not where it belongs, its contents are blanked as far as nobody can say what they are.
 */
export function redactPackets(
  { packets, hidCommand: command }: Recording,
  replacements: readonly Replacement[],
): readonly RecordedPacket[] {
  const readers = new Map(replacements.map((replacement) => [replacement.direction, reader(replacement)]));
  const sensitive = command === undefined || carriesSecrets.includes(command);
  return packets.map((packet) => {
    const redact = readers.get(packet.direction);
    return sensitive && redact ? { ...packet, report: redact(packet.report) } : packet;
  });
}

function reader({ message, secrets }: Replacement): (report: Uint8Array) => Uint8Array {
  if (message && secrets.length === 0) return (report) => report;
  const clean = message && blank(message.payload, secrets);
  return (report) => {
    const packet = parsePacket(report);
    if (!packet) return new Uint8Array(report.length);
    if (packet.kind === 'init') {
      if (!carriesSecrets.includes(packet.command)) return report;
      // The command or status byte is the least that a trace has to tell.
      return overwrite(report, initHeader, clean?.subarray(0, initPayloadSize) ?? packet.data.subarray(0, 1));
    }
    const start = initPayloadSize + packet.sequence * continuationPayloadSize;
    const part = clean?.subarray(start, start + continuationPayloadSize);
    return overwrite(report, continuationHeader, part ?? new Uint8Array());
  };
}

/** The header of a report, then the data, then zero bytes. */
function overwrite(report: Uint8Array, header: number, data: Uint8Array): Uint8Array {
  const result = new Uint8Array(report.length);
  result.set(report.subarray(0, header));
  result.set(data, header);
  return result;
}
