import { CtapError } from '../../ctap/error.ts';
import type { Environment } from '../environment.ts';
import { alwaysUv, builtInUv, clientPin, isProtected, makeCredUvNotRqd } from '../features.ts';
import type { PinUvAuth } from './pin-uv-auth.ts';

/** The platform has to come back with a pinUvAuthParam if a PIN can give it one; else the request is denied. */
function refuseWithoutUv(environment: Environment): CtapError {
  const usable = clientPin(environment) !== undefined && environment.profile.pin?.noMcGaPermissions === false;
  return usable
    ? new CtapError('PUAT_REQUIRED', 'user verification is required')
    : new CtapError('OPERATION_DENIED', 'user verification is required and there is no way to it');
}

/** alwaysUv (CTAP 2.3 §6.1.2 step 6, §6.2.2 step 5): returns whether built-in verification is to run. */
export function applyAlwaysUv(environment: Environment, auth: PinUvAuth | undefined, uv: boolean): boolean {
  if (alwaysUv(environment) !== true) return uv;
  if (!isProtected(environment)) throw refuseWithoutUv(environment);
  if (auth || uv) return uv;
  if (builtInUv(environment) === true) return true;
  throw new CtapError('PUAT_REQUIRED', 'alwaysUv is on');
}

/** Whether makeCredential may go on without user verification (CTAP 2.3 §6.1.2 steps 7 and 8). */
export function requireUvForCreation(
  environment: Environment,
  auth: PinUvAuth | undefined,
  options: { readonly rk: boolean; readonly uv: boolean },
): void {
  if (!isProtected(environment) || options.uv || auth) return;
  if (!makeCredUvNotRqd(environment) || options.rk) throw refuseWithoutUv(environment);
}
