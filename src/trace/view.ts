import { encodeBase64Url } from './base64url.ts';
import type { TraceEntry } from './entry.ts';
import type { RecordedPacket, Recording } from './recording.ts';
import { redactPackets } from './redact.ts';
import type { Secrets } from './show-cbor.ts';
import { channelName } from './show-hid.ts';
import { commandOf, protocolOf, showRequest, showResponse, statusOf } from './show-message.ts';

export interface ViewOptions {
  /** Shows what is otherwise redacted: PIN ciphertexts, tokens, hmac-secret, large blobs (docs/trace.md). */
  readonly secrets?: boolean;
}

/** A recording decoded, and its packets as they may be shown. */
export interface View {
  readonly entry: TraceEntry;
  readonly packets: readonly RecordedPacket[];
}

/** Shows a recording to people and programs; without its secrets unless they are asked for. */
export function viewOf(recording: Recording, { secrets: reveal = false }: ViewOptions = {}): View {
  const sent: Secrets = { reveal, found: [] };
  const received: Secrets = { reveal, found: [] };
  const request = recording.request && showRequest(recording.request, sent);
  const response = showResponse(recording, received);
  const packets = reveal
    ? recording.packets
    : redactPackets(recording, [
        { direction: 'to-key', message: recording.request, secrets: sent.found },
        { direction: 'to-host', message: recording.response, secrets: received.found },
      ]);
  const start = packets[0]?.time ?? 0;
  const entry: TraceEntry = {
    number: recording.number,
    time: sinceStart(0, start),
    durationMs: sinceStart(start, packets.at(-1)?.time ?? start),
    host: recording.host,
    channel: channelName(recording.channel),
    protocol: protocolOf(recording),
    command: commandOf(recording),
    ...(request && { request }),
    ...(response && { response }),
    status: statusOf(recording),
    keepAlives: recording.keepAlives,
    cancelled: recording.cancelled,
    packets: packets.map(({ direction, report, time }) => ({
      at: sinceStart(start, time),
      direction,
      report: encodeBase64Url(report),
    })),
    ...(recording.packetsDropped > 0 && { packetsDropped: recording.packetsDropped }),
    redacted: !reveal,
  };
  return { entry, packets };
}

function sinceStart(start: number, time: number): number {
  return Math.round((time - start) * 1000) / 1000;
}
