import { CtapError } from '../../ctap/error.ts';
import type { Environment } from '../environment.ts';
import { builtInUv } from '../features.ts';
import type { PinUvAuth } from './pin-uv-auth.ts';

type Options = ReadonlyMap<string, boolean> | undefined;

/** A pinUvAuthParam overrules `uv`; `uv: true` needs built-in verification that is ready. */
function readUv(environment: Environment, options: Options, auth: PinUvAuth | undefined): boolean {
  const uv = auth === undefined && options?.get('uv') === true;
  if (uv && builtInUv(environment) !== true) {
    throw new CtapError('INVALID_OPTION', 'uv: true without usable built-in verification');
  }
  return uv;
}

/** CTAP 2.3 §6.1.2 step 5. */
export function readCreateOptions(
  environment: Environment,
  options: Options,
  auth: PinUvAuth | undefined,
): { readonly rk: boolean; readonly uv: boolean } {
  const uv = readUv(environment, options, auth);
  const rk = options?.get('rk') === true;
  if (rk && environment.profile.maxDiscoverableCredentials === 0) {
    throw new CtapError('UNSUPPORTED_OPTION', 'rk: true on a key without discoverable credentials');
  }
  if (options?.get('up') === false) throw new CtapError('INVALID_OPTION', 'up: false in makeCredential');
  return { rk, uv };
}

/** CTAP 2.3 §6.2.2 step 4. */
export function readGetOptions(
  environment: Environment,
  options: Options,
  auth: PinUvAuth | undefined,
): { readonly up: boolean; readonly uv: boolean } {
  const uv = readUv(environment, options, auth);
  if (options?.has('rk')) throw new CtapError('UNSUPPORTED_OPTION', 'rk in getAssertion');
  return { up: options?.get('up') ?? true, uv };
}
