import type { DeviceState, DeviceStateChange } from '../ports/keystore.ts';
import type { Random } from '../ports/random.ts';

/** Retry counters of a fresh key. CTAP 2.3 §6.5.2.3 allows at most 8 PIN retries; uvRetries is the profile's choice. */
export interface FactoryRetries {
  readonly pinRetries?: number;
  readonly uvRetries?: number;
}

/**
 * The state of a key that has just left the factory, with a fresh persistentPinUvAuthToken (32 bytes), device
 * identifier and credential store state (16 bytes each).
 */
export function initialState(random: Random, retries: FactoryRetries = {}): DeviceState {
  return {
    pinRetries: retries.pinRetries ?? 8,
    uvRetries: retries.uvRetries ?? 5,
    uvCountSinceLastPinEntry: 0,
    forcePinChange: false,
    enterpriseAttestation: false,
    fingerprints: [],
    persistentPinUvAuthToken: random.bytes(32),
    deviceIdentifier: random.bytes(16),
    credStoreState: random.bytes(16),
    signCount: 0,
  };
}

/** `state` with the members of `change` replaced; members given as undefined are left out of the result. */
export function changeState(state: DeviceState, change: DeviceStateChange): DeviceState {
  const members = Object.entries({ ...state, ...change }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members) as unknown as DeviceState;
}
