import { typedPinUv } from '../authenticator/default-profile.ts';
import type { Profile } from '../authenticator/profile.ts';
import type { UsbIdentity } from '../ports/hid.ts';
import type { AttestationMode, StartOptions } from './api-start.ts';
import { defaultIdentity } from './create-key.ts';
import { nameProfile, type NamedProfile } from './named-profile.ts';
import { changeProfile, type ProfileSettings } from './profile-settings.ts';

const attestations: Readonly<Record<AttestationMode, Profile['attestation']>> = {
  none: 'none',
  self: 'packed-self',
  basic: 'packed',
  u2f: 'fido-u2f',
};

/** The profile that command-line options describe: a preset or a file, with what the other options change. */
export function profileOf(options: StartOptions): NamedProfile {
  const { name, profile } = nameProfile(options.profile);
  const { aaguid, algorithms, attestation, counter, versions } = options;
  const changes: ProfileSettings = {
    ...(versions && { versions }),
    ...(algorithms && { algorithms }),
    ...(counter && { counter }),
    ...(aaguid && { aaguid }),
    ...(attestation && { attestation: attestations[attestation] }),
    // A key that verifies its user by itself, say by fingerprint, goes on doing it in its own way.
    ...(options.uv && !profile.builtInUv && { builtInUv: typedPinUv }),
  };
  return { name, changed: Object.keys(changes).length > 0, profile: changeProfile(profile, changes) };
}

/** The USB identity: what was given, and a serial that tells several keys of one machine apart. */
export function identityOf(options: StartOptions): UsbIdentity {
  return { ...defaultIdentity, serial: options.key, ...options.usb };
}
