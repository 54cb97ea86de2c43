import { z } from 'zod';
import { credential, credentialChange, newCredential } from '../schemas/credential.ts';
import { segment, type Caller } from './caller.ts';
import type { Credential, CredentialChange, NewCredential } from './types.ts';

interface Secrets {
  /** Private keys and other secrets come only with true. */
  readonly secrets?: boolean;
}

/** What a key holds. A credential is named by its id, or by itself. Every method throws ControlError. */
export class ControlCredentials {
  readonly #caller: Caller;
  readonly #path: string;

  constructor(caller: Caller, path: string) {
    this.#caller = caller;
    this.#path = path;
  }

  /** Newest first. */
  list({ rpId, secrets }: Secrets & { readonly rpId?: string } = {}): Promise<readonly Credential[]> {
    return this.#caller.get(this.#path, z.array(credential), { query: { rpId, secrets } });
  }

  get(id: Uint8Array, { secrets }: Secrets = {}): Promise<Credential> {
    return this.#caller.get(this.#at(id), credential, { query: { secrets } });
  }

  /** Without a private key the key makes one. */
  add(given: NewCredential): Promise<Credential> {
    return this.#caller.exchange('POST', this.#path, newCredential, given, credential);
  }

  change(id: Uint8Array, change: CredentialChange): Promise<Credential> {
    return this.#caller.exchange('PATCH', this.#at(id), credentialChange, change, credential);
  }

  remove(id: Uint8Array): Promise<void> {
    return this.#caller.do('DELETE', this.#at(id));
  }

  /** Removes all; resolves to how many there were. */
  async clear(): Promise<number> {
    const response = await this.#caller.raw('DELETE', this.#path, undefined, {});
    return z.object({ removed: z.int() }).parse(await response.json()).removed;
  }

  #at(id: Uint8Array): string {
    return `${this.#path}/${segment(id)}`;
  }
}
