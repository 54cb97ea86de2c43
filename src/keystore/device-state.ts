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
  const changed: Record<string, unknown> = { ...state, ...change };
  for (const name of Object.keys(change))
    if (changed[name] === undefined) Reflect.deleteProperty(changed, name);
  return changed as unknown as DeviceState;
}

export function isEmpty(change: DeviceStateChange): boolean {
  for (const _ in change) return false;
  return true;
}
