import { defaultProfile, typedPinUv } from '../authenticator/default-profile.ts';
import type { Profile } from '../authenticator/profile.ts';
import type { UsbIdentity } from '../ports/hid.ts';
import type { StartOptions } from './api.ts';
import { defaultIdentity } from './create-key.ts';
import { readProfileFile } from './profile-file.ts';

/** The profile that command-line options describe: the complete key with what they change. */
export function profileOf(options: StartOptions): Profile {
  return {
    ...defaultProfile,
    ...(options.profile !== undefined && readProfileFile(options.profile)),
    ...(options.versions && { versions: options.versions }),
    ...(options.algorithms && { algorithms: options.algorithms }),
    ...(options.counter && { counter: options.counter }),
    ...(options.aaguid && { aaguid: options.aaguid }),
    ...(options.uv && { builtInUv: typedPinUv }),
  };
}

/** The USB identity: what was given, and a serial that tells several keys of one machine apart. */
export function identityOf(options: StartOptions): UsbIdentity {
  return { ...defaultIdentity, serial: options.key, ...options.usb };
}
