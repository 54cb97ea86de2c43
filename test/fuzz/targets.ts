import type { FuzzTarget } from './target.ts';
import { cborTarget } from './targets/cbor.ts';
import { controlTarget } from './targets/control.ts';
import { ctapTarget } from './targets/ctap.ts';
import { ctaphidTarget } from './targets/ctaphid.ts';
import { importTarget, pemTarget, profileTarget } from './targets/documents.ts';
import { keystoreTarget } from './targets/keystore.ts';
import { streamTarget, udpTarget } from './targets/sockets.ts';
import { u2fTarget } from './targets/u2f.ts';
import { uhidTarget } from './targets/uhid.ts';
import { usbipTarget } from './targets/usbip.ts';

/** All that takes input from outside. */
export const fuzzTargets: readonly FuzzTarget[] = [
  cborTarget,
  ctapTarget,
  ctaphidTarget,
  u2fTarget,
  uhidTarget,
  streamTarget,
  udpTarget,
  usbipTarget,
  controlTarget,
  importTarget,
  profileTarget,
  pemTarget,
  keystoreTarget,
];
