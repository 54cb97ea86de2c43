import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { CtapClient } from '../client/ctap-client.ts';
import { HidTransportError } from '../client/errors.ts';
import { openHidChannel } from '../client/hid-channel.ts';
import type { Platform } from '../client/pin-protocol.ts';
import { U2fKey } from '../client/u2f-key.ts';
import type { CallingDocument } from '../client/webauthn/client-data.ts';
import type { Attachment, WebAuthnUser } from '../client/webauthn/context.ts';
import type { LargeBlobCompression } from '../client/webauthn/large-blob-array.ts';
import type { AuthenticationJson, RegistrationJson } from '../client/webauthn/options.ts';
import { requireRpId } from '../client/webauthn/origin.ts';
import { WebAuthnClient } from '../client/webauthn/webauthn-client.ts';
import { WebAuthnClientError, type WebAuthnErrorName } from '../client/webauthn/webauthn-error.ts';
import { createNodeCrypto } from '../crypto/node/provider.ts';
import { hidCapability } from '../ctaphid/command.ts';
import type { Clock } from '../ports/clock.ts';
import { UsageError } from '../ports/errors.ts';
import type { HidPipe } from '../ports/hid-pipe.ts';
import { systemClock, systemRandom } from './system.ts';
import { parseCreationOptions, parseRequestOptions } from './webauthn-bridge-options.ts';
import { createSuffixTest, type AsyncSuffixTest } from './webauthn-bridge-suffix.ts';

/** A call of navigator.credentials, as the document that made it is known to be. */
export interface WebAuthnCall extends CallingDocument {
  /** PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON; checked here. */
  readonly options: unknown;
  /** How the page shall see the key; `cross-platform` unless given. */
  readonly attachment?: Attachment;
  /** A browser compared RP ID and origin already. */
  readonly rpIdChecked?: boolean;
  /** The person in front of the browser; without one nobody enters a PIN, and the newest account is taken. */
  readonly user?: WebAuthnUser;
}

/** What the page gets: a response, or the name and message of its DOMException (or TypeError). */
export type WebAuthnAnswer<Response> =
  | { readonly response: Response }
  | { readonly error: { readonly name: WebAuthnErrorName; readonly message: string } };

/** The WebAuthn client of a browser that has one key, as functions of JSON. */
export interface WebAuthnBridge {
  /** navigator.credentials.create({ publicKey }). Rejects only for a defect of ours. */
  create(call: WebAuthnCall, signal?: AbortSignal): Promise<WebAuthnAnswer<RegistrationJson>>;
  /** navigator.credentials.get({ publicKey }). Rejects only for a defect of ours. */
  get(call: WebAuthnCall, signal?: AbortSignal): Promise<WebAuthnAnswer<AuthenticationJson>>;
  /** The RP ID of a `get`, if its options, origin and RP ID make sense; the key is not asked. */
  check(call: WebAuthnCall): Promise<WebAuthnAnswer<{ readonly rpId: string }>>;
  /** Whether the key is there and could verify its user now, or after a PIN is set. */
  canVerifyUser(): Promise<boolean>;
}

export interface WebAuthnBridgeOptions {
  /** A new connection to the key. Throws UsageError when the key is not plugged in. */
  connect(): HidPipe;
  /** OpenSSL and the operating system's random numbers unless given. */
  readonly platform?: Platform;
  /** This machine's unless given. */
  readonly clock?: Clock;
  /**
   * The public suffix list of whoever asks; without it the one that this program was installed with.
   */
  readonly isPublicSuffix?: AsyncSuffixTest;
}

type Surroundings = Required<Pick<WebAuthnBridgeOptions, 'connect' | 'platform' | 'clock'>>;

/** How often a command is sent again while another host has the key: for five minutes, as long as a ceremony may take. */
const busyRetries = 3000;

export function createWebAuthnBridge(given: WebAuthnBridgeOptions): WebAuthnBridge {
  const options: Surroundings = {
    connect: () => given.connect(),
    clock: given.clock ?? systemClock,
    platform: given.platform ?? { crypto: createNodeCrypto(), random: systemRandom },
  };
  const suffixes = createSuffixTest(given.isPublicSuffix);
  const browser = async (ctap: CtapClient, call: WebAuthnCall, rpId: string | undefined) =>
    new WebAuthnClient({
      ctap,
      clock: options.clock,
      compression,
      user: call.user ?? {},
      isPublicSuffix: await suffixes(call.origin, rpId),
      origin: call.origin,
      rpIdChecked: call.rpIdChecked ?? false,
      crossOrigin: call.crossOrigin ?? false,
      attachment: call.attachment ?? 'cross-platform',
      ...(call.topOrigin !== undefined && { topOrigin: call.topOrigin }),
    });
  return {
    create: (call, signal) =>
      answer(signal, async () => {
        const parsed = parseCreationOptions(call.options);
        return withKey(options, async (ctap) =>
          (await browser(ctap, call, parsed.rp.id)).create(parsed, signal),
        );
      }),
    get: (call, signal) =>
      answer(signal, async () => {
        const parsed = parseRequestOptions(call.options);
        return withKey(options, async (ctap) => (await browser(ctap, call, parsed.rpId)).get(parsed, signal));
      }),
    check: (call) =>
      answer(undefined, async () => {
        const { rpId } = parseRequestOptions(call.options);
        if (call.rpIdChecked === true && rpId !== undefined) return { rpId };
        return { rpId: requireRpId(call.origin, rpId, await suffixes(call.origin, rpId)) };
      }),
    canVerifyUser: () => withKey(options, canVerify).catch(() => false),
  };
}

/** A size that a key claims is not believed beyond this. */
const largestBlob = 1 << 20;

const compression: LargeBlobCompression = {
  deflate: (data) => deflateRawSync(data),
  inflate: (data, size) => {
    const blob = inflateRawSync(data, { maxOutputLength: Math.max(1, Math.min(size, largestBlob)) });
    if (blob.length !== size) throw new RangeError(`The large blob has ${blob.length} bytes, not ${size}.`);
    return blob;
  },
};

/** Opens a channel of its own for each ceremony, so that several pages can wait for the key at once. */
async function withKey<T>(options: Surroundings, run: (ctap: CtapClient) => Promise<T>): Promise<T> {
  const { clock, platform } = options;
  const pipe = options.connect();
  try {
    const { random } = platform;
    const channel = await openHidChannel({ pipe, clock, random, busyRetries });
    const speaksCtap2 = (channel.device.capabilities & hidCapability.cbor) !== 0;
    return await run(speaksCtap2 ? new CtapClient(channel, platform) : new U2fKey(channel, platform, clock));
  } finally {
    await pipe.close();
  }
}

async function canVerify(ctap: CtapClient): Promise<boolean> {
  const { options } = await ctap.getInfo();
  return options?.get('uv') === true || options?.has('clientPin') === true;
}

async function answer<T>(signal: AbortSignal | undefined, run: () => Promise<T>): Promise<WebAuthnAnswer<T>> {
  try {
    return { response: await run() };
  } catch (error) {
    if (signal?.aborted === true) return failure('AbortError', 'the page aborted the ceremony');
    if (error instanceof UsageError) return failure('NotAllowedError', error.message);
    if (!(error instanceof WebAuthnClientError)) throw error;
    // A browser goes on waiting for another key when one is pulled out, and ends like this.
    const gone = error.cause instanceof HidTransportError;
    return failure(gone ? 'NotAllowedError' : error.name, error.message);
  }
}

function failure(
  name: WebAuthnErrorName,
  message: string,
): { error: { name: WebAuthnErrorName; message: string } } {
  return { error: { name, message } };
}
