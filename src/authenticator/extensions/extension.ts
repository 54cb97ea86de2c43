import type { CborValue } from '../../cbor/value.ts';
import type { Credential } from '../../ports/credential.ts';
import type { Environment } from '../environment.ts';
import type { VerificationMethod } from '../pin/token.ts';

/** In the order of CTAP 2.3 §12; uvm is of WebAuthn Level 2. */
export const extensionNames = [
  'credProtect',
  'credBlob',
  'largeBlobKey',
  'largeBlob',
  'minPinLength',
  'pinComplexityPolicy',
  'hmac-secret',
  'hmac-secret-mc',
  'thirdPartyPayment',
  'uvm',
] as const;
export type ExtensionName = (typeof extensionNames)[number];

/** What an extension knows of a makeCredential request when it reads its input. */
export interface CreateContext {
  readonly environment: Environment;
  readonly rpId: string;
  readonly discoverable: boolean;
  /** The uv bit of the response. */
  readonly userVerified: boolean;
  /** How the user was verified, if at all. */
  readonly verifiedBy: VerificationMethod | undefined;
  /** Inputs of the other extensions of the same request. */
  readonly inputs: ReadonlyMap<string, CborValue>;
}

/** What an extension knows of a getAssertion request when it reads its input. */
export interface GetContext {
  readonly environment: Environment;
  readonly rpId: string;
  /** The up option of the request and the uv bit of the response. */
  readonly userPresence: boolean;
  readonly userVerified: boolean;
  readonly verifiedBy: VerificationMethod | undefined;
  readonly hasAllowList: boolean;
}

/** Where outputs go: into the signed authenticator data, beside it, or into a response member of their own. */
export interface ExtensionOutput {
  readonly signed?: CborValue;
  readonly unsigned?: CborValue;
  readonly largeBlobKey?: Uint8Array;
  /** What changes in the credential; durable before the response leaves. */
  readonly change?: CredentialExtensionData;
}

/** The members of a credential that extensions own. */
export type CredentialExtensionData = Partial<
  Pick<Credential, 'credProtect' | 'credBlob' | 'largeBlobKey' | 'largeBlob' | 'thirdPartyPayment'>
>;

/** An extension of a makeCredential request whose input has passed all checks. */
export interface PreparedCreate {
  /** What to store with the new credential. */
  readonly credential?: CredentialExtensionData;
  readonly output?: (credential: Credential) => ExtensionOutput;
}

/** An extension of a getAssertion request whose input has passed all checks; serves every credential of the request. */
export interface PreparedGet {
  output(credential: Credential): ExtensionOutput;
}

/**
 * One extension (CTAP 2.3 §12). Its methods check the input and throw CtapError or CborError before anything is
 * stored; `undefined` means that the extension has nothing to do.
 */
export interface Extension {
  readonly name: ExtensionName;
  create?(input: CborValue, context: CreateContext): PreparedCreate | undefined;
  get?(input: CborValue, context: GetContext): PreparedGet | undefined;
}
