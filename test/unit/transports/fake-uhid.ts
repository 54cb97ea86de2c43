import type { TransportError } from '../../../src/ports/transport.ts';
import type { UhidSystem } from '../../../src/transports/uhid-system.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { uhidEvent } from './uhid-vectors.ts';

/** The kernel's side of /dev/uhid, as its documentation and a real one behave. */
export interface FakeUhid {
  readonly system: UhidSystem;
  readonly clock: FakeClock;
  /** Input reports that came, and other things that the key told the kernel, as type numbers. */
  readonly inputs: readonly Uint8Array[];
  readonly told: readonly number[];
  readonly replies: readonly string[];
  /** Whether the device exists now. */
  readonly exists: boolean;
  readonly isOpen: boolean;
  /** A thread that waits for an event; it would keep the process from ending. */
  readonly isReadPending: boolean;
  say(event: Uint8Array): void;
  /** The file breaks, as it does when the module goes. */
  breakFile(): void;
  /** What the kernel has or lacks. */
  hasDriver: boolean;
  startsDevices: boolean;
  openError: TransportError | undefined;
}

const types = { destroy: 1, stop: 3, getReportReply: 10, create2: 11, input2: 12, setReportReply: 14 };

export function createFakeUhid(): FakeUhid {
  const clock = createFakeClock();
  const inputs: Uint8Array[] = [];
  const told: number[] = [];
  const replies: string[] = [];
  const events: Uint8Array[] = [];
  let reader: { resolve: (event: Uint8Array) => void; reject: (error: Error) => void } | undefined;
  let onIdle: () => void = () => undefined;
  let [isThreadWaiting, endsAfterStop] = [false, false];
  let [exists, started, isOpen, isBroken] = [false, false, false, false];

  function say(event: Uint8Array): void {
    if (event[0] === types.stop && endsAfterStop) endThread();
    if (reader) {
      reader.resolve(event);
      reader = undefined;
    } else events.push(event);
  }

  function write(event: Uint8Array): void {
    const type = event[0] ?? 0;
    told.push(type);
    if (type === types.create2) {
      if (exists || isBroken) throw new Error('EALREADY');
      exists = true;
      if (fake.startsDevices) say(uhidEvent('start'));
      started = fake.startsDevices;
      return;
    }
    if (!exists) throw new Error('EINVAL');
    if (type === types.input2) inputs.push(event.slice(6));
    else if (type === types.destroy) {
      exists = false;
      if (started) say(uhidEvent('stop'));
      started = false;
    } else replies.push(Buffer.from(event).toString('hex'));
  }

  function endThread(): void {
    isThreadWaiting = false;
    onIdle();
  }

  function read(): Promise<Uint8Array> {
    isThreadWaiting = true;
    const next = events.shift();
    if (next) return Promise.resolve(next);
    return new Promise((resolve, reject) => (reader = { resolve, reject }));
  }

  const fake: FakeUhid = {
    clock,
    inputs,
    told,
    replies,
    get exists() {
      return exists;
    },
    get isOpen() {
      return isOpen;
    },
    get isReadPending() {
      return isThreadWaiting;
    },
    say,
    breakFile() {
      [exists, isBroken] = [false, true];
      reader?.reject(new Error('EIO'));
      reader = undefined;
      endThread();
    },
    hasDriver: true,
    startsDevices: true,
    openError: undefined,
    system: {
      clock,
      hasDriver: () => Promise.resolve(fake.hasDriver),
      open() {
        if (fake.openError) return Promise.reject(fake.openError);
        isOpen = true;
        return Promise.resolve({ write, read, close, endAfterStop: () => void (endsAfterStop = true) });
      },
    },
  };

  async function close(): Promise<void> {
    if (isThreadWaiting) await new Promise<void>((resolve) => (onIdle = resolve));
    isOpen = false;
    exists = false;
  }

  return fake;
}
