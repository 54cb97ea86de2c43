import { coseAlgorithm } from '../../cose/algorithm.ts';
import { bigEndian, concatBytes } from '../../ctap/bytes.ts';
import { credProtectLevel, type Credential } from '../../ports/credential.ts';
import { nextCounter, noteUse } from '../counter.ts';
import type { Environment } from '../environment.ts';
import { U2fError, type CommandApdu } from './apdu.ts';
import type { U2fTouch } from './touch.ts';

/** Control bytes of U2F_AUTHENTICATE, in P1. */
const control = { checkOnly: 0x07, enforcePresence: 0x03, dontEnforcePresence: 0x08 } as const;

interface AuthenticateRequest {
  readonly challenge: Uint8Array;
  readonly application: Uint8Array;
  readonly keyHandle: Uint8Array;
}

/**
 * U2F_AUTHENTICATE (U2F raw messages §5). The key handle is resolved before anything is asked, so that a
 * foreign one is refused at once.
 */
export async function authenticate(
  environment: Environment,
  touch: U2fTouch,
  { data, p1 }: CommandApdu,
): Promise<Uint8Array> {
  const request = readRequest(data);
  if (!(Object.values(control) as number[]).includes(p1)) throw new U2fError('WRONG_DATA');
  const credential = findCredential(environment, request);
  if (p1 === control.checkOnly) throw new U2fError('CONDITIONS_NOT_SATISFIED');
  if (p1 === control.enforcePresence && !(await touch.collect('sign-in', request.application))) {
    throw new U2fError('CONDITIONS_NOT_SATISFIED');
  }
  return sign(environment, credential, request, p1 === control.enforcePresence);
}

function readRequest(data: Uint8Array): AuthenticateRequest {
  const length = data[64];
  if (length === undefined || data.length !== 65 + length) throw new U2fError('WRONG_LENGTH');
  return { challenge: data.slice(0, 32), application: data.slice(32, 64), keyHandle: data.slice(65) };
}

/** U2F knows ES256 alone, and no verified user (CTAP 2.3 §10, §12.1). */
function findCredential(
  { keystore }: Environment,
  { application, keyHandle }: AuthenticateRequest,
): Credential {
  const credential = keystore.find(application, keyHandle);
  const usable =
    credential?.algorithm === coseAlgorithm.ES256 &&
    credential.credProtect !== credProtectLevel.userVerificationRequired;
  if (!usable) throw new U2fError('WRONG_DATA');
  return credential;
}

/** The counter of U2F always grows, with or without a touch; it is durable before the signature leaves. */
async function sign(
  environment: Environment,
  credential: Credential,
  { application, challenge }: AuthenticateRequest,
  userPresent: boolean,
): Promise<Uint8Array> {
  const { crypto } = environment;
  const counter = nextCounter(environment, credential, true);
  if (!(await noteUse(environment, credential, counter))) throw new U2fError('WRONG_DATA');
  const result = concatBytes(Uint8Array.of(userPresent ? 0x01 : 0x00), bigEndian(counter.signCount, 4));
  const signed = concatBytes(application, result, challenge);
  return concatBytes(result, crypto.sign(credential.algorithm, credential.privateKey, signed));
}
