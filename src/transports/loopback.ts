import type { HidPipe } from '../ports/hid-pipe.ts';
import { reportSize } from '../ports/hid.ts';
import type { HidEndpoint } from '../ports/hid.ts';
import { TransportError } from '../ports/transport.ts';
import { createReportQueue } from './report-queue.ts';

/**
 * Connects a host inside this process to a key. A written report has reached the key when `write` returns; what the key
 * says waits until it is read, in order.
 */
export function connectLoopback(endpoint: HidEndpoint): HidPipe {
  const queue = createReportQueue();
  // Copies both ways: neither side may keep or change a buffer of the other.
  const link = endpoint.connect({ send: (report) => queue.push(report.slice()) });
  let open = true;
  return {
    write(report) {
      if (!open) return Promise.reject(new TransportError('io', 'The loopback is closed.', 'Connect again.'));
      if (report.length !== reportSize) {
        return Promise.reject(new RangeError(`A report has ${reportSize} bytes, not ${report.length}.`));
      }
      link.receive(report.slice());
      return Promise.resolve();
    },
    read: (signal) => queue.read(signal),
    close() {
      open = false;
      link.close();
      queue.close();
      return Promise.resolve();
    },
  };
}
