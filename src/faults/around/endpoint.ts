import { MessageAssembler } from '../../ctaphid/assembler.ts';
import { hidCommand, keepAliveCode } from '../../ctaphid/command.ts';
import {
  buildInitPacket,
  maxMessageSize,
  parsePacket,
  type InitPacket,
  type Packet,
} from '../../ctaphid/packet.ts';
import type { HidEndpoint, HidHost, HidLink } from '../../ports/hid.ts';
import type { Direction, PlugMoment, TimedReport } from '../effect.ts';
import type { FaultRequest } from '../request.ts';
import { DelayLine } from './delay-line.ts';
import type { FaultSession } from './session.ts';

/** Milliseconds for which the packets of a request that is not whole yet are kept back. */
export const holdTimeout = 500;

/** The CTAPHID engine behind a bad cable. */
export function wrapEndpoint(session: FaultSession, inner: HidEndpoint): HidEndpoint {
  return {
    identity: inner.identity,
    connect: (host) => new FaultyLink(session, inner, host),
    powerCycle: () => inner.powerCycle(),
  };
}

/** The packets of one message so far. */
interface Assembly {
  readonly message: MessageAssembler;
  readonly reports: Uint8Array[];
  /** The packets are kept back until all are there, because a rule may concern them. */
  readonly held: boolean;
  stopTimer: () => void;
}

/** The way between one host and the key. Without rules every report passes inside the call that brings it. */
class FaultyLink implements HidLink {
  readonly #session: FaultSession;
  readonly #link: HidLink;
  readonly #host: HidHost;
  readonly #toKey: DelayLine;
  readonly #toHost: DelayLine;
  readonly #incoming = new Map<number, Assembly>();
  readonly #channels = new Set<number>();
  #outgoing: Assembly | undefined;
  #unplugged = false;

  constructor(session: FaultSession, inner: HidEndpoint, host: HidHost) {
    this.#session = session;
    this.#host = host;
    this.#toKey = new DelayLine(session.options.clock);
    this.#toHost = new DelayLine(session.options.clock);
    this.#link = inner.connect({ send: (report) => this.#fromKey(report) });
  }

  receive(report: Uint8Array): void {
    if (this.#unplugged) return;
    const packet = parsePacket(report);
    if (packet === undefined) this.#forward(report);
    else if (packet.kind === 'continuation') this.#continue(packet.channel, report, packet);
    else this.#begin(report, packet);
  }

  close(): void {
    this.#drop();
    for (const channel of this.#channels) this.#session.forget(channel);
    this.#link.close();
  }

  #drop(): void {
    for (const { stopTimer } of this.#incoming.values()) stopTimer();
    this.#incoming.clear();
    this.#outgoing = undefined;
    this.#toKey.clear();
    this.#toHost.clear();
  }

  // ---- From the host to the key

  #begin(report: Uint8Array, packet: InitPacket): void {
    this.#release(packet.channel);
    if (packet.command === hidCommand.cancel || packet.length > maxMessageSize) {
      this.#forward(report);
      return;
    }
    const assembly = this.#assemble(packet, this.#mayConcernRequests());
    this.#incoming.set(packet.channel, assembly);
    this.#take(packet.channel, assembly, report);
  }

  #continue(channel: number, report: Uint8Array, packet: Packet): void {
    const assembly = this.#incoming.get(channel);
    if (assembly && packet.kind === 'continuation' && assembly.message.add(packet) !== 'invalid-sequence') {
      this.#take(channel, assembly, report);
      return;
    }
    this.#release(channel);
    this.#forward(report);
  }

  #take(channel: number, assembly: Assembly, report: Uint8Array): void {
    assembly.stopTimer();
    if (assembly.held) assembly.reports.push(report.slice());
    if (!assembly.message.complete) {
      if (assembly.held) {
        const { clock } = this.#session.options;
        assembly.stopTimer = clock.after(holdTimeout, () => this.#release(channel));
      } else this.#forward(report);
      return;
    }
    this.#incoming.delete(channel);
    this.#channels.add(channel);
    const request = this.#session.open(assembly.message);
    if (assembly.held) this.#deliver(request, assembly.reports);
    else this.#forward(report);
  }

  /** A request that will not become whole goes on as it is. */
  #release(channel: number): void {
    const assembly = this.#incoming.get(channel);
    if (!assembly) return;
    this.#incoming.delete(channel);
    assembly.stopTimer();
    for (const report of assembly.reports) this.#forward(report);
  }

  #deliver(request: FaultRequest, reports: readonly Uint8Array[]): void {
    const [refusal] = this.#session.matching('hid-error', request);
    if (refusal) {
      this.#session.commit(refusal.rule, request);
      this.#session.close(request.channel);
      const code = refusal.effect.code(refusal.rule.parameters);
      this.#sendAll([
        { delay: 0, report: buildInitPacket(request.channel, hidCommand.error, 1, Uint8Array.of(code)) },
      ]);
      return;
    }
    if (this.#pulledOut('before', request)) return;
    for (const { report, delay } of this.#bend('to-key', request, reports)) this.#forward(report, delay);
  }

  #forward(report: Uint8Array, delay = 0): void {
    this.#toKey.push(() => this.#link.receive(report), delay);
  }

  #mayConcernRequests(): boolean {
    const { book } = this.#session;
    return book.has('reports') || book.has('hid-error') || book.has('plug');
  }

  // ---- From the key to the host

  #fromKey(report: Uint8Array): void {
    if (this.#unplugged) return;
    const packet = parsePacket(report);
    if (packet?.kind === 'init' && packet.command === hidCommand.keepalive) this.#keepAlive(report, packet);
    else if (packet) this.#answer(report, packet);
  }

  #keepAlive(report: Uint8Array, { channel, data }: InitPacket): void {
    const request = this.#session.find(channel);
    if (request) {
      const swallowed = this.#session.matching('keep-alive', request);
      for (const { rule } of swallowed) this.#session.commit(rule, request);
      if (swallowed.length > 0) return;
      if (data[0] === keepAliveCode.upneeded && this.#pulledOut('asking', request)) return;
    }
    this.#sendAll([{ report, delay: 0 }]);
  }

  /** The packets of an answer come back to back, so that nobody notices when they wait for the last one. */
  #answer(report: Uint8Array, packet: Packet): void {
    if (packet.kind === 'init') this.#outgoing = this.#assemble(packet, true);
    else this.#outgoing?.message.add(packet);
    const assembly = this.#outgoing;
    if (!assembly) return;
    assembly.reports.push(report);
    if (!assembly.message.complete) return;
    this.#outgoing = undefined;
    this.#finish(assembly.message.channel, assembly.reports);
  }

  #finish(channel: number, reports: readonly Uint8Array[]): void {
    const request = this.#session.find(channel);
    if (!request) {
      this.#sendAll(reports.map((report) => ({ report, delay: 0 })));
      return;
    }
    this.#session.close(channel);
    const bent = this.#bend('to-host', request, reports);
    const half = bent.slice(0, Math.floor(bent.length / 2));
    if (this.#pulledOut('during', request, half)) return;
    if (!this.#pulledOut('after', request, bent)) this.#sendAll(bent);
  }

  #sendAll(reports: readonly TimedReport[]): void {
    for (const { report, delay } of reports) this.#toHost.push(() => this.#host.send(report), delay);
  }

  // ---- Both

  #assemble(packet: InitPacket, held: boolean): Assembly {
    return { message: new MessageAssembler(packet), reports: [], held, stopTimer: () => undefined };
  }

  #bend(direction: Direction, request: FaultRequest, reports: readonly Uint8Array[]): readonly TimedReport[] {
    let result: readonly TimedReport[] = reports.map((report) => ({ report, delay: 0 }));
    for (const { rule, effect } of this.#session.matching('reports', request)) {
      if (rule.parameters['direction'] !== direction) continue;
      const bent = effect.bend(result, this.#session.bendingOf(rule, request));
      if (bent === undefined) continue;
      this.#session.commit(rule, request);
      result = bent;
    }
    return result;
  }

  /** Pulls the key out if a rule wants that now, behind the last of the reports given. */
  #pulledOut(moment: PlugMoment, request: FaultRequest, last: readonly TimedReport[] = []): boolean {
    const match = this.#session
      .matching('plug', request)
      .find(({ rule }) => rule.parameters['when'] === moment && !request.applied.has(rule));
    if (!match) return false;
    const { effect, rule } = match;
    this.#session.commit(rule, request);
    this.#sendAll(last);
    this.#toHost.push(() => {
      this.#unplugged = true;
      this.#drop();
      this.#session.unplug(effect.replugAfter(rule.parameters), () => {
        this.#unplugged = false;
      });
    });
    return true;
  }
}
