import type { CryptoProvider } from '../../ports/crypto.ts';
import type { Keystore } from '../../ports/keystore.ts';
import type { Random } from '../../ports/random.ts';
import type { Profile } from '../profile.ts';
import { newPinState } from './new-pin.ts';
import { checkPinRules, type PinRuleBroken } from './pin-rules.ts';
import { countCodePoints } from './pin-text.ts';
import { hashPin } from './verify-pin.ts';

/** PIN management by whoever owns the store, beside the protocol (the CLI, a test). */
export interface PinAdminContext {
  readonly profile: Profile;
  readonly keystore: Keystore;
  readonly crypto: CryptoProvider;
  readonly random: Random;
}

export type PinAdminProblem =
  | { readonly problem: 'not-set' | 'already-set' | 'blocked' | 'same' }
  | { readonly problem: 'wrong'; readonly retriesLeft: number }
  | { readonly problem: 'refused'; readonly rule: PinRuleBroken };

/** Sets the first PIN; `pin` is UTF-8, NFC. Undefined when it was done. */
export async function setFirstPin(
  context: PinAdminContext,
  pin: Uint8Array,
): Promise<PinAdminProblem | undefined> {
  if (context.keystore.state().pin) return { problem: 'already-set' };
  return storePin(context, pin);
}

/** Replaces the PIN. A wrong old one costs a retry, durably, as over the wire. */
export async function replacePin(
  context: PinAdminContext,
  pin: Uint8Array,
  newPin: Uint8Array,
): Promise<PinAdminProblem | undefined> {
  const problem = await enterPin(context, pin);
  if (problem) return problem;
  const { crypto, keystore } = context;
  const { forcePinChange, pin: old } = keystore.state();
  if (forcePinChange && old && crypto.equal(old.hash, hashPin(context, newPin))) return { problem: 'same' };
  return storePin(context, newPin);
}

/** Compares the PIN; the retry is taken off before and restored after a match. */
export async function enterPin(
  context: PinAdminContext,
  pin: Uint8Array,
): Promise<PinAdminProblem | undefined> {
  const { crypto, keystore, profile } = context;
  const { pin: stored, pinRetries } = keystore.state();
  if (!stored) return { problem: 'not-set' };
  if (pinRetries === 0) return { problem: 'blocked' };
  await keystore.updateState({ pinRetries: pinRetries - 1 });
  if (!crypto.equal(stored.hash, hashPin(context, pin))) {
    return pinRetries === 1 ? { problem: 'blocked' } : { problem: 'wrong', retriesLeft: pinRetries - 1 };
  }
  await keystore.updateState({ pinRetries: profile.pin?.maxRetries ?? pinRetries });
  return undefined;
}

/** Takes the PIN away; the tokens that it gave end with it. */
export async function removePin(context: PinAdminContext): Promise<PinAdminProblem | undefined> {
  const { keystore, profile, random } = context;
  if (!keystore.state().pin) return { problem: 'not-set' };
  await keystore.updateState({
    pin: undefined,
    pinRetries: profile.pin?.maxRetries ?? 8,
    forcePinChange: false,
    persistentPinUvAuthToken: random.bytes(32),
  });
  return undefined;
}

/** Sets a PIN whatever was there before, if the rules of the key allow it; the tokens of the old one end. */
export async function storePin(
  context: PinAdminContext,
  pin: Uint8Array,
): Promise<PinAdminProblem | undefined> {
  const rule = checkPinRules(context, pin);
  if (rule) return { problem: 'refused', rule };
  await context.keystore.updateState({
    ...newPinState(context, { hash: hashPin(context, pin), codePoints: countCodePoints(pin) }),
    persistentPinUvAuthToken: context.random.bytes(32),
  });
  return undefined;
}
