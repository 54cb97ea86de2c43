import { cborMap } from '../cbor/map.ts';
import { coseAlgorithm } from '../cose/algorithm.ts';
import { encodeCoseKey } from '../cose/public-key.ts';
import { encodeAuthData, type AuthData } from '../ctap/auth-data.ts';
import { utf8Bytes } from '../ctap/bytes.ts';
import type { GetInfoResponse } from '../ctap/messages/get-info.ts';
import { ctapStatus } from '../ctap/status.ts';
import type { Clock } from '../ports/clock.ts';
import { CtapClient, type GetAssertionParameters, type MakeCredentialParameters } from './ctap-client.ts';
import { pause } from './deadline.ts';
import { CtapStatusError, U2fStatusError } from './errors.ts';
import type { HidChannel, TransactOptions } from './hid-channel.ts';
import type { Platform } from './pin-protocol.ts';
import type { Assertion, Registration } from './responses.ts';
import { U2fClient, u2fControl, u2fStatusWord, type U2fRegistration } from './u2f-client.ts';

/** Milliseconds between two polls for a touch. */
const pollInterval = 200;
/** The longest key handle that an APDU has room for. */
const longestHandle = 255;

type UpOptions = Readonly<Record<string, boolean>> | undefined;

/**
 * A key that speaks U2F only, behind the commands of CTAP2, as the standard maps them for platforms (CTAP 2.3 §10): ES256,
 * nothing discoverable, no verification. What has no mapping goes to the key as it is, which knows no CBOR.
 */
export class U2fKey extends CtapClient {
  readonly #u2f: U2fClient;
  readonly #clock: Clock;

  constructor(channel: HidChannel, platform: Platform, clock: Clock) {
    super(channel, platform);
    this.#u2f = new U2fClient(channel);
    this.#clock = clock;
  }

  override getInfo(): Promise<GetInfoResponse> {
    return Promise.resolve({
      versions: ['U2F_V2'],
      aaguid: new Uint8Array(16),
      maxCredentialIdLength: longestHandle,
      maxCredentialCountInList: 1,
      algorithms: [coseAlgorithm.ES256],
    });
  }

  /** CTAP 2.3 §10.2. A key that is excluded says so after a touch, as its owner expects. */
  override async makeCredential(
    parameters: MakeCredentialParameters,
    options: TransactOptions = {},
  ): Promise<Registration> {
    refuseOptions(parameters.options);
    if (!parameters.pubKeyCredParams.some(({ alg }) => alg === coseAlgorithm.ES256))
      throw new CtapStatusError(ctapStatus.UNSUPPORTED_ALGORITHM);
    const application = this.#applicationOf(parameters.rp.id);
    for (const { id } of parameters.excludeList ?? []) {
      if (!(await this.#knows(application, id))) continue;
      await this.#touched(options, () => this.#u2f.register(new Uint8Array(32), application));
      throw new CtapStatusError(ctapStatus.CREDENTIAL_EXCLUDED);
    }
    const made = await this.#touched(options, () =>
      this.#u2f.register(parameters.clientDataHash, application),
    );
    return toRegistration(application, made);
  }

  /** CTAP 2.3 §10.3. Without presence only the id is looked up, and nothing is signed. */
  override async getAssertion(
    { allowList = [], clientDataHash, options: asked, rpId }: GetAssertionParameters,
    options: TransactOptions = {},
  ): Promise<Assertion> {
    refuseOptions(asked);
    const application = this.#applicationOf(rpId);
    for (const { id } of allowList) {
      if (!(await this.#knows(application, id))) continue;
      if (asked?.['up'] === false) return toAssertion(application, id, { counter: 0, userPresence: 0 });
      const signed = await this.#touched(options, () =>
        this.#u2f.authenticate(u2fControl.enforcePresence, clientDataHash, application, id),
      );
      return toAssertion(application, id, signed);
    }
    throw new CtapStatusError(ctapStatus.NO_CREDENTIALS);
  }

  #applicationOf(rpId: string): Uint8Array {
    return this.platform.crypto.sha256(utf8Bytes(rpId));
  }

  /** Check-only ends in an error in any case: which one is the answer (U2F raw messages §5.1). */
  async #knows(application: Uint8Array, handle: Uint8Array): Promise<boolean> {
    if (handle.length > longestHandle) return false;
    const looked = this.#u2f.authenticate(u2fControl.checkOnly, new Uint8Array(32), application, handle);
    return looked.then(
      () => true,
      (error: unknown) => {
        if (waitsForTouch(error)) return true;
        if (error instanceof U2fStatusError) return false;
        throw error;
      },
    );
  }

  /** Sends a command again and again until the user touches the key (U2F raw messages §3). */
  async #touched<T>(options: TransactOptions, send: () => Promise<T>): Promise<T> {
    for (;;) {
      options.signal?.throwIfAborted();
      try {
        return await send();
      } catch (error) {
        if (!waitsForTouch(error)) throw asStatus(error);
      }
      options.onKeepAlive?.('upneeded');
      await pause(this.#clock, pollInterval, options.signal);
    }
  }
}

function refuseOptions(options: UpOptions): void {
  if (options?.['rk'] === true || options?.['uv'] === true)
    throw new CtapStatusError(ctapStatus.UNSUPPORTED_OPTION);
}

function waitsForTouch(error: unknown): boolean {
  return error instanceof U2fStatusError && error.statusWord === u2fStatusWord.conditionsNotSatisfied;
}

function asStatus(error: unknown): unknown {
  return error instanceof U2fStatusError ? new CtapStatusError(ctapStatus.OTHER) : error;
}

const unverified = { userVerified: false, backupEligible: false, backupState: false } as const;

function toRegistration(
  rpIdHash: Uint8Array,
  { certificate, keyHandle, publicKey, signature }: U2fRegistration,
): Registration {
  const [x, y] = [publicKey.slice(1, 33), publicKey.slice(33)];
  const parsed: AuthData = {
    ...unverified,
    rpIdHash,
    userPresent: true,
    signCount: 0,
    attested: {
      aaguid: new Uint8Array(16),
      credentialId: keyHandle,
      publicKey: encodeCoseKey(coseAlgorithm.ES256, { kty: 'EC2', curve: 'P-256', x, y }),
    },
  };
  const attStmt = cborMap([
    ['x5c', [certificate]],
    ['sig', signature],
  ]);
  return { fmt: 'fido-u2f', attStmt, authData: encodeAuthData(parsed), parsed };
}

function toAssertion(
  rpIdHash: Uint8Array,
  credentialId: Uint8Array,
  {
    counter,
    signature = new Uint8Array(),
    userPresence,
  }: { readonly counter: number; readonly signature?: Uint8Array; readonly userPresence: number },
): Assertion {
  const userPresent = (userPresence & 1) !== 0;
  const parsed: AuthData = { ...unverified, rpIdHash, userPresent, signCount: counter };
  return { credentialId, signature, authData: encodeAuthData(parsed), parsed };
}
