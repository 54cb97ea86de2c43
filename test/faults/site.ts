import {
  SettingsService,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { WebAuthnCredential } from '@simplewebauthn/server';
import { decodeCbor } from '../../src/cbor/decode.ts';
import { encodeCbor } from '../../src/cbor/encode.ts';
import type { CborMap, CborValue } from '../../src/cbor/value.ts';
import {
  encodeGetAssertion,
  encodeMakeCredential,
  publicKeyDescriptors,
} from '../../src/client/ctap-client.ts';
import type {
  CtapClient,
  GetAssertionParameters,
  MakeCredentialParameters,
} from '../../src/client/ctap-client.ts';
import { ctapCommand } from '../../src/ctap/command.ts';
import { utf8Bytes } from '../../src/ctap/bytes.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import { assertion, provider, registration } from '../support/protocol.ts';

const origin = 'https://example.com';
const challenge = 'Y2hhbGxlbmdl';

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function clientData(type: string): { readonly json: string; readonly hash: Uint8Array } {
  const json = utf8Bytes(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  return { json: base64url(json), hash: provider.sha256(json) };
}

/** What SimpleWebAuthn said: `verified`, `not verified`, or the message that it threw. */
export interface Verdict {
  readonly said: string;
  /** The members of the key's response. */
  readonly members: CborMap;
}

export interface Registered extends Verdict {
  readonly credential: WebAuthnCredential | undefined;
  readonly aaguid: string | undefined;
}

export interface SignedIn extends Verdict {
  readonly counter: number | undefined;
  readonly extensions: unknown;
}

interface Expectation {
  readonly rpId?: string;
  readonly requireUserVerification?: boolean;
}

async function judge<T extends { readonly verified: boolean }>(
  verify: () => Promise<T>,
): Promise<{ readonly said: string; readonly result?: T }> {
  try {
    const result = await verify();
    return { said: result.verified ? 'verified' : 'not verified', result };
  } catch (error) {
    return { said: (error as Error).message };
  }
}

/**
 * A relying party that meets the key without a browser between them, so that nothing is sorted out before SimpleWebAuthn
 * sees it. Throws what the client throws when the key refuses.
 */
export class Site {
  readonly #client: CtapClient;
  readonly #clock: FakeClock;
  readonly #settle: <T>(promise: Promise<T>) => Promise<T>;
  #credential: WebAuthnCredential | undefined;

  /** `settle` lets time pass while the key works. */
  constructor(client: CtapClient, clock: FakeClock, settle: <T>(promise: Promise<T>) => Promise<T>) {
    this.#client = client;
    this.#clock = clock;
    this.#settle = settle;
  }

  /** A command as a browser sends it: after 30 s it cancels. */
  async #request(command: number, parameters: CborValue): Promise<CborMap> {
    const controller = new AbortController();
    const stopTimer = this.#clock.after(30_000, () => controller.abort());
    try {
      const { signal } = controller;
      const answer = await this.#settle(this.#client.request(command, parameters, { signal }));
      return decodeCbor(answer) as CborMap;
    } finally {
      stopTimer();
    }
  }

  /** As the server keeps it. */
  get credential(): WebAuthnCredential | undefined {
    return this.#credential;
  }

  /** Knows a credential from before. */
  adopt(credential: WebAuthnCredential): void {
    this.#credential = credential;
  }

  async register(
    changes: Partial<MakeCredentialParameters> = {},
    { requireUserVerification = false, rpId = 'example.com' }: Expectation = {},
  ): Promise<Registered> {
    const { hash, json } = clientData('webauthn.create');
    const parameters = registration({ clientDataHash: hash, ...changes });
    const members = await this.#request(ctapCommand.makeCredential, encodeMakeCredential(parameters));
    const authData = members.get(2) as Uint8Array;
    const attestationObject = new Map<string, CborValue>([
      ['fmt', members.get(1)!],
      ['attStmt', members.get(3)!],
      ['authData', authData],
    ]);
    const id = base64url(authData.slice(55, 55 + (authData[53] ?? 0) * 256 + (authData[54] ?? 0))) || 'AAAA';
    const { said, result } = await judge(() =>
      verifyRegistrationResponse({
        response: {
          id,
          rawId: id,
          type: 'public-key',
          clientExtensionResults: {},
          response: { clientDataJSON: json, attestationObject: base64url(encodeCbor(attestationObject)) },
        },
        expectedChallenge: challenge,
        expectedOrigin: origin,
        expectedRPID: rpId,
        requireUserVerification,
      }),
    );
    const info = result?.verified ? result.registrationInfo : undefined;
    if (info) this.#credential = info.credential;
    return { said, members, credential: info?.credential, aaguid: info?.aaguid };
  }

  async signIn(
    changes: Partial<GetAssertionParameters> = {},
    { requireUserVerification = false, rpId = 'example.com' }: Expectation = {},
  ): Promise<SignedIn> {
    const credential = this.#credential;
    if (!credential) throw new Error('Register first.');
    const { hash, json } = clientData('webauthn.get');
    const own = publicKeyDescriptors(Buffer.from(credential.id, 'base64url'));
    const parameters = assertion({ clientDataHash: hash, allowList: own, ...changes });
    const members = await this.#request(ctapCommand.getAssertion, encodeGetAssertion(parameters));
    const descriptor = members.get(1) as ReadonlyMap<string, Uint8Array>;
    const id = base64url(descriptor.get('id')!);
    const { said, result } = await judge(() =>
      verifyAuthenticationResponse({
        response: {
          id,
          rawId: id,
          type: 'public-key',
          clientExtensionResults: {},
          response: {
            clientDataJSON: json,
            authenticatorData: base64url(members.get(2) as Uint8Array),
            signature: base64url(members.get(3) as Uint8Array),
          },
        },
        expectedChallenge: challenge,
        expectedOrigin: origin,
        expectedRPID: rpId,
        credential,
        requireUserVerification,
      }),
    );
    const info = result?.verified ? result.authenticationInfo : undefined;
    if (info) this.#credential = { ...credential, counter: info.newCounter };
    return {
      said,
      members,
      counter: info?.newCounter,
      extensions: info?.authenticatorExtensionResults,
    };
  }
}

/** Makes SimpleWebAuthn trust these certificates (PEM) alone; returns what takes that back. */
export function trust(...roots: readonly string[]): () => void {
  SettingsService.setRootCertificates({ identifier: 'packed', certificates: [...roots] });
  return () => SettingsService.setRootCertificates({ identifier: 'packed', certificates: [] });
}
