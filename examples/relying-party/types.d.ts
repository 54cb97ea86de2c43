import type { AuthenticationExtensionsClientInputs, WebAuthnCredential } from '@simplewebauthn/server';
import type { Server } from 'node:http';

export type AlgorithmName = 'ES256' | 'EdDSA' | 'RS256';
export type Requirement = 'discouraged' | 'preferred' | 'required';

/** Where the page was loaded from; RP ID and expected origin follow from it. */
export interface Place {
  readonly origin: string;
  readonly rpId: string;
}

export interface RegistrationOptions {
  readonly user?: string;
  readonly displayName?: string;
  readonly residentKey?: Requirement;
  readonly userVerification?: Requirement;
  readonly attestation?: 'none' | 'direct' | 'enterprise';
  /** In order of preference. */
  readonly algorithms?: readonly AlgorithmName[];
  readonly attachment?: 'platform' | 'cross-platform';
  /** False leaves the account's credentials out of excludeCredentials. */
  readonly exclude?: boolean;
  /** Another RP ID than the page's host, to see it refused. */
  readonly rpId?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly extensions?: AuthenticationExtensionsClientInputs;
}

export interface AuthenticationOptions {
  /** Absent for a usernameless sign-in. */
  readonly user?: string;
  readonly userVerification?: Requirement;
  /** Ids for the allow list instead of the account's own. */
  readonly credentials?: readonly string[];
  readonly rpId?: string;
  readonly timeout?: number;
  readonly extensions?: AuthenticationExtensionsClientInputs;
}

export interface VerifiedFlags {
  readonly up: boolean;
  readonly uv: boolean;
  readonly be: boolean;
  readonly bs: boolean;
  readonly at: boolean;
  readonly ed: boolean;
}

export interface HeldCredential {
  readonly credential: WebAuthnCredential;
  flags: VerifiedFlags;
  readonly fmt: string;
  readonly aaguid: string;
  readonly rpId: string;
}

export interface User {
  readonly name: string;
  readonly id: Uint8Array<ArrayBuffer>;
  readonly credentials: HeldCredential[];
}

/** A ceremony that the browser has not answered yet. */
export interface Pending {
  readonly kind: 'register' | 'sign-in';
  readonly user?: User;
  readonly rpId: string;
  readonly supportedAlgorithmIDs: readonly number[];
  readonly userVerification: Requirement;
}

export interface Site {
  readonly users: Map<string, User>;
  /** By challenge. */
  readonly pending: Map<string, Pending>;
}

export interface RelyingPartyOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** The public origin behind a proxy, e.g. `https://login.example.com`; otherwise the request's own. */
  readonly origin?: string;
}

/** A running site. */
export interface RelyingParty {
  /** `http://localhost:PORT` */
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  close(): Promise<void>;
}
