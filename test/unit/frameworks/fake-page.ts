import { conversions } from '../../../src/frameworks/page-conversions.ts';
import { installPage } from '../../../src/frameworks/page-install.ts';
import type { Json, PageGlobal, PageMessage } from '../../../src/frameworks/page-types.ts';

/** The statics that pages ask before they offer anything. */
interface Questions {
  isUserVerifyingPlatformAuthenticatorAvailable?(): Promise<unknown>;
  isConditionalMediationAvailable?(): Promise<unknown>;
  getClientCapabilities?(): Promise<unknown>;
}

export class FakeDomException extends Error {
  constructor(message: string, name: string) {
    super(message);
    this.name = name;
  }
}

/** In a page all functions stand in one script and know each other by name. */
export function letFunctionsMeet(): void {
  for (const conversion of conversions) Object.assign(globalThis, { [conversion.name]: conversion });
}

/** A document with the classes of WebAuthn, whose key is `answer`. */
export function fakePage(answer: (message: PageMessage) => unknown, changes: Partial<PageGlobal> = {}) {
  const native: unknown[] = [];
  class CredentialsContainer {
    create(options?: unknown): Promise<unknown> {
      native.push(['create', options]);
      return Promise.resolve('native');
    }
    get(options?: unknown): Promise<unknown> {
      native.push(['get', options]);
      return Promise.resolve('native');
    }
  }
  class PublicKeyCredential {
    readonly of = 'this page';
  }
  class AuthenticatorAttestationResponse {
    readonly of = 'this page';
  }
  class AuthenticatorAssertionResponse {
    readonly of = 'this page';
  }
  const credentials = new CredentialsContainer();
  const messages: PageMessage[] = [];
  let made = 0;
  const page: PageGlobal = {
    origin: 'https://example.com',
    isSecureContext: true,
    document: {},
    navigator: { credentials },
    crypto: { randomUUID: () => `uuid-${String((made += 1))}` },
    CredentialsContainer,
    PublicKeyCredential,
    AuthenticatorAttestationResponse,
    AuthenticatorAssertionResponse,
    DOMException: FakeDomException,
    atob,
    btoa,
    ask: (message: PageMessage) => {
      messages.push(message);
      return Promise.resolve(answer(message));
    },
    ...changes,
  };
  return {
    page,
    messages,
    native,
    credentials: credentials,
    questions: PublicKeyCredential as unknown as Questions,
    classes: { PublicKeyCredential, AuthenticatorAttestationResponse, AuthenticatorAssertionResponse },
    install: () => installPage(page, 'ask'),
  };
}

/** What `creationToJson` asks for at least. */
export function creation(changes: Json = {}): Json {
  return {
    challenge: Uint8Array.of(1, 2, 3),
    rp: { name: 'Example' },
    user: { id: Uint8Array.of(9), name: 'ada', displayName: 'Ada' },
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
    ...changes,
  };
}
