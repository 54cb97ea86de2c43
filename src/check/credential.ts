import type { CborValue } from '../cbor/value.ts';
import { decodeCoseKey } from '../cose/public-key.ts';
import type { CoseKey } from '../cose/key.ts';
import { coseLabel } from '../cose/key.ts';
import { concatBytes } from '../ctap/bytes.ts';
import { authDataFlag } from '../ctap/auth-data.ts';
import type { Assertion } from '../client/responses.ts';
import type { Bench, Made } from './bench.ts';
import { describeValue, ensure, ensureDefined } from './expect.ts';

/** The flag byte of authenticator data, with the bits that have no meaning. */
export function flagsOf(authData: Uint8Array): number {
  return authData[32] ?? 0;
}

const reservedFlags = 0x22;

/** Fails for flags that contradict each other or what was done. `what` is `the registration` or `the assertion`. */
export function requireFlags(
  authData: Uint8Array,
  expected: { readonly UP: boolean; readonly UV: boolean; readonly AT: boolean },
  what: string,
): void {
  const flags = flagsOf(authData);
  for (const [name, isDue] of Object.entries(expected) as ['UP' | 'UV' | 'AT', boolean][]) {
    const isSet = (flags & authDataFlag[name]) !== 0;
    ensure(isSet === isDue, `the flag ${name} of ${what} is ${isSet ? 'set' : 'clear'}, and should not be`);
  }
  ensure((flags & reservedFlags) === 0, `${what} has reserved flags set (${flags.toString(16)})`);
  const isBackedUp = (flags & authDataFlag.BS) !== 0;
  ensure(!isBackedUp || (flags & authDataFlag.BE) !== 0, `the flag BS of ${what} is set without BE`);
}

/** The algorithm of a credential public key that is one of the standard's forms. */
export function requireAlgorithm(publicKey: CoseKey, wanted: number): void {
  const alg: CborValue | undefined = publicKey.get(coseLabel.alg);
  ensure(alg === wanted, `the credential has algorithm ${describeValue(alg)}, not ${wanted}`);
  ensure(decodeCoseKey(publicKey) !== undefined, 'the credential public key is no COSE key of its algorithm');
}

/** Fails unless the signature is by the credential and over authenticator data and client data hash. */
export function requireSignature(
  bench: Bench,
  made: Made,
  assertion: Assertion,
  clientDataHash: Uint8Array,
): void {
  const { publicKey } = ensureDefined(
    made.registration.parsed.attested,
    'the registration has no public key',
  );
  const signed = concatBytes(assertion.authData, clientDataHash);
  ensure(
    verifies(bench, publicKey, signed, assertion.signature),
    'the signature of the assertion does not verify',
  );
}

/** As the provider says; a key or a signature that it cannot read verifies nothing. */
export function verifies(bench: Bench, publicKey: CoseKey, data: Uint8Array, signature: Uint8Array): boolean {
  try {
    return bench.platform.crypto.verify(publicKey, data, signature);
  } catch {
    return false;
  }
}
