import { CtapError } from '../../../ctap/error.ts';
import type { SetMinPinLengthParams } from '../../../ctap/messages/config.ts';
import type { DeviceStateChange } from '../../../ports/keystore.ts';
import type { Environment } from '../../environment.ts';
import { clientPin, minPinLength } from '../../features.ts';

/** setMinPINLength (CTAP 2.3 §6.11.4). Nothing changes unless every check passes. */
export async function setMinPinLength(
  environment: Environment,
  params: SetMinPinLengthParams,
): Promise<void> {
  const { keystore, power, random } = environment;
  requireTellable(environment, params);
  const length = newMinimum(environment, params);
  if (params.forceChangePin && clientPin(environment) !== true) {
    throw new CtapError('PIN_NOT_SET', 'a PIN change cannot be forced without a PIN');
  }
  const forcePinChange = mustChange(environment, params, length);
  await keystore.updateState({
    minPinLength: length,
    forcePinChange,
    ...(params.pinComplexityPolicy && { pinComplexityPolicy: true }),
    ...newRpIds(environment, params),
    ...(forcePinChange && { persistentPinUvAuthToken: random.bytes(32) }),
  });
  if (forcePinChange) power.resetTokens();
}

/** RP IDs are INVALID_PARAMETER on a key that could not tell them anything. */
function requireTellable({ profile }: Environment, { minPinLengthRpIds }: SetMinPinLengthParams): void {
  if (minPinLengthRpIds !== undefined && !profile.extensions.includes('minPinLength')) {
    throw new CtapError('INVALID_PARAMETER', 'RP IDs are of no use without the extension minPinLength');
  }
}

/** The minimum may only grow, up to the longest PIN. */
function newMinimum(environment: Environment, { newMinPinLength }: SetMinPinLengthParams): number {
  const current = minPinLength(environment);
  const wanted = newMinPinLength ?? current;
  if (wanted < current)
    throw new CtapError('PIN_POLICY_VIOLATION', 'the minimum PIN length cannot be lowered');
  if (wanted > (environment.profile.pin?.maxLength ?? wanted)) {
    throw new CtapError('PIN_POLICY_VIOLATION', 'the minimum PIN length is above the maximum');
  }
  return wanted;
}

function mustChange({ keystore }: Environment, params: SetMinPinLengthParams, length: number): boolean {
  const { forcePinChange, pin } = keystore.state();
  const tooShort = pin !== undefined && pin.codePoints < length;
  return forcePinChange || params.forceChangePin === true || tooShort;
}

/** SPEC-SILENT §6.11.4: an empty list changes nothing. */
function newRpIds({ profile }: Environment, { minPinLengthRpIds }: SetMinPinLengthParams): DeviceStateChange {
  if (minPinLengthRpIds === undefined || minPinLengthRpIds.length === 0) return {};
  if (minPinLengthRpIds.length > (profile.setMinPinLength?.maxRpIds ?? 0)) {
    throw new CtapError('KEY_STORE_FULL', `there is no room for ${minPinLengthRpIds.length} RP IDs`);
  }
  return { minPinLengthRpIds };
}
