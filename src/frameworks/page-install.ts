import type { Json, PageAnswer, PageClass, PageGlobal, PageMessage } from './page-types.ts';
import type * as conversion from './page-conversions.ts';

// In the page all functions stand in one script (page-script.ts); here they are known by their types only.
declare const creationToJson: typeof conversion.creationToJson;
declare const requestToJson: typeof conversion.requestToJson;
declare const credentialToPage: typeof conversion.credentialToPage;

type Send = (message: PageMessage) => Promise<unknown>;
type CredentialMethod = (this: unknown, options?: Json) => Promise<unknown>;

/** What a ceremony of this document needs. */
interface Desk {
  readonly page: PageGlobal;
  readonly document: { readonly id: string; readonly origin: string };
  readonly send: Send;
  isBusy: boolean;
}

function permission({ page }: Desk, type: 'create' | 'get'): { allowed?: boolean } {
  const allowed = page.document.featurePolicy?.allowsFeature(`publickey-credentials-${type}`);
  return allowed === undefined ? {} : { allowed };
}

/** Rejects with the signal's reason as soon as the page aborts, and tells the key to stop. */
function untilAborted(desk: Desk, signal: AbortSignal | undefined, ceremony: string): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => {
      void desk.send({ type: 'abort', document: desk.document, ceremony });
      reject(signal.reason as Error);
    });
  });
}

async function runCeremony(desk: Desk, type: 'create' | 'get', options: Json): Promise<unknown> {
  const { page } = desk;
  const publicKey = options['publicKey'];
  const signal = options['signal'] as AbortSignal | undefined;
  const json = type === 'create' ? creationToJson(page, publicKey) : requestToJson(page, publicKey);
  signal?.throwIfAborted();
  if (desk.isBusy) throw new page.DOMException('A request is already pending.', 'OperationError');
  desk.isBusy = true;
  const ceremony = page.crypto.randomUUID();
  const mediation = typeof options['mediation'] === 'string' ? { mediation: options['mediation'] } : {};
  const message = { type, document: desk.document, ceremony, options: json, ...mediation };
  try {
    const answer = (await Promise.race([
      desk.send({ ...message, ...permission(desk, type) }),
      untilAborted(desk, signal, ceremony),
    ])) as PageAnswer;
    if ('response' in answer) return credentialToPage(page, answer.response);
    const { message: words, name } = answer.error;
    throw name === 'TypeError' ? new TypeError(words) : new page.DOMException(words, name);
  } finally {
    desk.isBusy = false;
  }
}

function replaceMethod(desk: Desk, type: 'create' | 'get'): void {
  const { prototype } = desk.page.CredentialsContainer;
  const native = (prototype as Record<string, CredentialMethod>)[type];
  if (native === undefined) return;
  const replacement: CredentialMethod = function (this: unknown, options) {
    if (options?.['publicKey'] === undefined) return native.call(this, options);
    return runCeremony(desk, type, options);
  };
  Object.defineProperty(replacement, 'name', { value: type });
  Object.defineProperty(prototype, type, {
    value: replacement,
    writable: true,
    configurable: true,
    enumerable: true,
  });
}

/** What pages ask before they offer anything: static methods of PublicKeyCredential. */
function replaceQuestions(desk: Desk, publicKeyCredential: PageClass): void {
  const statics = publicKeyCredential as unknown as Record<string, (() => Promise<unknown>) | undefined>;
  const nativeCapabilities = statics['getClientCapabilities'];
  const canVerify = () => desk.send({ type: 'can-verify', document: desk.document });
  const answers: Record<string, () => Promise<unknown>> = {
    isUserVerifyingPlatformAuthenticatorAvailable: canVerify,
    isConditionalMediationAvailable: () => Promise.resolve(true),
    getClientCapabilities: async () => {
      const platform = await canVerify();
      const native = (await nativeCapabilities?.call(publicKeyCredential)) as Json | undefined;
      return {
        ...native,
        conditionalGet: true,
        conditionalCreate: false,
        hybridTransport: false,
        immediateGet: false,
        relatedOrigins: false,
        passkeyPlatformAuthenticator: platform,
        userVerifyingPlatformAuthenticator: platform,
      };
    },
  };
  for (const [name, value] of Object.entries(answers)) {
    Object.defineProperty(publicKeyCredential, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: true,
    });
  }
}

/** Puts the key in the place of the browser's own authenticators, in one document. */
export function installPage(page: PageGlobal, bindingName: string): void {
  const { PublicKeyCredential } = page;
  const send = page[bindingName] as Send | undefined;
  if (!page.isSecureContext || PublicKeyCredential === undefined || send === undefined) return;
  const desk: Desk = {
    page,
    document: { id: page.crypto.randomUUID(), origin: page.origin },
    send,
    isBusy: false,
  };
  replaceMethod(desk, 'create');
  replaceMethod(desk, 'get');
  replaceQuestions(desk, PublicKeyCredential);
  void send({ type: 'hello', document: desk.document });
}

/** All functions of this file. */
export const installation = [
  permission,
  untilAborted,
  runCeremony,
  replaceMethod,
  replaceQuestions,
  installPage,
];
