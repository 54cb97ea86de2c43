import { readFileSync } from 'node:fs';
import { kill, pid as ownPid } from 'node:process';

import type { Clock } from '../ports/clock.ts';
import { KeystoreError } from '../ports/keystore.ts';
import type { Random } from '../ports/random.ts';
import { leaseKey } from './layout.ts';
import { bytes, field, integer, listOf, milliseconds, optional, record, text } from './record-schema.ts';
import type { KeyEntry } from './records.ts';
import type { SealedRecords } from './sealed-records.ts';

/** What others may want to know of the process that runs a key. */
export interface LeaseInfo {
  /** Path of the socket or pipe that it listens to. */
  readonly control?: string;
  /** Where hosts find the key. */
  readonly addresses?: readonly string[];
}

export interface LeaseHolder extends LeaseInfo {
  readonly pid: number;
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
}

/** The right of one process to run a key. */
export interface Lease {
  /** Tells others something new, e.g. addresses that are known only now. */
  update(info: LeaseInfo): Promise<void>;
  /** Gives it back; a second call is harmless. */
  release(): Promise<void>;
}

/** The processes of this machine. */
export interface ProcessTable {
  readonly ownPid: number;
  /**
   * When the process was started, in the words of the operating system: equal for the same process only. Undefined if
   * it is not alive; empty if it is but the system does not say when it was started.
   */
  startOf(pid: number): string | undefined;
}

interface LeaseRecord extends LeaseHolder {
  readonly started: string;
  readonly nonce: Uint8Array;
}

const leaseRecord = record<LeaseRecord>({
  pid: field(1, integer),
  started: field(2, text),
  since: field(3, milliseconds),
  nonce: field(4, bytes),
  control: optional(5, text),
  addresses: optional(6, listOf(text)),
});

/** Gives out leases. A lease whose holder is dead, as after `kill -9`, counts as none. */
export class LeaseDesk {
  readonly #records: SealedRecords;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #processes: ProcessTable;

  constructor(records: SealedRecords, clock: Clock, random: Random, processes: ProcessTable) {
    this.#records = records;
    this.#clock = clock;
    this.#random = random;
    this.#processes = processes;
  }

  /** `findKey` is called inside of the transaction, and may throw. */
  async acquire(findKey: () => KeyEntry, info: LeaseInfo): Promise<Lease> {
    const pid = this.#processes.ownPid;
    const base = { pid, started: this.#processes.startOf(pid) ?? '', nonce: this.#random.bytes(16) };
    const since = this.#clock.wall();
    const place = await this.#records.database.write(() => {
      const entry = findKey();
      this.requireFree(entry);
      this.#records.write(leaseKey(entry.keyId), leaseRecord, { ...base, since, ...info });
      return leaseKey(entry.keyId);
    });
    const ifStillOurs = (action: () => void): Promise<void> =>
      this.#records.database.write(() => {
        const record = this.#records.read(place, leaseRecord);
        if (record !== undefined && Buffer.compare(record.nonce, base.nonce) === 0) action();
      });
    return {
      update: (news) =>
        ifStillOurs(() => this.#records.write(place, leaseRecord, { ...base, since, ...info, ...news })),
      release: () => ifStillOurs(() => this.#records.database.delete(place)),
    };
  }

  current(entry: KeyEntry): LeaseHolder | undefined {
    const lease = this.#living(entry);
    if (lease === undefined) return undefined;
    const { pid, since, control, addresses } = lease;
    return {
      pid,
      since,
      ...(control !== undefined && { control }),
      ...(addresses !== undefined && { addresses }),
    };
  }

  /** Throws KeystoreError `locked` if a living process holds the lease. */
  requireFree(entry: KeyEntry): void {
    const holder = this.#living(entry);
    if (holder === undefined) return;
    const since = new Date(holder.since).toISOString();
    throw new KeystoreError(
      'locked',
      `The key "${entry.name}" is run by process ${holder.pid} since ${since}; end that one first, or use another key.`,
    );
  }

  #living(entry: KeyEntry): LeaseRecord | undefined {
    const lease = this.#records.read(leaseKey(entry.keyId), leaseRecord);
    if (lease === undefined) return undefined;
    const started = this.#processes.startOf(lease.pid);
    return started === lease.started ? lease : undefined;
  }
}

/** Linux tells the start of a process; elsewhere a process number that is in use again counts as the same process. */
export const hostProcesses: ProcessTable = {
  ownPid,
  startOf(pid) {
    try {
      kill(pid, 0);
    } catch (error) {
      // EPERM: it is alive, and another user's.
      if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return undefined;
    }
    return startOnLinux(pid) ?? '';
  },
};

/** Ticks since boot (field 22 of /proc/PID/stat, proc_pid_stat(5)) with the boot they count from. */
function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may have spaces and parentheses of its own.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
}
