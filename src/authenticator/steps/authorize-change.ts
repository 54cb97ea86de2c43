import { CtapError } from '../../ctap/error.ts';
import type { Environment } from '../environment.ts';
import { alwaysUv, isProtected } from '../features.ts';
import { requireProtocol, verifyToken } from './pin-uv-auth.ts';

interface AuthMembers {
  readonly pinUvAuthParam?: Uint8Array;
  readonly pinUvAuthProtocol?: number;
}

/**
 * Authorises a change of settings or blobs: needed as soon as the key is protected or alwaysUv is on, and not before
 * (CTAP 2.3 §6.10.2, §6.11).
 */
export function authorizeChange(
  environment: Environment,
  { pinUvAuthParam, pinUvAuthProtocol }: AuthMembers,
  message: () => Uint8Array,
  permission: number,
): void {
  if (!isProtected(environment) && alwaysUv(environment) !== true) return;
  if (!pinUvAuthParam) throw new CtapError('PUAT_REQUIRED', 'pinUvAuthParam is missing');
  const protocol = requireProtocol(environment, pinUvAuthProtocol);
  verifyToken(environment, { param: pinUvAuthParam, protocol }, message(), permission);
}
