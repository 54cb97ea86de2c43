import type { DeviceState } from '../ports/keystore.ts';
import type { Random } from '../ports/random.ts';
import type { Profile } from './profile.ts';

/**
 * The persistent state of a key that leaves the factory, or authenticatorReset (CTAP 2.3 §6.6): fresh identifiers, full
 * retries, no PIN. The global signature counter goes on, so that it never repeats a value.
 */
export function factoryState(
  profile: Pick<Profile, 'pin' | 'builtInUv'>,
  random: Random,
  signCount = 0,
): DeviceState {
  return {
    pinRetries: profile.pin?.maxRetries ?? 8,
    uvRetries: profile.builtInUv?.maxRetries ?? 5,
    uvCountSinceLastPinEntry: 0,
    forcePinChange: false,
    enterpriseAttestation: false,
    fingerprints: [],
    persistentPinUvAuthToken: random.bytes(32),
    deviceIdentifier: random.bytes(16),
    credStoreState: random.bytes(16),
    signCount,
  };
}
