import type { HidEndpoint, HidHost } from '../../../src/ports/hid.ts';
import { benchIdentity } from '../../support/hid-bench.ts';

/** One connection that a transport made. */
export interface RecordedLink {
  readonly host: HidHost;
  readonly received: readonly Uint8Array[];
  readonly isClosed: boolean;
}

/** An endpoint that answers every report with itself, and remembers what transports did to it. */
export interface RecordingEndpoint extends HidEndpoint {
  readonly links: readonly RecordedLink[];
  readonly powerCycles: number;
}

export function createRecordingEndpoint(echo = true): RecordingEndpoint {
  const links: RecordedLink[] = [];
  let powerCycles = 0;
  return {
    identity: benchIdentity,
    links,
    get powerCycles() {
      return powerCycles;
    },
    powerCycle() {
      powerCycles++;
    },
    connect(host) {
      const received: Uint8Array[] = [];
      let isClosed = false;
      links.push({
        host,
        received,
        get isClosed() {
          return isClosed;
        },
      });
      return {
        receive(report) {
          received.push(Uint8Array.from(report));
          if (echo) host.send(report);
        },
        close() {
          isClosed = true;
        },
      };
    },
  };
}

/** A report that is full of one byte. */
export const filled = (byte: number): Uint8Array => new Uint8Array(64).fill(byte);
