import { minPinLength, pinComplexityPolicy } from '../features.ts';
import type { AuthenticatorPorts } from '../environment.ts';
import { countCodePoints, isUtf8, maxPinBytes } from './pin-text.ts';

export type PinRuleBroken = 'too-short' | 'too-long' | 'not-utf8' | 'ends-with-nul' | 'too-simple';

/** What is wrong with a new PIN, or undefined if the key takes it (CTAP 2.3 §6.5.1). */
export function checkPinRules(
  source: Pick<AuthenticatorPorts, 'profile' | 'keystore'>,
  pin: Uint8Array,
): PinRuleBroken | undefined {
  const codePoints = countCodePoints(pin);
  if (!isUtf8(pin)) return 'not-utf8';
  if (pin.at(-1) === 0) return 'ends-with-nul';
  if (codePoints < minPinLength(source)) return 'too-short';
  if (pin.length > maxPinBytes || codePoints > (source.profile.pin?.maxLength ?? maxPinBytes))
    return 'too-long';
  if (pinComplexityPolicy(source) === true && isSimple(pin)) return 'too-simple';
  return undefined;
}

/** The policy beyond length: one character repeated, or a run that only goes up or down by one. */
function isSimple(pin: Uint8Array): boolean {
  const steps = new Set([...pin.subarray(1)].map((byte, index) => byte - (pin[index] ?? 0)));
  const [step = 0] = steps;
  return steps.size === 1 && Math.abs(step) <= 1;
}
