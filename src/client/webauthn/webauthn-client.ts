import type { Clock } from '../../ports/clock.ts';
import type { CtapClient } from '../ctap-client.ts';
import { runCeremony } from './ceremony.ts';
import { createClientData, type CallingDocument } from './client-data.ts';
import type { CeremonyContext, WebAuthnPolicy, WebAuthnUser } from './context.ts';
import { checkCreationOptions, createCredential } from './create.ts';
import { getAssertion } from './get.ts';
import { checkGetExtensions, largeBlobToWrite } from './get-extensions.ts';
import type {
  AuthenticationJson,
  CreationOptionsJson,
  RegistrationJson,
  RequestOptionsJson,
} from './options.ts';
import { requireRpId } from './origin.ts';

export interface WebAuthnClientOptions extends Partial<WebAuthnPolicy>, CallingDocument {
  readonly ctap: CtapClient;
  readonly clock: Clock;
  /** A browser compared RP ID and origin already, with all that it knows (related origins, for example). */
  readonly rpIdChecked?: boolean;
}

/**
 * A browser's side of WebAuthn Level 3 with one CTAP2 key: options in JSON, responses in JSON. Both methods throw
 * WebAuthnClientError with the name of the DOMException that a page would get, or the reason of `signal`.
 */
export class WebAuthnClient {
  readonly #options: WebAuthnClientOptions;
  readonly #policy: WebAuthnPolicy;

  constructor(options: WebAuthnClientOptions) {
    this.#options = options;
    const user: WebAuthnUser = options.user ?? {};
    this.#policy = { ...options, user };
  }

  /** navigator.credentials.create({ publicKey }) (WebAuthn L3 §5.1.3). */
  create(options: CreationOptionsJson, signal?: AbortSignal): Promise<RegistrationJson> {
    return this.#run(options.timeout, signal, async (running) => {
      checkCreationOptions(options);
      const context = await this.#begin(options.rp.id, running);
      const { crypto } = this.#options.ctap.platform;
      const clientData = createClientData(crypto, 'webauthn.create', options.challenge, this.#options);
      return createCredential(context, options, clientData);
    });
  }

  /** navigator.credentials.get({ publicKey }) (WebAuthn L3 §5.1.4). */
  get(options: RequestOptionsJson, signal?: AbortSignal): Promise<AuthenticationJson> {
    return this.#run(options.timeout, signal, async (running) => {
      checkGetExtensions(options);
      largeBlobToWrite(options.extensions ?? {});
      const { crypto } = this.#options.ctap.platform;
      const clientData = createClientData(crypto, 'webauthn.get', options.challenge, this.#options);
      const context = await this.#begin(options.rpId, running);
      return getAssertion(context, options, clientData);
    });
  }

  #run<T>(
    timeoutMs: number | undefined,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return runCeremony({ clock: this.#options.clock, timeoutMs, signal }, run);
  }

  async #begin(requestedRpId: string | undefined, signal: AbortSignal): Promise<CeremonyContext> {
    const { ctap, origin, isPublicSuffix, rpIdChecked } = this.#options;
    const trusted = rpIdChecked === true ? requestedRpId : undefined;
    const rpId = trusted ?? requireRpId(origin, requestedRpId, isPublicSuffix);
    return { ctap, info: await ctap.getInfo(), policy: this.#policy, rpId, signal };
  }
}
