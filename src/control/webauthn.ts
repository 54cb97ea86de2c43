/** A call of navigator.credentials that a browser passes on, e.g. by an extension. */
export interface WebAuthnRequest {
  /** Of the document that called. */
  readonly origin: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  /** The browser compared RP ID and origin already. */
  readonly rpIdChecked?: boolean;
  /** How the site sees the key; `cross-platform` unless given. */
  readonly attachment?: 'cross-platform' | 'platform';
  /** PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What the user types where a browser asks for the PIN of the key. */
  readonly pin?: string;
  /** Without `pin`: somebody answers prompts. Otherwise the user gives up, and the newest account is taken. */
  readonly prompts?: boolean;
}

/** What the site gets: a response in JSON, or the name and message of a DOMException. */
export type WebAuthnOutcome =
  | { readonly response: Readonly<Record<string, unknown>> }
  | { readonly error: { readonly name: string; readonly message: string } };

/** What a browser asks the person in front of it, beside what the key asks. */
export type WebAuthnPrompt = { readonly id: string; readonly origin: string } & WebAuthnPromptForm;

export type WebAuthnPromptForm =
  | {
      readonly kind: 'pin';
      /** `enter` the PIN; `set` a first one; `change` it, since the key wants a new one. */
      readonly purpose: 'enter' | 'set' | 'change';
      readonly retriesLeft?: number;
      readonly lastWasWrong?: boolean;
      /** Code points. */
      readonly minLength?: number;
    }
  | {
      readonly kind: 'account';
      readonly accounts: readonly { readonly name?: string; readonly displayName?: string }[];
    };

export type WebAuthnPromptReply =
  | { readonly pin: string }
  /** Index into the accounts. */
  | { readonly account: number }
  | { readonly cancel: true };

/** The WebAuthn client of a browser for each key of a host. Methods throw UsageError `no-such-key`. */
export interface WebAuthnService {
  run(
    keyId: string,
    ceremony: 'create' | 'get',
    request: WebAuthnRequest,
    signal: AbortSignal,
  ): Promise<WebAuthnOutcome>;
  /** Whether the key is there and could verify its user. */
  canVerifyUser(keyId: string): Promise<boolean>;
  /** Oldest first. */
  prompts(keyId: string): readonly WebAuthnPrompt[];
  /** Throws UsageError: `not-found` for a prompt that is over, `refused` for a reply that does not fit it. */
  answer(keyId: string, promptId: string, reply: WebAuthnPromptReply): void;
}
