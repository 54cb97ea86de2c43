import type { PinPart } from '../../control/handle.ts';
import { UsageError } from '../../ports/errors.ts';
import type { PinRefusal, PinResult } from '../api-admin.ts';
import { createPinAdmin, overwritePin } from '../pin-admin.ts';
import type { PartContext } from './credentials-part.ts';

export function createPinPart(context: PartContext): PinPart {
  const { keystore, profile } = context;
  const admin = createPinAdmin(context);
  const limits = {
    maxRetries: profile.pin?.maxRetries ?? 0,
    uvMaxRetries: profile.builtInUv?.maxRetries ?? 0,
  };
  return {
    state: () => ({ ...admin.status(), ...limits }),
    set: async (pin) => requireDone(await overwritePin(context, pin)),
    change: async (oldPin, pin) => requireDone(await admin.change(oldPin, pin)),
    remove: async () => requireDone(await admin.remove()),
    async adjust({ changeRequired, retriesLeft, uvRetriesLeft }) {
      requireWithin('retriesLeft', retriesLeft, limits.maxRetries);
      requireWithin('uvRetriesLeft', uvRetriesLeft, limits.uvMaxRetries);
      if (changeRequired && !keystore.state().pin) throw refused('There is no PIN that could be changed.');
      await keystore.updateState({
        ...(retriesLeft !== undefined && { pinRetries: retriesLeft }),
        ...(uvRetriesLeft !== undefined && { uvRetries: uvRetriesLeft }),
        ...(changeRequired !== undefined && { forcePinChange: changeRequired }),
      });
    },
  };
}

function refused(sentence: string): UsageError {
  return new UsageError(sentence, { problem: 'refused' });
}

function requireWithin(member: string, value: number | undefined, most: number): void {
  if (value !== undefined && (!Number.isInteger(value) || value < 0 || value > most))
    throw new UsageError(`${member} has to be a whole number from 0 to ${most} for this kind of key.`);
}

function requireDone(result: PinResult): void {
  if (!result) return;
  const problem = result.problem === 'unsupported' ? 'unsupported' : 'refused';
  throw new UsageError(wordRefusal(result), { problem });
}

function wordRefusal(refusal: PinRefusal): string {
  switch (refusal.problem) {
    case 'unsupported':
      return 'This kind of key has no PIN.';
    case 'not-set':
      return 'The key has no PIN.';
    case 'already-set':
      return 'The key has a PIN already.';
    case 'blocked':
      return 'The PIN is blocked: no retries are left.';
    case 'same':
      return 'The new PIN has to differ from the old one.';
    case 'complexity':
      return 'The PIN is too simple for the policy of this key.';
    case 'ends-with-zero':
      return 'A PIN cannot end with a zero character.';
    case 'wrong':
      return `The old PIN is wrong; ${refusal.retriesLeft} retries are left.`;
    case 'too-short':
      return `A PIN of this key has at least ${refusal.minLength} characters.`;
    case 'too-long':
      return `A PIN of this key has at most ${refusal.maxLength} characters.`;
    case 'too-many-bytes':
      return `A PIN has at most ${refusal.maxBytes} bytes in UTF-8.`;
  }
}
