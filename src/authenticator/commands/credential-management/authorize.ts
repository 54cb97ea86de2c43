import { concatBytes } from '../../../ctap/bytes.ts';
import { CtapError } from '../../../ctap/error.ts';
import {
  credentialManagementSubCommand as subCommands,
  type CredentialManagementRequest,
} from '../../../ctap/messages/credential-management.ts';
import type { Environment } from '../../environment.ts';
import { permission } from '../../../ctap/permission.ts';
import { requireProtocol, verifyToken, type PinUvAuth } from '../../steps/pin-uv-auth.ts';

/** What an authorised request may touch. */
export interface Authorization {
  /** The only RP that the token is good for; undefined for all. */
  readonly rpId: string | undefined;
}

const readOnly: readonly number[] = [
  subCommands.getCredsMetadata,
  subCommands.enumerateRpsBegin,
  subCommands.enumerateCredentialsBegin,
];

/**
 * Checks the pinUvAuthParam of a subcommand (CTAP 2.3 §6.8). `rawParams` are the bytes of subCommandParams as they were
 * received. The reading subcommands also take the persistent token.
 */
export function authorize(
  environment: Environment,
  request: CredentialManagementRequest,
  rawParams: Uint8Array,
): Authorization {
  const { pinUvAuthParam, pinUvAuthProtocol, subCommand } = request;
  if (!pinUvAuthParam) throw new CtapError('PUAT_REQUIRED', 'pinUvAuthParam is missing');
  requireParams(request);
  const auth = { param: pinUvAuthParam, protocol: requireProtocol(environment, pinUvAuthProtocol) };
  const message = concatBytes(Uint8Array.of(subCommand), rawParams);
  if (readOnly.includes(subCommand) && persistentTokenVerifies(environment, auth, message)) {
    return { rpId: undefined };
  }
  const token = verifyToken(environment, auth, message, permission.credentialManagement);
  return { rpId: token.permissionsRpId };
}

/** Which members of subCommandParams each subcommand cannot do without. */
const requiredParams: Readonly<Record<number, readonly ('rpIdHash' | 'credentialId' | 'user')[]>> = {
  [subCommands.enumerateCredentialsBegin]: ['rpIdHash'],
  [subCommands.deleteCredential]: ['credentialId'],
  [subCommands.updateUserInformation]: ['credentialId', 'user'],
};

function requireParams({ subCommand, subCommandParams }: CredentialManagementRequest): void {
  const absent = requiredParams[subCommand]?.find((name) => subCommandParams?.[name] === undefined);
  if (absent !== undefined) throw new CtapError('MISSING_PARAMETER', `subCommandParams.${absent} is missing`);
}

function persistentTokenVerifies(
  { crypto, keystore, profile }: Environment,
  { param, protocol }: PinUvAuth,
  message: Uint8Array,
): boolean {
  return (
    profile.perCredMgmtRo &&
    protocol.verify(crypto, keystore.state().persistentPinUvAuthToken, message, param)
  );
}

/** PIN_AUTH_INVALID for a token that is bound to another RP, or to any where none is allowed. */
export function refuseBoundToken(): never {
  throw new CtapError('PIN_AUTH_INVALID', 'the token is bound to another RP ID');
}
