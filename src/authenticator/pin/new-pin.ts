import { CtapError } from '../../ctap/error.ts';
import type { PinRecord } from '../../ports/keystore.ts';
import type { Environment } from '../environment.ts';
import { checkPinRules } from './pin-rules.ts';
import { countCodePoints, paddedPinLength, unpadPin } from './pin-text.ts';
import type { PinUvAuthProtocol, SharedSecret } from './protocol.ts';
import { hashPin } from './verify-pin.ts';

/** Decrypts and checks the new PIN of setPIN and changePIN (CTAP 2.3 §6.5.5.5 steps 5 to 8, §6.5.5.6). */
export function readNewPin(
  environment: Environment,
  protocol: PinUvAuthProtocol,
  secret: SharedSecret,
  newPinEnc: Uint8Array,
): PinRecord {
  const padded = protocol.decrypt(environment.crypto, secret, newPinEnc);
  if (!padded) throw new CtapError('PIN_AUTH_INVALID', 'newPinEnc cannot be decrypted');
  environment.scratch.keep(padded);
  if (padded.length !== paddedPinLength) {
    throw new CtapError('INVALID_PARAMETER', `the new PIN is padded to ${padded.length} bytes instead of 64`);
  }
  const pin = unpadPin(padded);
  const broken = checkPinRules(environment, pin);
  if (broken) throw new CtapError('PIN_POLICY_VIOLATION', `the new PIN is refused: ${broken}`);
  return { hash: hashPin(environment, pin), codePoints: countCodePoints(pin) };
}

/** What setting or changing a PIN does to the persistent state, whoever does it. */
export function newPinState(
  environment: Pick<Environment, 'profile'>,
  pin: PinRecord,
): { pin: PinRecord; pinRetries: number; uvRetries: number; forcePinChange: false } {
  const { profile } = environment;
  return {
    pin,
    pinRetries: profile.pin?.maxRetries ?? 8,
    uvRetries: profile.builtInUv?.maxRetries ?? 5,
    forcePinChange: false,
  };
}
