/** What page mode uses of a page. */
export interface PageGlobal {
  readonly [name: string]: unknown;
  readonly origin: string;
  readonly isSecureContext: boolean;
  readonly document: { readonly featurePolicy?: { allowsFeature(name: string): boolean } };
  readonly navigator: { readonly credentials: object };
  readonly crypto: { randomUUID(): string };
  readonly PublicKeyCredential?: PageClass;
  readonly CredentialsContainer: PageClass;
  readonly DOMException: new (message: string, name: string) => Error;
  atob(text: string): string;
  btoa(text: string): string;
}

export interface PageClass {
  readonly prototype: object;
}
export type Json = Record<string, unknown>;

/** What the page says of itself with every message. */
export interface PageDocument {
  /** A new one for every document, so that the other side notices a navigation. */
  readonly id: string;
  /** `null` for a sandboxed document. */
  readonly origin: string;
}

/** A message from the page to the key. */
export type PageMessage =
  | { readonly type: 'hello' | 'can-verify'; readonly document: PageDocument }
  | { readonly type: 'abort'; readonly document: PageDocument; readonly ceremony: string }
  | {
      readonly type: 'create' | 'get';
      readonly document: PageDocument;
      readonly ceremony: string;
      readonly options: unknown;
      readonly mediation?: string;
      /** What the permissions policy says; absent where the browser does not tell. */
      readonly allowed?: boolean;
    };

/** What the page gets for `create` and `get`. */
export type PageAnswer =
  { readonly response: Json } | { readonly error: { readonly name: string; readonly message: string } };
