import { CtapError } from '../../../ctap/error.ts';
import type { ClientPinRequest, ClientPinResponse } from '../../../ctap/messages/client-pin.ts';
import type { Transaction } from '../../../ports/message-handler.ts';
import type { Environment } from '../../environment.ts';
import { builtInUv } from '../../features.ts';
import { performBuiltInUv } from '../../steps/built-in-uv.ts';
import { requireProtocol } from '../../steps/pin-uv-auth.ts';
import { boundRpId, readPermissions, requireAvailable, requireRpId } from '../permissions.ts';
import type { PinUvAuthProtocol, SharedSecret } from '../protocol.ts';
import { permission } from '../../../ctap/permission.ts';
import type { TokenGrant } from '../token.ts';
import { requireUsablePin, shareSecret, verifyPin } from '../verify-pin.ts';
import { requireParameters } from './require-parameters.ts';

/** A token from a client PIN: the user typed it elsewhere, so it says nothing about a touch. */
const typed = { verifiedBy: 'client-pin', userPresent: false } as const;

/** getPinToken, the way of CTAP 2.0 (CTAP 2.3 §6.5.5.7.1). The token has mc and ga and binds to an RP ID by its use. */
export async function getPinToken(
  environment: Environment,
  request: ClientPinRequest,
): Promise<ClientPinResponse> {
  const given = requireParameters(request, ['pinUvAuthProtocol', 'keyAgreement', 'pinHashEnc']);
  const protocol = requireProtocol(environment, given.pinUvAuthProtocol);
  if (request.permissions !== undefined || request.rpId !== undefined) {
    throw new CtapError('INVALID_PARAMETER', 'getPinToken takes neither permissions nor rpId');
  }
  const secret = await enterPin(environment, protocol, given);
  if (environment.keystore.state().forcePinChange) {
    throw new CtapError('PIN_INVALID', 'the PIN has to be changed first');
  }
  const permissions = environment.profile.pin?.noMcGaPermissions
    ? 0
    : permission.makeCredential | permission.getAssertion;
  return issueToken(environment, protocol, secret, { ...typed, permissions, rpId: undefined });
}

/** getPinUvAuthTokenUsingPinWithPermissions (CTAP 2.3 §6.5.5.7.2). */
export async function getTokenUsingPin(
  environment: Environment,
  request: ClientPinRequest,
): Promise<ClientPinResponse> {
  const given = requireParameters(request, [
    'pinUvAuthProtocol',
    'keyAgreement',
    'pinHashEnc',
    'permissions',
  ]);
  requireRpId(given.permissions, request.rpId);
  const protocol = requireProtocol(environment, given.pinUvAuthProtocol);
  const permissions = readPermissions(given.permissions);
  requireAvailable(environment, 'pin', permissions);
  const secret = await enterPin(environment, protocol, given);
  refuseUntilPinChanged(environment);
  return issue(environment, protocol, secret, { ...typed, permissions, rpId: request.rpId });
}

/** Also a PIN that is typed on the key itself is no way around a forced change (CTAP 2.3 §6.5.5.7.3 step 11). */
function refuseUntilPinChanged({ keystore }: Environment): void {
  if (keystore.state().forcePinChange)
    throw new CtapError('PIN_POLICY_VIOLATION', 'the PIN has to be changed first');
}

/** getPinUvAuthTokenUsingUvWithPermissions (CTAP 2.3 §6.5.5.7.3). */
export async function getTokenUsingUv(
  environment: Environment,
  transaction: Transaction,
  request: ClientPinRequest,
): Promise<ClientPinResponse> {
  const given = requireParameters(request, ['pinUvAuthProtocol', 'keyAgreement', 'permissions']);
  requireRpId(given.permissions, request.rpId);
  const protocol = requireProtocol(environment, given.pinUvAuthProtocol);
  const permissions = readPermissions(given.permissions);
  requireAvailable(environment, 'uv', permissions);
  const { builtInUv: capability } = environment.profile;
  if (!capability || builtInUv(environment) !== true)
    throw new CtapError('NOT_ALLOWED', 'built-in verification is not set up');
  const secret = shareSecret(environment, protocol, given.keyAgreement);
  await verifyUser(environment, transaction, request.rpId);
  if (capability.modality === 'pin') refuseUntilPinChanged(environment);
  const grant = { verifiedBy: capability.modality, userPresent: true, permissions, rpId: request.rpId };
  return issue(environment, protocol, secret, grant);
}

async function verifyUser(
  environment: Environment,
  transaction: Transaction,
  rpId: string | undefined,
): Promise<void> {
  if (environment.keystore.state().uvRetries === 0)
    throw new CtapError('UV_BLOCKED', 'no verification retries left');
  const subject = { purpose: 'pin-token', accounts: [], ...(rpId !== undefined && { site: rpId }) } as const;
  const result = await performBuiltInUv(environment, transaction, subject, retriesInside(environment));
  if (result === 'blocked') throw new CtapError('UV_BLOCKED', 'no verification retries left');
  if (result === 'failed') throw new CtapError('UV_INVALID', 'the user was not recognised');
}

/** A platform that is told to try several times counts on hearing of each failure (CTAP 2.3 §6.5.5.7.3). */
function retriesInside({ profile }: Environment): boolean {
  return (profile.builtInUv?.attemptsPerOperation ?? 1) <= 1;
}

/** The steps that 0x05 and 0x09 share: a usable PIN, key agreement, comparison, retries restored. */
async function enterPin(
  environment: Environment,
  protocol: PinUvAuthProtocol,
  given: Pick<Required<ClientPinRequest>, 'keyAgreement' | 'pinHashEnc'>,
): Promise<SharedSecret> {
  requireUsablePin(environment);
  const secret = shareSecret(environment, protocol, given.keyAgreement);
  await verifyPin(environment, protocol, secret, given.pinHashEnc);
  return secret;
}

/** A pcmr request gets the persistent token; every other one a fresh volatile one (CTAP 2.3 §6.5.5.7.2, §6.5.2.2). */
function issue(
  environment: Environment,
  protocol: PinUvAuthProtocol,
  secret: SharedSecret,
  grant: TokenGrant,
): ClientPinResponse {
  if (grant.permissions !== permission.persistentCredentialManagementReadOnly) {
    return issueToken(environment, protocol, secret, {
      ...grant,
      rpId: boundRpId(grant.permissions, grant.rpId),
    });
  }
  const { crypto, keystore, random } = environment;
  const token = keystore.state().persistentPinUvAuthToken;
  return { pinUvAuthToken: protocol.encrypt(crypto, random, secret, token) };
}

function issueToken(
  environment: Environment,
  protocol: PinUvAuthProtocol,
  secret: SharedSecret,
  grant: TokenGrant,
): ClientPinResponse {
  const { crypto, power, random } = environment;
  power.resetTokens();
  const token = power.tokens[protocol.version];
  token.beginUsing(grant);
  return { pinUvAuthToken: protocol.encrypt(crypto, random, secret, token.value) };
}
