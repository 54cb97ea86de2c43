import { CtapError } from '../../ctap/error.ts';
import type { Environment } from '../environment.ts';
import { pinUvAuthProtocols, type PinUvAuthProtocol } from '../pin/protocol.ts';
import type { PinUvAuthToken } from '../pin/token.ts';

/** A pinUvAuthParam together with the protocol that it is to be checked with. */
export interface PinUvAuth {
  readonly protocol: PinUvAuthProtocol;
  readonly param: Uint8Array;
}

/** The protocol of a request that needs one: absent is MISSING_PARAMETER, unknown INVALID_PARAMETER. */
export function requireProtocol(environment: Environment, version: number | undefined): PinUvAuthProtocol {
  if (version === undefined) throw new CtapError('MISSING_PARAMETER', 'pinUvAuthProtocol is missing');
  const offered = environment.profile.pin?.protocols ?? defaultProtocols;
  if ((version === 1 || version === 2) && offered.includes(version)) return pinUvAuthProtocols[version];
  throw new CtapError('INVALID_PARAMETER', `pinUvAuthProtocol ${version} is not supported`);
}

/** A key without client PIN still needs a protocol for built-in UV and hmac-secret. */
export const defaultProtocols: readonly (1 | 2)[] = [2, 1];

/** CTAP 2.3 §6.1.2 step 2, §6.2.2 step 2: a param needs a protocol, before anything else is looked at. */
export function readPinUvAuth(
  environment: Environment,
  param: Uint8Array | undefined,
  version: number | undefined,
): PinUvAuth | undefined {
  return param && { param, protocol: requireProtocol(environment, version) };
}

/** The token that authenticates `message`; PIN_AUTH_INVALID if it does not, or lacks the permission. */
export function verifyToken(
  environment: Environment,
  auth: PinUvAuth,
  message: Uint8Array,
  permission: number,
): PinUvAuthToken {
  const token = environment.power.tokens[auth.protocol.version];
  if (!token.verifies(auth.protocol, environment.crypto, message, auth.param)) {
    throw new CtapError('PIN_AUTH_INVALID', 'pinUvAuthParam does not verify');
  }
  if (!token.has(permission)) {
    throw new CtapError('PIN_AUTH_INVALID', `the token lacks permission ${permission}`);
  }
  return token;
}

/** Checks the RP binding of a token and the user's verification, then binds an unbound token (CTAP 2.3 §6.1.2 step 11). */
export function verifyTokenForRp(
  environment: Environment,
  auth: PinUvAuth,
  clientDataHash: Uint8Array,
  permission: number,
  rpId: string,
): PinUvAuthToken {
  const token = verifyToken(environment, auth, clientDataHash, permission);
  if (token.permissionsRpId !== undefined && token.permissionsRpId !== rpId) {
    throw new CtapError('PIN_AUTH_INVALID', 'the token is bound to another RP ID');
  }
  if (!token.userVerified)
    throw new CtapError('PIN_AUTH_INVALID', 'the token does not stand for a verified user');
  token.bind(rpId);
  return token;
}
