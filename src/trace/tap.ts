import { MessageAssembler } from '../ctaphid/assembler.ts';
import { hidCommand } from '../ctaphid/command.ts';
import { maxMessageSize, parsePacket, type InitPacket, type Packet } from '../ctaphid/packet.ts';
import type { Clock } from '../ports/clock.ts';
import type { HidEndpoint, HidHost, HidLink } from '../ports/hid.ts';
import type { RecordedMessage, RecordedPacket, Recording } from './recording.ts';

/** Packets that are kept of one transaction; an endless keep-alive would fill the memory otherwise. */
export const maxPacketsPerTransaction = 4096;

export interface TapOptions {
  readonly clock: Clock;
  nextNumber(): number;
  nextHost(): number;
  /** A transaction is over. */
  record(recording: Recording): void;
}

/** The endpoint of a key with an ear at the cable. Every report passes as it is, and in its order. */
export function tapEndpoint(inner: HidEndpoint, options: TapOptions): HidEndpoint {
  const links = new Set<TappedLink>();
  return {
    identity: inner.identity,
    connect(host) {
      const link = new TappedLink(inner, host, options, () => void links.delete(link));
      links.add(link);
      return link;
    },
    powerCycle() {
      inner.powerCycle();
      for (const link of links) link.finishAll();
    },
  };
}

type Open = { -readonly [K in keyof Recording]: Recording[K] } & {
  packets: RecordedPacket[];
  assembling?: MessageAssembler;
  answering?: MessageAssembler;
};

class TappedLink implements HidLink {
  readonly #options: TapOptions;
  readonly #host: HidHost;
  readonly #link: HidLink;
  readonly #number: number;
  readonly #onClose: () => void;
  readonly #open = new Map<number, Open>();
  /** What to add to the monotonic clock, which is the finer of the two and never goes back. */
  readonly #wallOffset: number;

  constructor(inner: HidEndpoint, host: HidHost, options: TapOptions, onClose: () => void) {
    this.#options = options;
    this.#host = host;
    this.#number = options.nextHost();
    this.#onClose = onClose;
    this.#wallOffset = options.clock.wall() - options.clock.monotonic();
    this.#link = inner.connect({ send: (report) => this.#fromKey(report) });
  }

  receive(report: Uint8Array): void {
    const packet = parsePacket(report);
    if (packet) this.#note(report, packet);
    this.#link.receive(report);
  }

  close(): void {
    this.#link.close();
    this.finishAll();
    this.#onClose();
  }

  finishAll(): void {
    for (const open of [...this.#open.values()]) this.#finish(open);
  }

  // ---- From the host to the key

  #note(report: Uint8Array, packet: Packet): void {
    const open = this.#open.get(packet.channel);
    if (packet.kind === 'continuation') {
      if (open?.assembling?.add(packet) === 'invalid-sequence') delete open.assembling;
      this.#take(open ?? this.#begin(packet.channel), 'to-key', report);
      this.#completeRequest(packet.channel);
      return;
    }
    if (packet.command === hidCommand.cancel && open) {
      open.cancelled = true;
      this.#take(open, 'to-key', report);
      return;
    }
    if (open) this.#finish(open);
    const begun = this.#begin(packet.channel, packet);
    this.#take(begun, 'to-key', report);
    this.#completeRequest(packet.channel);
    // Nothing answers a CANCEL that comes when nothing runs.
    if (packet.command === hidCommand.cancel) this.#finish(begun);
  }

  #begin(channel: number, packet?: InitPacket): Open {
    const open: Open = {
      number: this.#options.nextNumber(),
      host: this.#number,
      channel,
      packets: [],
      packetsDropped: 0,
      keepAlives: 0,
      cancelled: false,
      hidCommand: packet?.command,
      ...(packet && packet.length <= maxMessageSize && { assembling: new MessageAssembler(packet) }),
    };
    this.#open.set(channel, open);
    return open;
  }

  #completeRequest(channel: number): void {
    const open = this.#open.get(channel);
    if (!open?.assembling?.complete) return;
    open.request = messageOf(open.assembling);
    delete open.assembling;
  }

  // ---- From the key to the host

  #fromKey(report: Uint8Array): void {
    const packet = parsePacket(report);
    const ended = packet && this.#noteAnswer(report, packet);
    // The host may ask again from inside `send`: what is over has to be over by then.
    if (ended) this.#open.delete(ended.channel);
    this.#host.send(report);
    if (ended) this.#options.record(recordingOf(ended));
  }

  /** The transaction that this packet ended. */
  #noteAnswer(report: Uint8Array, packet: Packet): Open | undefined {
    const open = this.#open.get(packet.channel) ?? this.#begin(packet.channel);
    this.#take(open, 'to-host', report);
    if (packet.kind === 'init' && packet.command === hidCommand.keepalive) {
      open.keepAlives++;
      return undefined;
    }
    if (packet.kind === 'init') open.answering = new MessageAssembler(packet);
    else if (open.answering?.add(packet) === 'invalid-sequence') delete open.answering;
    if (!open.answering?.complete) return undefined;
    open.response = messageOf(open.answering);
    return open;
  }

  // ---- Both

  #take(open: Open, direction: RecordedPacket['direction'], report: Uint8Array): void {
    if (open.packets.length >= maxPacketsPerTransaction) {
      open.packetsDropped++;
      return;
    }
    const { clock } = this.#options;
    open.packets.push({ direction, report: report.slice(), time: this.#wallOffset + clock.monotonic() });
  }

  #finish(open: Open): void {
    this.#open.delete(open.channel);
    this.#options.record(recordingOf(open));
  }
}

function messageOf({ command, payload }: MessageAssembler): RecordedMessage {
  return { command, payload };
}

function recordingOf({ answering: _answering, assembling: _assembling, ...recording }: Open): Recording {
  return recording;
}
