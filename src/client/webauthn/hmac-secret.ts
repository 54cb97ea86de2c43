import { cborMap } from '../../cbor/map.ts';
import type { CborMap, CborValue } from '../../cbor/value.ts';
import { concatBytes, utf8Bytes } from '../../ctap/bytes.ts';
import { KeyResponseError } from '../errors.ts';
import type { SharedSecret } from '../pin-protocol.ts';
import { decodeBase64Url } from './base64url.ts';
import { pinProtocol, type CeremonyContext } from './context.ts';
import type { PrfValuesJson } from './options.ts';
import { WebAuthnClientError } from './webauthn-error.ts';

const saltSize = 32;

/** One or two salts of 32 bytes. */
export type Salts = readonly [Uint8Array] | readonly [Uint8Array, Uint8Array];

/** An evaluation that was asked for: the extension's input, and the secret that opens its output. */
export interface SaltRequest {
  readonly input: CborMap;
  open(output: CborValue | undefined): readonly Uint8Array[] | undefined;
}

/** The salts of the prf extension: SHA-256 of a prefix and the page's input (WebAuthn L3 §10.1.4). */
export function prfSalts({ ctap }: CeremonyContext, values: PrfValuesJson): Salts {
  const salt = (text: string, name: string) =>
    ctap.platform.crypto.sha256(utf8Bytes('WebAuthn PRF\0'), decodeBase64Url(text, name));
  const first = salt(values.first, 'prf.eval.first');
  return values.second === undefined ? [first] : [first, salt(values.second, 'prf.eval.second')];
}

/** Salts that a page gives as they are; WebAuthnClientError `TypeError` unless they have 32 bytes. */
export function parseSalts(salt1: string, salt2: string | undefined): Salts {
  const first = decodeBase64Url(salt1, 'hmacGetSecret.salt1');
  const second = salt2 === undefined ? undefined : decodeBase64Url(salt2, 'hmacGetSecret.salt2');
  if (first.length !== saltSize || (second !== undefined && second.length !== saltSize)) {
    throw new WebAuthnClientError('TypeError', 'a salt of hmacGetSecret does not have 32 bytes');
  }
  return second === undefined ? [first] : [first, second];
}

/** Encrypts salts for the key (CTAP 2.3 §12.7). Undefined for a key without PIN/UV auth protocol. */
export async function requestSalts(context: CeremonyContext, salts: Salts): Promise<SaltRequest | undefined> {
  const protocol = pinProtocol(context);
  if (protocol === undefined) return undefined;
  const secret = await context.ctap.clientPin.agree(protocol);
  const saltEnc = secret.encrypt(concatBytes(...salts));
  return {
    input: cborMap([
      [0x01, secret.keyAgreement],
      [0x02, saltEnc],
      [0x03, secret.authenticate(saltEnc)],
      // Absent means one, and keys of CTAP 2.0 know no such member.
      [0x04, protocol === 1 ? undefined : protocol],
    ]),
    open: (output) => openOutputs(secret, salts.length, output),
  };
}

function openOutputs(
  secret: SharedSecret,
  count: number,
  output: CborValue | undefined,
): readonly Uint8Array[] | undefined {
  if (output === undefined) return undefined;
  if (!(output instanceof Uint8Array))
    throw new KeyResponseError('the output of hmac-secret is no byte string');
  const outputs = secret.decrypt(output);
  if (outputs.length !== count * saltSize)
    throw new KeyResponseError('the output of hmac-secret has a wrong length');
  return count === 1 ? [outputs] : [outputs.slice(0, saltSize), outputs.slice(saltSize)];
}
