import { minPinLength } from '../authenticator/features.ts';
import {
  removePin,
  replacePin,
  setFirstPin,
  storePin,
  type PinAdminContext,
  type PinAdminProblem,
} from '../authenticator/pin/admin.ts';
import { maxPinBytes } from '../authenticator/pin/pin-text.ts';
import { utf8Bytes } from '../ctap/bytes.ts';
import type { PinAdmin, PinRefusal, PinResult } from './api-admin.ts';

/** PIN administration in the words of the command line. */
export function createPinAdmin(context: PinAdminContext): PinAdmin {
  const { keystore } = context;
  return {
    status: () => {
      const { forcePinChange, pin, pinRetries, uvRetries } = keystore.state();
      return {
        supported: context.profile.pin !== undefined,
        set: pin !== undefined,
        retriesLeft: pinRetries,
        uvRetriesLeft: uvRetries,
        minLength: minPinLength(context),
        changeRequired: forcePinChange,
      };
    },
    set: async (pin) =>
      context.profile.pin
        ? refusal(context, pin, await setFirstPin(context, pinBytes(pin)))
        : { problem: 'unsupported' },
    change: async (pin, newPin) =>
      refusal(context, newPin, await replacePin(context, pinBytes(pin), pinBytes(newPin))),
    remove: async () => refusal(context, '', await removePin(context)),
  };
}

/** Sets or replaces the PIN without asking for the old one. */
export async function overwritePin(context: PinAdminContext, pin: string): Promise<PinResult> {
  return context.profile.pin
    ? refusal(context, pin, await storePin(context, pinBytes(pin)))
    : { problem: 'unsupported' };
}

/** A PIN as platforms send it: NFC, UTF-8 (CTAP 2.3 §6.5.1). */
function pinBytes(pin: string): Uint8Array {
  return utf8Bytes(pin.normalize('NFC'));
}

function refusal(
  context: PinAdminContext,
  pin: string,
  problem: PinAdminProblem | undefined,
): PinRefusal | undefined {
  if (problem?.problem !== 'refused') return problem;
  switch (problem.rule) {
    case 'too-short':
      return { problem: 'too-short', minLength: minPinLength(context) };
    case 'too-long':
      return pinBytes(pin).length > maxPinBytes
        ? { problem: 'too-many-bytes', maxBytes: maxPinBytes }
        : { problem: 'too-long', maxLength: context.profile.pin?.maxLength ?? maxPinBytes };
    case 'too-simple':
      return { problem: 'complexity' };
    case 'ends-with-nul':
    case 'not-utf8':
      return { problem: 'ends-with-zero' };
  }
}
