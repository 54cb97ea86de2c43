import { performance } from 'node:perf_hooks';
import type { Clock } from '../../ports/clock.ts';
import { createControlApp } from '../app.ts';
import type { KeyHost } from '../handle.ts';
import type { CallerOptions } from './caller.ts';

const clock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after: (delay, callback) => {
    const timer = setTimeout(callback, delay);
    return () => clearTimeout(timer);
  },
};

/** A server without a socket: requests are calls. Nobody else has the token, because there is nothing to send it over. */
export function serveInProcess(host: KeyHost): CallerOptions & { readonly close: () => void } {
  const token = 'in-process';
  const app = createControlApp({
    host,
    token,
    clock,
    hosts: ['in-process'],
    version: 'in-process',
    onDefect: (error) => {
      throw error;
    },
  });
  return { url: 'http://in-process', token, fetch: app.fetch, close: () => app.close() };
}
