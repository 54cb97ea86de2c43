interface Waiter {
  resolve(report: Uint8Array | undefined): void;
}

/** Reports that came and were not read yet; the reading half of a HidPipe. */
export class ReportQueue {
  readonly #reports: Uint8Array[] = [];
  readonly #waiters = new Set<Waiter>();
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  /** Takes a report of 64 bytes. One that comes after the end is dropped. */
  push(report: Uint8Array): void {
    if (this.#ended) return;
    const [waiter] = this.#waiters;
    if (waiter === undefined) {
      this.#reports.push(report);
      return;
    }
    this.#waiters.delete(waiter);
    waiter.resolve(report);
  }

  /** Nothing more will come. */
  end(): void {
    this.#ended = true;
    for (const waiter of this.#waiters) waiter.resolve(undefined);
    this.#waiters.clear();
  }

  /** As HidPipe.read. */
  read(signal?: AbortSignal): Promise<Uint8Array | undefined> {
    if (signal?.aborted) return Promise.reject(asError(signal.reason));
    const next = this.#reports.shift();
    if (next !== undefined || this.#ended) return Promise.resolve(next);
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiters.delete(waiter);
        reject(asError(signal?.reason));
      };
      const waiter: Waiter = {
        resolve: (report) => {
          signal?.removeEventListener('abort', abort);
          resolve(report);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiters.add(waiter);
    });
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('the read was aborted', { cause: reason });
}
