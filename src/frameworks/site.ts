import type { WebAuthnAnswer } from '../app/webauthn-bridge.ts';
import type { AuthenticationJson, RegistrationJson } from '../client/webauthn/options.ts';
import type { CallingDocument } from '../client/webauthn/client-data.ts';
import type { SecurityKey } from './security-key.ts';

/** A page without a browser: what its navigator.credentials would do, from JSON to JSON. */
export interface Site {
  /**
   * `navigator.credentials.create()` of PublicKeyCredentialCreationOptionsJSON. Rejects with the DOMException or
   * TypeError that a page would get.
   */
  create(optionsJson: object, signal?: AbortSignal): Promise<RegistrationJson>;
  /** The same for `get()` of PublicKeyCredentialRequestOptionsJSON. */
  get(optionsJson: object, signal?: AbortSignal): Promise<AuthenticationJson>;
}

/** A page of this origin whose browser has this key and no other. */
export function openSite(key: SecurityKey, document: string | CallingDocument): Site {
  const place = typeof document === 'string' ? { origin: document } : document;
  const call = (options: object) => ({
    ...place,
    options,
    attachment: key.attachment,
    user: key.browserUser,
  });
  return {
    create: async (options, signal) => resultOf(await key.bridge.create(call(options), signal)),
    get: async (options, signal) => resultOf(await key.bridge.get(call(options), signal)),
  };
}

function resultOf<T>(answer: WebAuthnAnswer<T>): T {
  if ('response' in answer) return answer.response;
  const { message, name } = answer.error;
  throw name === 'TypeError' ? new TypeError(message) : new DOMException(message, name);
}
