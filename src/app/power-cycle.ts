import type { KeySelection } from './api.ts';

/** Placeholder until a running key listens. */
export function powerCycle(_selection: KeySelection): Promise<{ readonly pid: number }> {
  return Promise.reject(new TypeError('powerCycle is not wired yet'));
}
