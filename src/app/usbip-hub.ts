import { createUsbipHub } from '../transports/usbip.ts';
import { systemClock } from './system.ts';

/** A port belongs to the whole process, and so does what its keys share of it. */
export const usbipHub = createUsbipHub(systemClock);
