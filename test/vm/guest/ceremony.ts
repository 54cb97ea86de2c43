/**
 * Ceremonies with what the example site does not ask for: the page uses the browser's own JSON functions, and
 * SimpleWebAuthn judges here, where the certificates and the extension outputs can be looked at.
 */
import { X509Certificate } from 'node:crypto';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  type WebAuthnCredential,
} from '@simplewebauthn/server';
import {
  cose,
  decodeAttestationObject,
  decodeCredentialPublicKey,
  parseAuthenticatorData,
} from '@simplewebauthn/server/helpers';
import type { Page } from './browser.ts';
import { expectThat } from './expect.ts';
import type { Flags, Site } from './relying-party.ts';

type Requirement = 'discouraged' | 'preferred' | 'required';
export type Json = Readonly<Record<string, unknown>>;

export interface CreateWish {
  readonly user: string;
  /** COSE identifiers, in the order of preference. */
  readonly algorithms?: readonly number[];
  readonly attestation?: 'none' | 'direct' | 'enterprise';
  readonly residentKey?: Requirement;
  readonly userVerification?: Requirement;
  /** As in WebAuthn's JSON, bytes in base64url. */
  readonly extensions?: Json;
  /** The host of the page, and so the RP ID; `localhost` if left out. */
  readonly host?: string;
}

export interface GetWish {
  readonly userVerification?: Requirement;
  readonly extensions?: Json;
}

/** What a page got from `navigator.credentials`. */
export type Answer<Response> =
  | { readonly ok: true; readonly credential: Response; readonly challenge: string }
  | { readonly ok: false; readonly error: { readonly name: string; readonly message: string } };

export interface Registered {
  readonly credential: WebAuthnCredential;
  readonly rpId: string;
  readonly flags: Flags & { readonly be: boolean; readonly bs: boolean };
  readonly counter: number;
  readonly fmt: string;
  readonly aaguid: string;
  /** COSE identifier of the new key. */
  readonly algorithm: number;
  /** The certificates of the attestation statement, the one that signed first. */
  readonly certificates: readonly X509Certificate[];
  /** Extension outputs that the key signed. */
  readonly signedExtensions: unknown;
  /** Extension outputs of the browser, as JSON. */
  readonly extensions: Json;
}

export interface SignedIn {
  readonly flags: Registered['flags'];
  readonly counter: number;
  readonly signedExtensions: unknown;
  readonly extensions: Json;
}

/** `navigator.credentials.create()` on the page that is open; options of the wish that are left out ask for little. */
export async function create(page: Page, wish: CreateWish): Promise<Answer<RegistrationResponseJSON>> {
  const options = await generateRegistrationOptions({
    rpName: 'Tests',
    rpID: wish.host ?? 'localhost',
    userName: wish.user,
    attestationType: wish.attestation ?? 'none',
    authenticatorSelection: {
      residentKey: wish.residentKey ?? 'discouraged',
      userVerification: wish.userVerification ?? 'discouraged',
    },
    supportedAlgorithmIDs: [...(wish.algorithms ?? [-7])],
    extensions: wish.extensions ?? {},
  });
  return call(page, 'create', 'parseCreationOptionsFromJSON', options);
}

/** `navigator.credentials.get()` with one credential in the allow list. */
export async function get(
  page: Page,
  registered: Registered,
  wish: GetWish = {},
): Promise<Answer<AuthenticationResponseJSON>> {
  const { id, transports } = registered.credential;
  const options = await generateAuthenticationOptions({
    rpID: registered.rpId,
    userVerification: wish.userVerification ?? 'discouraged',
    allowCredentials: [{ id, ...(transports === undefined ? {} : { transports }) }],
    extensions: wish.extensions ?? {},
  });
  return call(page, 'get', 'parseRequestOptionsFromJSON', options);
}

async function call<Response>(
  page: Page,
  method: 'create' | 'get',
  parse: string,
  options: { readonly challenge: string },
): Promise<Answer<Response>> {
  const text = await page.evaluate(`(async () => {
    try {
      const publicKey = PublicKeyCredential.${parse}(${JSON.stringify(options)});
      const credential = await navigator.credentials.${method}({ publicKey });
      return JSON.stringify({ ok: true, credential: credential.toJSON() });
    } catch ({ name, message }) {
      return JSON.stringify({ ok: false, error: { name, message } });
    }
  })()`);
  const answer = JSON.parse(String(text)) as Answer<Response>;
  return answer.ok ? { ...answer, challenge: options.challenge } : answer;
}

/** Registers, and has SimpleWebAuthn verify what the browser sent. */
export async function register(site: Site, page: Page, wish: CreateWish): Promise<Registered> {
  const answer = requireAnswer(await create(page, wish));
  const rpId = wish.host ?? 'localhost';
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: answer.credential,
    expectedChallenge: answer.challenge,
    expectedOrigin: site.origin(wish.host),
    expectedRPID: rpId,
    requireUserVerification: wish.userVerification === 'required',
    supportedAlgorithmIDs: [...(wish.algorithms ?? [-7])],
  });
  if (!verified) throw new Error('the attestation signature is wrong');
  const statement = decodeAttestationObject(registrationInfo.attestationObject);
  const { flags, counter, extensionsData } = parseAuthenticatorData(statement.get('authData'));
  const { credential, fmt, aaguid } = registrationInfo;
  return {
    ...{ credential, rpId, flags, counter, fmt, aaguid },
    algorithm: Number(decodeCredentialPublicKey(credential.publicKey).get(cose.COSEKEYS.alg)),
    certificates: (statement.get('attStmt').get('x5c') ?? []).map((der) => new X509Certificate(der)),
    signedExtensions: extensionsData,
    extensions: answer.credential.clientExtensionResults as Json,
  };
}

/** Signs in with a credential, and has SimpleWebAuthn verify what the browser sent. */
export async function signIn(
  site: Site,
  page: Page,
  registered: Registered,
  wish: GetWish = {},
): Promise<SignedIn> {
  const answer = requireAnswer(await get(page, registered, wish));
  const { verified } = await verifyAuthenticationResponse({
    response: answer.credential,
    expectedChallenge: answer.challenge,
    expectedOrigin: site.origin(registered.rpId),
    expectedRPID: registered.rpId,
    requireUserVerification: wish.userVerification === 'required',
    credential: registered.credential,
  });
  expectThat('a good signature', verified, verified);
  const authData = Buffer.from(answer.credential.response.authenticatorData, 'base64url');
  const { flags, counter, extensionsData } = parseAuthenticatorData(new Uint8Array(authData));
  const extensions = answer.credential.clientExtensionResults as Json;
  return { flags, counter, signedExtensions: extensionsData, extensions };
}

export function requireAnswer<Response>(answer: Answer<Response>): Extract<Answer<Response>, { ok: true }> {
  if (answer.ok) return answer;
  throw new Error(`the browser said ${answer.error.name}: ${answer.error.message}`);
}
