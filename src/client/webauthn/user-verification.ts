import { ctapStatus } from '../../ctap/status.ts';
import { CtapStatusError } from '../errors.ts';
import type { TokenRequest } from '../client-pin-client.ts';
import type { PinProtocolVersion, PinUvAuthToken } from '../pin-protocol.ts';
import { option, pinProtocol, touchOptions, untilAborted, type CeremonyContext } from './context.ts';
import type { Requirement } from './options.ts';
import { WebAuthnClientError, type WebAuthnErrorName } from './webauthn-error.ts';

/** How the key shall know that the user was verified: by a token, by verifying itself in the command, or not at all. */
export interface Verification {
  readonly token?: PinUvAuthToken;
  /** The command carries option uv. */
  readonly builtIn: boolean;
}

export interface VerificationNeed extends TokenRequest {
  readonly requirement: Requirement;
  /** The key refuses the command without verification, whatever the page asked for. */
  readonly mandatory: boolean;
  /** The error for a key that cannot verify at all. */
  readonly impossible: WebAuthnErrorName;
}

const unverified: Verification = { builtIn: false };

/** Tries of built-in verification before the PIN is asked for, if the key does not say. */
const defaultUvAttempts = 3;

/** Some form of verification is set up (CTAP 2.3 §6.1.2 step 6). */
export function isProtected(context: CeremonyContext): boolean {
  return option(context, 'uv') === true || option(context, 'clientPin') === true;
}

/**
 * Verifies the user as far as the page or the key wants it: built-in verification first, then the PIN, as browsers do.
 * Throws WebAuthnClientError when it is needed and does not succeed.
 */
export async function verifyUser(context: CeremonyContext, need: VerificationNeed): Promise<Verification> {
  if (!isWanted(context, need)) return unverified;
  if (option(context, 'uv') === true) {
    const verified = await verifyBuiltIn(context, need);
    if (verified) return verified;
  }
  if (canUsePin(context)) return { token: await tokenByPin(context, need), builtIn: false };
  if (option(context, 'uv') === true) throw refused('the key could not verify the user');
  throw new WebAuthnClientError(need.impossible, 'the key has no way to verify the user');
}

function isWanted(context: CeremonyContext, { requirement, mandatory }: VerificationNeed): boolean {
  if (mandatory || requirement === 'required') return true;
  if (requirement === 'discouraged') return false;
  if (option(context, 'uv') === true) return true;
  return (
    option(context, 'clientPin') === true && canUsePin(context) && context.policy.user.askPin !== undefined
  );
}

function canUsePin(context: CeremonyContext): boolean {
  const noPin = option(context, 'clientPin') === undefined || pinProtocol(context) === undefined;
  return !noPin && option(context, 'noMcGaPermissionsWithClientPin') !== true;
}

/** Undefined when the PIN has to do it instead. */
async function verifyBuiltIn(
  context: CeremonyContext,
  need: VerificationNeed,
): Promise<Verification | undefined> {
  const protocol = pinProtocol(context);
  if (option(context, 'pinUvAuthToken') !== true || protocol === undefined) return { builtIn: true };
  const attempts = context.info.preferredPlatformUvAttempts ?? defaultUvAttempts;
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      const { clientPin } = context.ctap;
      return {
        token: await clientPin.getPinUvAuthTokenUsingUv(need, protocol, touchOptions(context)),
        builtIn: false,
      };
    } catch (error) {
      if (hasStatus(error, ctapStatus.UV_INVALID)) continue;
      if (hasStatus(error, ctapStatus.UV_BLOCKED)) return undefined;
      throw error;
    }
  }
  return undefined;
}

async function tokenByPin(context: CeremonyContext, need: VerificationNeed): Promise<PinUvAuthToken> {
  const protocol = pinProtocol(context) ?? 1;
  const { clientPin } = context.ctap;
  const known = option(context, 'clientPin') === true ? undefined : await chooseFirstPin(context, protocol);
  let lastWasWrong = false;
  for (;;) {
    const pin = known ?? (await enterPin(context, lastWasWrong));
    const current = context.info.forcePinChange === true ? await replacePin(context, pin, protocol) : pin;
    try {
      return option(context, 'pinUvAuthToken') === true
        ? await clientPin.getPinUvAuthTokenUsingPin(current, need, protocol)
        : await clientPin.getPinToken(current, protocol);
    } catch (error) {
      if (known !== undefined || !hasStatus(error, ctapStatus.PIN_INVALID)) throw error;
      lastWasWrong = true;
    }
  }
}

async function enterPin(context: CeremonyContext, lastWasWrong: boolean): Promise<string> {
  const { pinRetries } = await context.ctap.clientPin.getPinRetries();
  return ask(context, { purpose: 'enter', retriesLeft: pinRetries, lastWasWrong });
}

async function chooseFirstPin(context: CeremonyContext, protocol: PinProtocolVersion): Promise<string> {
  const pin = await ask(context, { purpose: 'set', minLength: minLength(context) });
  await context.ctap.clientPin.setPin(pin, protocol);
  return pin;
}

async function replacePin(
  context: CeremonyContext,
  pin: string,
  protocol: PinProtocolVersion,
): Promise<string> {
  const newPin = await ask(context, { purpose: 'change', minLength: minLength(context) });
  await context.ctap.clientPin.changePin(pin, newPin, protocol);
  return newPin;
}

/** CTAP 2.3 §6.5.1: four code points unless the key says more. */
function minLength({ info }: CeremonyContext): number {
  return info.minPinLength ?? 4;
}

async function ask(
  { policy, signal }: CeremonyContext,
  question: Parameters<NonNullable<CeremonyContext['policy']['user']['askPin']>>[0],
): Promise<string> {
  const pin = await untilAborted(signal, policy.user.askPin?.(question));
  if (pin === undefined) throw refused('the user entered no PIN');
  return pin;
}

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof CtapStatusError && error.status === status;
}

function refused(message: string): WebAuthnClientError {
  return new WebAuthnClientError('NotAllowedError', message);
}
