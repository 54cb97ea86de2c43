import { hidCommand, keepAliveCode } from '../ctaphid/command.ts';
import { parsePacket } from '../ctaphid/packet.ts';
import type { HidPipe } from '../ports/hid-pipe.ts';

/** Tells a person when the key waits for a touch: once, until it is armed again. */
export class TouchWatch {
  readonly #tell: () => void;
  #isArmed = true;

  constructor(tell: () => void) {
    this.#tell = tell;
  }

  arm(): void {
    this.#isArmed = true;
  }

  /** The pipe, with somebody looking at what comes out of it. */
  over(pipe: HidPipe): HidPipe {
    return {
      write: (report) => pipe.write(report),
      close: () => pipe.close(),
      read: async (signal) => {
        const report = await pipe.read(signal);
        if (report && this.#isArmed && asksForTouch(report)) {
          this.#isArmed = false;
          this.#tell();
        }
        return report;
      },
    };
  }
}

function asksForTouch(report: Uint8Array): boolean {
  const packet = parsePacket(report);
  return (
    packet?.kind === 'init' &&
    packet.command === hidCommand.keepalive &&
    packet.data[0] === keepAliveCode.upneeded
  );
}
