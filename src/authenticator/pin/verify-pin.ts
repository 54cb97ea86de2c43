import type { CborValue } from '../../cbor/value.ts';
import { CtapError } from '../../ctap/error.ts';
import type { Environment } from '../environment.ts';
import { clientPin } from '../features.ts';
import { decapsulate, type PinUvAuthProtocol, type SharedSecret } from './protocol.ts';

/** LEFT(SHA-256(PIN), 16): all that is ever stored or compared (CTAP 2.3 §6.5.1). */
export function hashPin(environment: Pick<Environment, 'crypto'>, pin: Uint8Array): Uint8Array {
  return environment.crypto.sha256(pin).slice(0, 16);
}

/** PIN_NOT_SET, PIN_BLOCKED or PIN_AUTH_BLOCKED before anything is computed (CTAP 2.3 §6.5.5.6, §6.5.5.7.1). */
export function requireUsablePin(environment: Environment): void {
  if (clientPin(environment) !== true) throw new CtapError('PIN_NOT_SET', 'no PIN is set');
  if (environment.keystore.state().pinRetries === 0)
    throw new CtapError('PIN_BLOCKED', 'no PIN retries left');
  if (environment.power.pinLatched) {
    throw new CtapError('PIN_AUTH_BLOCKED', 'three wrong PINs in a row; a power cycle is needed');
  }
}

/** The secret shared with the platform under this protocol's current key-agreement key; wiped after the command. */
export function shareSecret(
  environment: Environment,
  protocol: PinUvAuthProtocol,
  keyAgreement: CborValue,
): SharedSecret {
  const own = environment.power.agreementKey(protocol.version);
  const secret = decapsulate(environment.crypto, protocol, own, keyAgreement);
  environment.scratch.keep(secret.hmacKey);
  environment.scratch.keep(secret.aesKey);
  return secret;
}

/**
 * Compares the PIN that was entered (CTAP 2.3 §6.5.5.6, §6.5.5.7.1). The retry is taken off durably before the
 * comparison. A mismatch renews the key-agreement key; a match restores the
 * retries of PIN and built-in verification.
 */
export async function verifyPin(
  environment: Environment,
  protocol: PinUvAuthProtocol,
  secret: SharedSecret,
  pinHashEnc: Uint8Array,
): Promise<void> {
  const { crypto, keystore, power, profile } = environment;
  const { pin, pinRetries, uvRetries } = keystore.state();
  await keystore.updateState({ pinRetries: pinRetries - 1 });
  const pinHash = protocol.decrypt(crypto, secret, pinHashEnc);
  if (pinHash) environment.scratch.keep(pinHash);
  if (!pin || !pinHash || !crypto.equal(pin.hash, pinHash)) {
    power.renewAgreementKey(protocol.version);
    power.countPinMismatch();
    throw mismatch(environment, pinRetries - 1);
  }
  power.clearPinMismatches();
  await keystore.updateState({
    pinRetries: profile.pin?.maxRetries ?? pinRetries,
    uvRetries: profile.builtInUv?.maxRetries ?? uvRetries,
    uvCountSinceLastPinEntry: 0,
  });
}

function mismatch(environment: Environment, retriesLeft: number): CtapError {
  if (retriesLeft === 0) return new CtapError('PIN_BLOCKED', 'wrong PIN; no retries left');
  if (environment.power.pinLatched) return new CtapError('PIN_AUTH_BLOCKED', 'third wrong PIN in a row');
  return new CtapError('PIN_INVALID', `wrong PIN; ${retriesLeft} retries left`);
}
