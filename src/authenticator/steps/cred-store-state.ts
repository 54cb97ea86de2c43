import type { DeviceStateChange } from '../../ports/keystore.ts';
import type { Environment } from '../environment.ts';

/** A new credential store state: due whenever a discoverable credential is made, changed or removed (CTAP 2.3 §6.4). */
export function renewCredStoreState({ random }: Pick<Environment, 'random'>): DeviceStateChange {
  return { credStoreState: random.bytes(16) };
}
