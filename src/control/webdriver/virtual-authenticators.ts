import type { ControlledKey, KeyHost } from '../handle.ts';
import { toCredentialParameters, toNewCredential } from './credential.ts';
import { WebDriverError } from './error.ts';
import { keyProfile } from './key-profile.ts';
import {
  authenticatorParameters,
  credentialParameters,
  parseParameters,
  propertyParameters,
  userVerifiedParameters,
} from './parameters.ts';
import type { AuthenticatorParameters } from './parameters.ts';

/** One virtual authenticator: a key, and what its user is like. */
interface VirtualAuthenticator {
  readonly key: ControlledKey;
  readonly parameters: AuthenticatorParameters;
}

export interface VirtualAuthenticatorsOptions {
  readonly host: KeyHost;
  /** Transports by which browsers reach the keys. */
  readonly transports: readonly string[];
}

/**
 * The eight commands of WebAuthn L3 §11, with keys of a host as the authenticators. Every method takes the parameters as
 * they came, resolves to the `value` of the answer, and throws WebDriverError or UsageError; nothing is changed then.
 */
export class VirtualAuthenticators {
  readonly #host: KeyHost;
  readonly #transports: readonly string[];
  /** By session, then by authenticator id. */
  readonly #sessions = new Map<string, Map<string, VirtualAuthenticator>>();

  constructor({ host, transports }: VirtualAuthenticatorsOptions) {
    this.#host = host;
    this.#transports = transports;
  }

  /** Add Virtual Authenticator: resolves to its id. */
  async add(session: string, body: unknown): Promise<string> {
    const parameters = parseParameters(authenticatorParameters, body);
    const key = await this.#host.create({
      profile: keyProfile(parameters),
      transports: this.#transports,
      consent: { action: parameters.isUserConsenting ? 'allow' : 'deny' },
    });
    verifyUser(key, parameters.isUserVerified);
    const authenticators = this.#sessions.get(session) ?? new Map<string, VirtualAuthenticator>();
    this.#sessions.set(session, authenticators.set(key.id, { key, parameters }));
    return key.id;
  }

  /** Remove Virtual Authenticator: the key is pulled out and forgotten. */
  async remove(session: string, id: string): Promise<null> {
    const { key } = this.#require(session, id);
    this.#sessions.get(session)?.delete(id);
    await this.#host.remove(key.id);
    return null;
  }

  async addCredential(session: string, id: string, body: unknown): Promise<null> {
    const { key, parameters } = this.#require(session, id);
    const credential = toNewCredential(parseParameters(credentialParameters, body));
    const isU2f = parameters.protocol === 'ctap1/u2f';
    if (credential.discoverable && (isU2f || !parameters.hasResidentKey))
      throw new WebDriverError(
        'invalid argument',
        'isResidentCredential: this authenticator has no resident keys.',
      );
    if (credential.largeBlob && !parameters.extensions.includes('largeBlob'))
      throw new WebDriverError(
        'invalid argument',
        'largeBlob: this authenticator has no largeBlob extension.',
      );
    await key.credentials.add(credential);
    return null;
  }

  getCredentials(session: string, id: string): readonly Readonly<Record<string, unknown>>[] {
    return this.#require(session, id).key.credentials.list().map(toCredentialParameters).reverse();
  }

  async removeCredential(session: string, id: string, credentialId: string): Promise<null> {
    const { key } = this.#require(session, id);
    if (!(await key.credentials.remove(decodeId(credentialId)))) throw noSuchCredential(credentialId);
    return null;
  }

  async removeAllCredentials(session: string, id: string): Promise<null> {
    await this.#require(session, id).key.credentials.clear();
    return null;
  }

  async setUserVerified(session: string, id: string, body: unknown): Promise<null> {
    const { key, parameters } = this.#require(session, id);
    const { isUserVerified } = parseParameters(userVerifiedParameters, body);
    verifyUser(key, isUserVerified);
    // What failed before on purpose must not count against the user.
    if (parameters.hasUserVerification && parameters.protocol !== 'ctap1/u2f')
      await key.pin.adjust({ uvRetriesLeft: key.pin.state().uvMaxRetries });
    return null;
  }

  async setCredentialProperties(
    session: string,
    id: string,
    credentialId: string,
    body: unknown,
  ): Promise<null> {
    const { key } = this.#require(session, id);
    const { backupEligibility, backupState, signCount } = parseParameters(propertyParameters, body);
    const bytes = decodeId(credentialId);
    if (!key.credentials.get(bytes)) throw noSuchCredential(credentialId);
    await key.credentials.change(bytes, {
      ...(backupEligibility !== undefined && { backupEligible: backupEligibility }),
      ...(backupState !== undefined && { backupState }),
      ...(signCount !== undefined && { signCount }),
    });
    return null;
  }

  /** The browser's session is over: its keys go too. */
  async endSession(session: string): Promise<void> {
    const authenticators = this.#sessions.get(session);
    this.#sessions.delete(session);
    for (const { key } of authenticators?.values() ?? [])
      // Somebody may have removed it over the control server.
      if (this.#host.get(key.id) === key) await this.#host.remove(key.id);
  }

  #require(session: string, id: string): VirtualAuthenticator {
    const found = this.#sessions.get(session)?.get(id);
    if (found && this.#host.get(id) === found.key) return found;
    throw new WebDriverError(
      'invalid argument',
      `The session has no virtual authenticator ${JSON.stringify(id)}.`,
    );
  }
}

/** Built-in verification succeeds as long as no rule says that it fails. */
function verifyUser(key: ControlledKey, verified: boolean): void {
  key.user.clearPolicies();
  if (!verified) key.user.addPolicy({ action: 'fail', kind: 'verification' });
}

function decodeId(text: string): Uint8Array {
  if (!/^[\w-]+$/.test(text))
    throw new WebDriverError('invalid argument', 'A credential id is base64url without padding.');
  return Uint8Array.from(Buffer.from(text, 'base64url'));
}

function noSuchCredential(id: string): WebDriverError {
  return new WebDriverError('invalid argument', `The authenticator has no credential ${id}.`);
}
