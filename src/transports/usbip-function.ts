import type { Clock } from '../ports/clock.ts';
import { reportSize } from '../ports/hid.ts';
import type { HidEndpoint, HidLink } from '../ports/hid.ts';
import { ReportPacer } from './report-pacer.ts';
import { ControlEndpoint, parseSetup } from './usbip-control.ts';
import { endpointAddress, interruptEndpoint } from './usbip-descriptors.ts';
import { urbStatus, UsbipProtocolError } from './usbip-protocol.ts';
import { encodeSubmitted, encodeUnlinked } from './usbip-urb-codec.ts';
import type { SubmitRequest, UrbRequest } from './usbip-urb-codec.ts';

/** Transfers that may wait for reports of the key. A host has a few. */
export const maxPendingTransfers = 256;

/** Reports that wait for a host which does not ask for them; a real key keeps one or two. */
export const maxWaitingReports = 1024;

export interface UsbFunctionOptions {
  readonly endpoint: HidEndpoint;
  readonly clock: Pick<Clock, 'after'>;
  /** The identifier that every request has to carry. */
  readonly deviceId: number;
  /** Takes answers for the host, in order. */
  readonly send: (message: Uint8Array) => void;
}

/** An imported key: transfers of one host in, answers out. It knows nothing of sockets. */
export class UsbFunction {
  readonly #options: UsbFunctionOptions;
  readonly #control: ControlEndpoint;
  readonly #pacer: ReportPacer;
  /** Transfers that wait for a report, by number, oldest first. */
  readonly #pending = new Map<number, SubmitRequest>();
  #reports: Uint8Array[] = [];
  #link: HidLink | undefined;
  #isOpen = true;

  constructor(options: UsbFunctionOptions) {
    this.#options = options;
    this.#pacer = new ReportPacer(options.clock, (report) => this.#offer(report));
    this.#control = new ControlEndpoint(options.endpoint.identity, {
      onConfigured: () => this.#startOver(),
      onHalted: (address) => {
        if (address === endpointAddress.in) this.#stallPending();
      },
      onReport: (report) => this.#receive(report),
    });
  }

  /** Throws UsbipProtocolError for a request that no host sends. */
  handle(request: UrbRequest): void {
    if (request.deviceId !== this.#options.deviceId) {
      throw new UsbipProtocolError('sent a request for a device that it did not import');
    }
    if (request.kind === 'unlink') {
      const found = this.#pending.delete(request.target);
      this.#options.send(encodeUnlinked(request.seqnum, found ? urbStatus.unlinked : urbStatus.ok));
    } else if (request.endpoint === 0) this.#handleControl(request);
    else if (request.endpoint !== interruptEndpoint) this.#finish(request, urbStatus.stall);
    else if (request.direction === 'in') this.#handleIn(request);
    else this.#handleOut(request);
  }

  /** The host is gone. */
  close(): void {
    this.#isOpen = false;
    this.#pending.clear();
    this.#unlink();
  }

  #handleControl(request: SubmitRequest): void {
    const setup = parseSetup(request.setup);
    const isRead = (setup.requestType & 0x80) !== 0;
    if (isRead !== (request.direction === 'in') && setup.length !== 0) {
      this.#finish(request, urbStatus.stall);
      return;
    }
    const answer = this.#control.handle(setup, request.data);
    if (answer === undefined) this.#finish(request, urbStatus.stall);
    else if (isRead) {
      const data = answer.subarray(0, Math.min(setup.length, request.length));
      this.#options.send(encodeSubmitted(request.seqnum, urbStatus.ok, data.length, data));
    } else this.#finish(request, urbStatus.ok, request.data.length);
  }

  #handleIn(request: SubmitRequest): void {
    if (this.#pending.has(request.seqnum)) throw new UsbipProtocolError('used a number for two transfers');
    if (this.#pending.size >= maxPendingTransfers)
      throw new UsbipProtocolError('has too many transfers at once');
    if (!this.#control.canTransfer(endpointAddress.in)) {
      this.#finish(request, urbStatus.stall);
      return;
    }
    this.#pending.set(request.seqnum, request);
    this.#match();
  }

  #handleOut(request: SubmitRequest): void {
    if (!this.#control.canTransfer(endpointAddress.out)) {
      this.#finish(request, urbStatus.stall);
      return;
    }
    // The transfer is over before the key reacts to it, as on a cable.
    this.#finish(request, urbStatus.ok, request.data.length);
    for (let offset = 0; offset < request.data.length; offset += reportSize) {
      this.#receive(request.data.subarray(offset, offset + reportSize));
    }
  }

  #receive(report: Uint8Array): void {
    if (report.length !== reportSize) return;
    this.#link ??= this.#options.endpoint.connect({ send: (input) => this.#pacer.send(input.slice()) });
    this.#link.receive(report);
  }

  #offer(report: Uint8Array): void {
    if (!this.#isOpen) return;
    if (this.#reports.length < maxWaitingReports) this.#reports.push(report);
    this.#match();
  }

  #match(): void {
    for (const [seqnum, request] of this.#pending) {
      const report = this.#reports.shift();
      if (report === undefined) return;
      this.#pending.delete(seqnum);
      const data = report.subarray(0, request.length);
      const status = data.length < report.length ? urbStatus.overflow : urbStatus.ok;
      this.#options.send(encodeSubmitted(seqnum, status, data.length, data));
    }
  }

  #finish(request: SubmitRequest, status: number, actualLength = 0): void {
    this.#options.send(encodeSubmitted(request.seqnum, status, actualLength));
  }

  #stallPending(): void {
    for (const request of this.#pending.values()) this.#finish(request, urbStatus.stall);
    this.#pending.clear();
  }

  /** A host that configures the device does not know what it did before. */
  #startOver(): void {
    this.#unlink();
    this.#stallPending();
  }

  #unlink(): void {
    this.#link?.close();
    this.#link = undefined;
    this.#pacer.clear();
    this.#reports = [];
  }
}
