import type { Clock } from '../ports/clock.ts';
import type { HidEndpoint, HidHost, HidLink, UsbIdentity } from '../ports/hid.ts';
import type { MessageHandler } from '../ports/message-handler.ts';
import type { Random } from '../ports/random.ts';
import { MessageAssembler } from './assembler.ts';
import { ChannelTable } from './channels.ts';
import { CoreRunner } from './core-runner.ts';
import { hidCapability, hidCommand, hidError } from './command.ts';
import type { HidError } from './command.ts';
import { encodeInitResponse, initNonceSize } from './init-response.ts';
import { ChannelLock, maxLockSeconds } from './lock.ts';
import { Outbox } from './outbox.ts';
import type { ContinuationPacket, InitPacket } from './packet.ts';
import { broadcastChannel, parsePacket, reservedChannel } from './packet.ts';
import { judgeInit, judgeRequest } from './request.ts';

/** Milliseconds between two packets of one message after which it is given up (CTAP 2.3 §11.2.5.2). */
export const messageTimeout = 500;

export interface CtapHidEngineOptions {
  readonly identity: UsbIdentity;
  readonly handler: MessageHandler;
  readonly clock: Clock;
  readonly random: Random;
  /** Runs after the engine has forgotten its own state: the rest of the key loses its volatile state here. */
  onPowerCycle?(): void;
  /** The handler rejected or gave an answer that fits no message: our bug, answered with ERROR 7F. */
  onDefect?(error: unknown): void;
}

/** A key's CTAPHID side. */
export interface CtapHidEngine extends HidEndpoint {
  /** Ends the transaction and forgets channels and lock. Hosts stay connected and have to send INIT again. */
  reset(): void;
}

/** The transport layer of one key, for any number of hosts (CTAP 2.3 §11.2). */
export function createCtapHidEngine(options: CtapHidEngineOptions): CtapHidEngine {
  return new Engine(options);
}

interface Assembly {
  readonly outbox: Outbox;
  readonly message: MessageAssembler;
  cancelTimer: () => void;
}

/**
 * States: idle, assembling (`#assembly`), processing (`#core.request`). Never both: one transaction at a time for all
 * channels of all hosts (CTAP 2.3 §11.2.5). Each state change is complete before anything is sent.
 */
class Engine implements CtapHidEngine {
  readonly identity: UsbIdentity;
  readonly #options: CtapHidEngineOptions;
  readonly #channels: ChannelTable<Outbox>;
  readonly #lock: ChannelLock;
  readonly #core: CoreRunner;
  #assembly: Assembly | undefined;

  constructor(options: CtapHidEngineOptions) {
    this.identity = options.identity;
    this.#options = options;
    this.#channels = new ChannelTable(options.random);
    this.#lock = new ChannelLock(options.clock);
    this.#core = new CoreRunner(options);
  }

  connect(host: HidHost): HidLink {
    const outbox = new Outbox(host);
    return {
      receive: (report) => {
        if (outbox.open) this.#receive(outbox, report);
      },
      close: () => {
        if (outbox.open) this.#disconnect(outbox);
      },
    };
  }

  powerCycle(): void {
    this.reset();
    this.#options.onPowerCycle?.();
  }

  reset(): void {
    this.#channels.clear();
    this.#lock.clear();
    this.#dropAssembly();
    this.#core.abandon();
  }

  #disconnect(outbox: Outbox): void {
    outbox.close();
    const holder = this.#lock.holder;
    if (holder !== undefined && this.#channels.ownerOf(holder) === outbox) this.#lock.clear();
    this.#channels.release(outbox);
    if (this.#assembly?.outbox === outbox) this.#dropAssembly();
    if (this.#core.request?.outbox === outbox) this.#core.abandon();
  }

  #receive(outbox: Outbox, report: Uint8Array): void {
    const packet = parsePacket(report);
    if (packet === undefined) return;
    if (packet.kind === 'continuation') this.#continue(outbox, packet);
    else if (packet.command === hidCommand.init) this.#answerInit(outbox, packet);
    else if (packet.command === hidCommand.cancel) this.#cancel(outbox, packet.channel);
    else this.#begin(outbox, packet);
  }

  // ---- INIT

  #answerInit(outbox: Outbox, packet: InitPacket): void {
    const problem = this.#judgeInit(outbox, packet);
    // A message that is interrupted by any packet of its own channel is over, however bad that packet is.
    if (this.#isAssembling(outbox, packet.channel)) this.#dropAssembly();
    if (problem !== undefined) {
      outbox.sendError(packet.channel, problem);
      return;
    }
    if (this.#isRunning(outbox, packet.channel)) this.#core.abandon();
    const channel = this.#channelForInit(outbox, packet.channel);
    const { speaksCtap2, speaksU2f } = this.#options.handler;
    const payload = encodeInitResponse({
      nonce: packet.data.subarray(0, initNonceSize),
      channel,
      version: this.identity.version,
      capabilities:
        hidCapability.wink | (speaksCtap2 ? hidCapability.cbor : 0) | (speaksU2f ? 0 : hidCapability.noMsg),
    });
    outbox.send(packet.channel, hidCommand.init, payload);
  }

  #judgeInit(outbox: Outbox, packet: InitPacket): HidError | undefined {
    const { channel } = packet;
    if (channel === reservedChannel) return hidError.invalidChannel;
    if (channel !== broadcastChannel) {
      // SPEC-SILENT §11.2.9.1.3: a channel of another host is invalid here; answering would let two hosts share it.
      const owner = this.#channels.ownerOf(channel);
      if (owner !== undefined && owner !== outbox) return hidError.invalidChannel;
      // SPEC-SILENT §11.2.9.2.2: a lock leaves hosts able to ask for a channel, and to nothing else.
      if (this.#isLockedAgainst(channel)) return hidError.channelBusy;
    }
    return judgeInit(packet);
  }

  // SPEC-SILENT §11.2.9.1.3: INIT on a channel that was never given out allocates it, as U2FHID clients expect.
  #channelForInit(outbox: Outbox, requested: number): number {
    const isBusy = (channel: number) => this.#isBusy(channel);
    if (requested === broadcastChannel) return this.#channels.allocate(outbox, isBusy);
    this.#channels.claim(requested, outbox, isBusy);
    return requested;
  }

  // ---- Messages

  #begin(outbox: Outbox, packet: InitPacket): void {
    const problem = this.#judgeBegin(outbox, packet);
    if (this.#isAssembling(outbox, packet.channel)) this.#dropAssembly();
    if (problem !== undefined) {
      outbox.sendError(packet.channel, problem);
      return;
    }
    this.#channels.claim(packet.channel, outbox, (channel) => this.#isBusy(channel));
    const message = new MessageAssembler(packet);
    if (message.complete) this.#dispatch(outbox, message);
    else this.#assembly = { outbox, message, cancelTimer: this.#armTimeout() };
  }

  #judgeBegin(outbox: Outbox, packet: InitPacket): HidError | undefined {
    if (this.#channels.ownerOf(packet.channel) !== outbox) return hidError.invalidChannel;
    if (this.#isAssembling(outbox, packet.channel)) return hidError.invalidSequence;
    if (this.#isLockedAgainst(packet.channel)) return hidError.channelBusy;
    if (this.#assembly !== undefined || this.#core.request !== undefined) return hidError.channelBusy;
    return judgeRequest(packet, this.#options.handler);
  }

  #continue(outbox: Outbox, packet: ContinuationPacket): void {
    const assembly = this.#assembly;
    // SPEC-SILENT §11.2.5.1: stray continuations are ignored; their initialization packet had its error already.
    if (assembly === undefined || !this.#isAssembling(outbox, packet.channel)) return;
    const step = assembly.message.add(packet);
    assembly.cancelTimer();
    if (step === 'more') {
      assembly.cancelTimer = this.#armTimeout();
      return;
    }
    this.#assembly = undefined;
    if (step === 'complete') this.#dispatch(outbox, assembly.message);
    else outbox.sendError(packet.channel, hidError.invalidSequence);
  }

  #armTimeout(): () => void {
    return this.#options.clock.after(messageTimeout, () => {
      const assembly = this.#assembly;
      this.#assembly = undefined;
      if (assembly) assembly.outbox.sendError(assembly.message.channel, hidError.messageTimeout);
    });
  }

  #dropAssembly(): void {
    this.#assembly?.cancelTimer();
    this.#assembly = undefined;
  }

  #dispatch(outbox: Outbox, { channel, command, payload }: MessageAssembler): void {
    switch (command) {
      case hidCommand.ping:
        outbox.send(channel, command, payload);
        return;
      case hidCommand.wink:
        if (this.#core.wink()) outbox.send(channel, command, new Uint8Array());
        else outbox.sendError(channel, hidError.other);
        return;
      case hidCommand.lock:
        this.#answerLock(outbox, channel, payload);
        return;
      case hidCommand.cbor:
      case hidCommand.msg:
        this.#core.run({ outbox, channel, command, payload });
        return;
      default:
        outbox.sendError(channel, hidError.invalidCommand);
    }
  }

  #answerLock(outbox: Outbox, channel: number, payload: Uint8Array): void {
    const [seconds = 0] = payload;
    if (seconds > maxLockSeconds) {
      outbox.sendError(channel, hidError.invalidParameter);
      return;
    }
    this.#lock.hold(channel, seconds);
    outbox.send(channel, hidCommand.lock, new Uint8Array());
  }

  // SPEC-SILENT §11.2.9.1.5: nothing answers CANCEL, so a bad channel, a payload or no command to cancel is no error.
  #cancel(outbox: Outbox, channel: number): void {
    if (this.#isAssembling(outbox, channel)) this.#dropAssembly();
    if (this.#isRunning(outbox, channel)) this.#core.cancel();
  }

  // ---- Questions

  #isAssembling(outbox: Outbox, channel: number): boolean {
    return this.#assembly?.outbox === outbox && this.#assembly.message.channel === channel;
  }

  #isRunning(outbox: Outbox, channel: number): boolean {
    return this.#core.request?.outbox === outbox && this.#core.request.channel === channel;
  }

  #isLockedAgainst(channel: number): boolean {
    const { holder } = this.#lock;
    return holder !== undefined && holder !== channel;
  }

  #isBusy(channel: number): boolean {
    return (
      channel === this.#lock.holder ||
      channel === this.#assembly?.message.channel ||
      channel === this.#core.request?.channel
    );
  }
}
