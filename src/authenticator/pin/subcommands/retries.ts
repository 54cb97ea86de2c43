import type { ClientPinResponse } from '../../../ctap/messages/client-pin.ts';
import { CtapError } from '../../../ctap/error.ts';
import type { Environment } from '../../environment.ts';

/** getPINRetries (CTAP 2.3 §6.5.5.2). powerCycleState is sent only while it is true. */
export function getPinRetries(environment: Environment): ClientPinResponse {
  const { pinRetries } = environment.keystore.state();
  return environment.power.pinLatched ? { pinRetries, powerCycleState: true } : { pinRetries };
}

/** getUVRetries (CTAP 2.3 §6.5.5.3). */
export function getUvRetries(environment: Environment): ClientPinResponse {
  if (!environment.profile.builtInUv) throw new CtapError('INVALID_SUBCOMMAND', 'no built-in verification');
  return { uvRetries: environment.keystore.state().uvRetries };
}
