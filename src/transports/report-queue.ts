/** Reports on their way to somebody who reads them when it suits him. */
export interface ReportQueue {
  /** Ignored after `close`. */
  push(report: Uint8Array): void;
  /** The next report in order of arrival, `undefined` when the queue is closed and empty. See HidPipe for `signal`. */
  read(signal?: AbortSignal): Promise<Uint8Array | undefined>;
  close(): void;
}

interface Reader {
  readonly deliver: (report: Uint8Array | undefined) => void;
}

export function createReportQueue(): ReportQueue {
  const reports: Uint8Array[] = [];
  const readers = new Set<Reader>();
  let open = true;

  function wait(signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        readers.delete(reader);
        reject(signal?.reason as Error);
      };
      const reader: Reader = {
        deliver(report) {
          signal?.removeEventListener('abort', onAbort);
          readers.delete(reader);
          resolve(report);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      readers.add(reader);
    });
  }

  return {
    push(report) {
      if (!open) return;
      for (const reader of readers) {
        reader.deliver(report);
        return;
      }
      reports.push(report);
    },
    read(signal) {
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      const report = reports.shift();
      return report || !open ? Promise.resolve(report) : wait(signal);
    },
    close() {
      open = false;
      for (const reader of readers) reader.deliver(undefined);
    },
  };
}
