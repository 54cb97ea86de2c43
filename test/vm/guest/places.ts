/** Where things are in the guest; `init.sh` mounts them. */
import { mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const SHARE = '/run/guest/share';
export const CHECKOUT = resolve(import.meta.dirname, '../../../../..');
export const LOGS = join(SHARE, 'logs');
export const SCREENS = join(SHARE, 'screens');

/** A new directory in the guest's memory. */
export function scratch(name: string): string {
  return mkdtempSync(`/tmp/${name}-`);
}
