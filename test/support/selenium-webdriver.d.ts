/** What the tests use of Selenium's client, which comes without types. */
declare module 'selenium-webdriver' {
  import type {
    Credential,
    VirtualAuthenticatorOptions,
  } from 'selenium-webdriver/lib/virtual_authenticator.js';

  export class Builder {
    usingServer(url: string): this;
    forBrowser(name: string): this;
    build(): Promise<WebDriver>;
  }
  export interface WebDriver {
    addVirtualAuthenticator(options: VirtualAuthenticatorOptions): Promise<void>;
    removeVirtualAuthenticator(): Promise<void>;
    addCredential(credential: Credential): Promise<void>;
    getCredentials(): Promise<readonly Credential[]>;
    removeCredential(id: readonly number[]): Promise<void>;
    removeAllCredentials(): Promise<void>;
    setUserVerified(verified: boolean): Promise<void>;
    quit(): Promise<void>;
  }
}

declare module 'selenium-webdriver/lib/virtual_authenticator.js' {
  export class VirtualAuthenticatorOptions {
    setHasResidentKey(value: boolean): void;
    setHasUserVerification(value: boolean): void;
  }
  export class Credential {
    static createResidentCredential(
      id: Uint8Array,
      rpId: string,
      userHandle: Uint8Array,
      privateKey: string,
      signCount: number,
    ): Credential;
    static createNonResidentCredential(
      id: Uint8Array,
      rpId: string,
      privateKey: string,
      signCount: number,
    ): Credential;
    rpId(): string;
    signCount(): number;
    privateKey(): string;
  }
  const authenticators: {
    readonly Credential: typeof Credential;
    readonly VirtualAuthenticatorOptions: typeof VirtualAuthenticatorOptions;
  };
  export default authenticators;
}
