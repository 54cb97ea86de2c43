import { boolean, bytes, map, optional, required, struct, uint } from '../../cbor/table.ts';
import type { CborValue } from '../../cbor/value.ts';
import { concatBytes } from '../../ctap/bytes.ts';
import { CtapError } from '../../ctap/error.ts';
import type { Credential } from '../../ports/credential.ts';
import type { Environment } from '../environment.ts';
import type { PinUvAuthProtocol, SharedSecret } from '../pin/protocol.ts';
import { shareSecret } from '../pin/verify-pin.ts';
import { requireProtocol } from '../steps/pin-uv-auth.ts';
import type { Extension } from './extension.ts';

const inputTable = struct({
  keyAgreement: required(0x01, map),
  saltEnc: required(0x02, bytes),
  saltAuth: required(0x03, bytes),
  pinUvAuthProtocol: optional(0x04, uint),
});

const saltLength = 32;

/** Salts that were decrypted and checked, with the secret under which the outputs go back. */
interface Salts {
  readonly protocol: PinUvAuthProtocol;
  readonly secret: SharedSecret;
  /** 32 or 64 bytes. */
  readonly salts: Uint8Array;
}

/** Checks of the input in the order of CTAP 2.3 §12.7. Protocol one is meant when none is named. */
export function readSalts(environment: Environment, input: CborValue, userPresence: boolean): Salts {
  const { keyAgreement, pinUvAuthProtocol, saltAuth, saltEnc } = inputTable(input, 'hmac-secret');
  const protocol = requireProtocol(environment, pinUvAuthProtocol ?? 1);
  if (!userPresence) throw new CtapError('UNSUPPORTED_OPTION', 'hmac-secret without user presence');
  const secret = shareSecret(environment, protocol, keyAgreement);
  if (!protocol.verify(environment.crypto, secret.hmacKey, saltEnc, saltAuth)) {
    throw new CtapError('PIN_AUTH_INVALID', 'saltAuth does not verify');
  }
  const salts = protocol.decrypt(environment.crypto, secret, saltEnc);
  if (salts?.length !== saltLength && salts?.length !== 2 * saltLength) {
    throw new CtapError('INVALID_PARAMETER', 'salts are neither 32 nor 64 bytes');
  }
  environment.scratch.keep(salts);
  return { protocol, secret, salts };
}

/** The encrypted outputs for one credential; the uv bit of the response selects its secret (CTAP 2.3 §12.7). */
export function evaluateSalts(
  { crypto, random, scratch }: Environment,
  { protocol, salts, secret }: Salts,
  credential: Credential,
  userVerified: boolean,
): Uint8Array {
  const credRandom = userVerified ? credential.credRandomWithUv : credential.credRandomWithoutUv;
  const outputs = [salts.subarray(0, saltLength), salts.subarray(saltLength)]
    .filter((salt) => salt.length > 0)
    .map((salt) => crypto.hmacSha256(credRandom, salt));
  const plain = scratch.keep(concatBytes(...outputs));
  for (const output of outputs) scratch.keep(output);
  return protocol.encrypt(crypto, random, secret, plain);
}

/**
 * hmac-secret (CTAP 2.3 §12.7). Every credential has both secrets from its creation, whether it asked for them or not,
 * so that one made without the extension may serve later.
 */
export const hmacSecret: Extension = {
  name: 'hmac-secret',
  create(input) {
    return boolean(input, 'hmac-secret') ? { output: () => ({ signed: true }) } : undefined;
  },
  get(input, { environment, userPresence, userVerified }) {
    const salts = readSalts(environment, input, userPresence);
    return {
      output: (credential) => ({ signed: evaluateSalts(environment, salts, credential, userVerified) }),
    };
  },
};
