import { accessSync, constants } from 'node:fs';
import { UsageError } from '../ports/errors.ts';

/**
 * How pages reach the key. `hid`: a USB device of this machine, and everything of the browser's own takes part. `page`:
 * the key answers navigator.credentials in the page, and the browser's dialogs do not appear.
 */
export type KeyMode = 'hid' | 'page';

export interface ModeChoice {
  readonly mode: KeyMode;
  /** One sentence for the report. */
  readonly reason: string;
}

export interface ModeQuestion {
  readonly wanted: KeyMode | undefined;
  /** Playwright's name: chromium, firefox or webkit. */
  readonly browserName: string;
  readonly workers: number;
  /** For tests; /dev/uhid unless given. */
  readonly device?: string;
}

/** Throws UsageError if HID is insisted on and impossible, with what stands in the way. */
export function chooseMode(question: ModeQuestion): ModeChoice {
  if (question.wanted === 'page') return { mode: 'page', reason: 'the configuration asks for it.' };
  const obstacle = obstacleToHid(question);
  if (obstacle === undefined) return { mode: 'hid', reason: 'the key is a USB device of this machine.' };
  if (question.wanted === 'hid') throw new UsageError(`HID mode is impossible: ${obstacle}`);
  return { mode: 'page', reason: `no HID device, since ${obstacle}` };
}

function obstacleToHid({ browserName, device = '/dev/uhid', workers }: ModeQuestion): string | undefined {
  if (browserName === 'webkit') return "Playwright's WebKit knows no USB keys.";
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isMissing ? `this machine has no ${device}.` : `${device} cannot be opened; see fauxkey doctor.`;
  }
  // Every browser of the machine sees every device: with several workers, a test would use the key of another.
  return workers === 1 ? undefined : `${workers} workers would see each other's keys; use one.`;
}
