import { concatBytes } from '../../../ctap/bytes.ts';
import { CtapError } from '../../../ctap/error.ts';
import type { ClientPinRequest, ClientPinResponse } from '../../../ctap/messages/client-pin.ts';
import type { Environment } from '../../environment.ts';
import { clientPin } from '../../features.ts';
import { requireProtocol } from '../../steps/pin-uv-auth.ts';
import { newPinState, readNewPin } from '../new-pin.ts';
import { requireUsablePin, shareSecret, verifyPin } from '../verify-pin.ts';
import { requireParameters } from './require-parameters.ts';

/** setPIN (CTAP 2.3 §6.5.5.5). */
export async function setPin(
  environment: Environment,
  request: ClientPinRequest,
): Promise<ClientPinResponse> {
  const given = requireParameters(request, [
    'keyAgreement',
    'pinUvAuthParam',
    'newPinEnc',
    'pinUvAuthProtocol',
  ]);
  const protocol = requireProtocol(environment, given.pinUvAuthProtocol);
  if (clientPin(environment) === true) throw new CtapError('PIN_AUTH_INVALID', 'a PIN is set already');
  const secret = shareSecret(environment, protocol, given.keyAgreement);
  if (!protocol.verify(environment.crypto, secret.hmacKey, given.newPinEnc, given.pinUvAuthParam)) {
    throw new CtapError('PIN_AUTH_INVALID', 'pinUvAuthParam does not verify');
  }
  const pin = readNewPin(environment, protocol, secret, given.newPinEnc);
  await environment.keystore.updateState(newPinState(environment, pin));
  environment.power.clearPinMismatches();
  return {};
}

/** changePIN (CTAP 2.3 §6.5.5.6). A new PIN that is refused leaves the old one, with its retries restored. */
export async function changePin(
  environment: Environment,
  request: ClientPinRequest,
): Promise<ClientPinResponse> {
  const { crypto, keystore, power, random } = environment;
  const given = requireParameters(request, [
    'keyAgreement',
    'pinUvAuthParam',
    'newPinEnc',
    'pinHashEnc',
    'pinUvAuthProtocol',
  ]);
  const protocol = requireProtocol(environment, given.pinUvAuthProtocol);
  requireUsablePin(environment);
  const secret = shareSecret(environment, protocol, given.keyAgreement);
  const signed = concatBytes(given.newPinEnc, given.pinHashEnc);
  if (!protocol.verify(crypto, secret.hmacKey, signed, given.pinUvAuthParam)) {
    throw new CtapError('PIN_AUTH_INVALID', 'pinUvAuthParam does not verify');
  }
  await verifyPin(environment, protocol, secret, given.pinHashEnc);
  const pin = readNewPin(environment, protocol, secret, given.newPinEnc);
  const { forcePinChange, pin: old } = keystore.state();
  if (forcePinChange && old && crypto.equal(old.hash, pin.hash)) {
    throw new CtapError('PIN_POLICY_VIOLATION', 'a changed PIN is required, and this one is the same');
  }
  await keystore.updateState({
    ...newPinState(environment, pin),
    persistentPinUvAuthToken: random.bytes(32),
  });
  power.resetTokens();
  return {};
}
