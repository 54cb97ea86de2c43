import type { GetAssertionParameters, MakeCredentialParameters, PinUvAuth } from '../client/ctap-client.ts';
import { CtapClient, publicKeyDescriptors, publicKeyParameters } from '../client/ctap-client.ts';
import { openHidChannel, type HidChannel } from '../client/hid-channel.ts';
import { pause } from '../client/deadline.ts';
import { HidTransportError } from '../client/errors.ts';
import type { PinProtocolVersion, PinUvAuthToken, Platform } from '../client/pin-protocol.ts';
import type { Assertion, Registration } from '../client/responses.ts';
import { hidCommand } from '../ctaphid/command.ts';
import { buildInitPacket } from '../ctaphid/packet.ts';
import { utf8Bytes } from '../ctap/bytes.ts';
import { permission } from '../ctap/permission.ts';
import { TransportError } from '../ports/transport.ts';
import type { Clock } from '../ports/clock.ts';
import type { HidPipe } from '../ports/hid-pipe.ts';
import { CheckFailure, CheckSkip } from './check.ts';
import { ensureDefined } from './expect.ts';
import { canVerify, mustVerifyToRegister, type KeyFacts } from './facts.ts';
import type { BenchOptions } from './bench-options.ts';
import { RawHid } from './raw-hid.ts';
import { TouchWatch } from './touch-watch.ts';

export const site = 'check.fauxkey.example';

/** A PIN that keeps to the usual rules about them. */
export const checkPin = 'q7-Check-93';

/** Milliseconds in which a key that was plugged in has to be there. */
const returnLimit = 15_000;
const returnPoll = 250;

/** A registration that worked. */
export interface Made {
  readonly registration: Registration;
  readonly credentialId: Uint8Array;
  readonly parameters: MakeCredentialParameters;
  /** The user was verified. */
  readonly verified: boolean;
}

/** A key on the table, and the instruments of the checks. */
export class Bench {
  readonly options: BenchOptions;
  readonly platform: Platform;
  readonly clock: Clock;
  #pipe: HidPipe | undefined;
  #channel: HidChannel | undefined;
  #facts: KeyFacts | undefined;
  #pin: string | undefined;
  readonly #touches: TouchWatch;
  #remembered = new Map<string, Promise<unknown>>();

  constructor(options: BenchOptions) {
    this.options = options;
    this.platform = options.platform;
    this.clock = options.clock;
    this.#pin = options.pin;
    this.#touches = new TouchWatch(() => options.person.touch());
  }

  /** Clears what belongs to the check before, and asks the key again what it is. */
  async begin(): Promise<KeyFacts> {
    this.#touches.arm();
    this.#channel = undefined;
    const channel = await this.#openChannel();
    const speaksCtap2 = (channel.device.capabilities & 0x04) !== 0;
    const info = speaksCtap2
      ? await this.client()
          .then((client) => client.getInfo())
          .catch(() => undefined)
      : undefined;
    this.#facts = {
      init: channel.device,
      ...(info && { info }),
      ...(this.#pin !== undefined && { pin: this.#pin }),
    };
    return this.#facts;
  }

  get facts(): KeyFacts {
    if (this.#facts === undefined) throw new Error('no check has begun');
    return this.#facts;
  }

  get knownPin(): string | undefined {
    return this.#pin;
  }

  get pin(): string {
    return ensureDefined(this.#pin, 'no PIN is known');
  }

  /** A PIN was set, changed or removed. */
  usePin(pin: string | undefined): void {
    this.#pin = pin;
  }

  /** The client on this check's channel. */
  async client(): Promise<CtapClient> {
    this.#channel ??= await this.#openChannel();
    return new CtapClient(this.#channel, this.platform);
  }

  async channel(): Promise<HidChannel> {
    this.#channel ??= await this.#openChannel();
    return this.#channel;
  }

  /** The check needs one touch more: the person is told again. */
  askForAnotherTouch(): void {
    this.#touches.arm();
  }

  /** Packets on a connection where nothing else runs. */
  async raw(): Promise<RawHid> {
    const { random } = this.platform;
    return new RawHid(await this.#connected(), this.clock, random, this.options.patience);
  }

  /** Ends whatever the key still does for this connection, and connects anew at the next use. */
  async disconnect(): Promise<void> {
    const pipe = this.#pipe;
    const channel = this.#channel;
    this.#pipe = undefined;
    this.#channel = undefined;
    if (pipe === undefined) return;
    if (channel) {
      await pipe
        .write(buildInitPacket(channel.id, hidCommand.cancel, 0, new Uint8Array()))
        .catch(() => undefined);
    }
    await pipe.close();
  }

  /** Unplugs and plugs in. Skips the check if nobody can. */
  async replug(): Promise<void> {
    if (!(await this.options.person.replug())) {
      throw new CheckSkip('the key was not unplugged');
    }
    await this.disconnect().catch(() => undefined);
    this.#remembered.clear();
    await this.#untilBack();
  }

  /**
   * The same for all checks that ask for it by this name: what a touch was spent on. Only the first check that asks fails
   * with it; the others have nothing to look at.
   */
  once<T>(name: string, make: () => Promise<T>): Promise<T> {
    const known = this.#remembered.get(name) as Promise<T> | undefined;
    if (known) {
      return known.catch((error: unknown) => {
        if (error instanceof CheckSkip) throw error;
        throw new CheckSkip(`the ${name} that it looks at has failed`);
      });
    }
    const made = make();
    this.#remembered.set(name, made);
    made.catch(() => undefined);
    return made;
  }

  /** The key was reset: credentials that were remembered are gone. */
  forget(): void {
    this.#remembered.clear();
  }

  sha256(...parts: readonly Uint8Array[]): Uint8Array {
    return this.platform.crypto.sha256(...parts);
  }

  get protocol(): PinProtocolVersion {
    return this.facts.info?.pinUvAuthProtocols?.[0] === 1 ? 1 : 2;
  }

  /** A token with these permissions, by the PIN or else by the key's own verification. */
  async token(permissions: number, rpId?: string): Promise<PinUvAuthToken> {
    const { clientPin } = await this.client();
    const request = { permissions, ...(rpId === undefined ? {} : { rpId }) };
    const isPinSet = this.facts.info?.options?.get('clientPin') === true;
    if (isPinSet && this.#pin !== undefined) {
      if (this.facts.info.options.get('pinUvAuthToken') === true) {
        return clientPin.getPinUvAuthTokenUsingPin(this.#pin, request, this.protocol);
      }
      return clientPin.getPinToken(this.#pin, this.protocol);
    }
    return clientPin.getPinUvAuthTokenUsingUv(request, this.protocol);
  }

  /** What a request carries so that the key takes it: a token where it has to be, or where the PIN is known. */
  async proof(permissions: number, rpId = site): Promise<{ readonly pinUvAuthToken?: PinUvAuthToken }> {
    const { facts } = this;
    const wanted = facts.pin !== undefined || mustVerifyToRegister(facts);
    return wanted && canVerify(facts) ? { pinUvAuthToken: await this.token(permissions, rpId) } : {};
  }

  /** Parameters of a registration that does not stay on the key. */
  request(changes: Partial<MakeCredentialParameters> = {}): MakeCredentialParameters {
    const { random } = this.platform;
    return {
      clientDataHash: random.bytes(32),
      rp: { id: site, name: 'Fauxkey check' },
      user: { id: utf8Bytes('check'), name: 'check', displayName: 'Fauxkey check' },
      pubKeyCredParams: publicKeyParameters(-7),
      ...changes,
    };
  }

  async register(changes: Partial<MakeCredentialParameters> = {}): Promise<Made> {
    const client = await this.client();
    const rpId = changes.rp?.id ?? site;
    // A token that is fetched makes the one before void, which may be the caller's.
    const proof = hasAuth(changes) ? {} : await this.proof(permission.makeCredential, rpId);
    const parameters = this.request({ ...proof, ...changes });
    const registration = await client.makeCredential(parameters);
    const { credentialId } = ensureDefined(
      registration.parsed.attested,
      'the authenticator data of the registration have no attested credential data (AT)',
    );
    return { registration, credentialId, parameters, verified: parameters.pinUvAuthToken !== undefined };
  }

  /** One registration for all checks that only look at it, so that nobody has to touch the key for each. */
  made(): Promise<Made> {
    return this.once('registration', () => this.register());
  }

  /** Signs in with a credential of `made`, or of another registration. */
  async assert(
    made: Made,
    changes: Partial<GetAssertionParameters> = {},
  ): Promise<{ readonly assertion: Assertion; readonly parameters: GetAssertionParameters }> {
    const client = await this.client();
    const rpId = changes.rpId ?? made.parameters.rp.id;
    const isSilent = changes.options?.['up'] === false;
    const proof = isSilent || hasAuth(changes) ? {} : await this.proof(permission.getAssertion, rpId);
    const parameters = {
      rpId,
      clientDataHash: this.platform.random.bytes(32),
      allowList: publicKeyDescriptors(made.credentialId),
      ...proof,
      ...changes,
    };
    return { assertion: await client.getAssertion(parameters), parameters };
  }

  /** One sign-in for all checks that only look at it. */
  signedIn(): ReturnType<Bench['assert']> {
    return this.once('sign-in', async () => this.assert(await this.made()));
  }

  async #openChannel(): Promise<HidChannel> {
    const { platform, clock, options } = this;
    return openHidChannel({
      pipe: await this.#connected(),
      clock,
      random: platform.random,
      timeoutMs: options.patience,
    });
  }

  async #connected(): Promise<HidPipe> {
    this.#pipe ??= this.#touches.over(await this.options.open());
    return this.#pipe;
  }

  async #untilBack(): Promise<void> {
    const giveUp = this.clock.monotonic() + returnLimit;
    for (;;) {
      try {
        await this.begin();
        return;
      } catch (error) {
        if (!(error instanceof TransportError || error instanceof HidTransportError)) throw error;
        await this.disconnect().catch(() => undefined);
        if (this.clock.monotonic() > giveUp) throw new CheckFailure('the key did not come back');
        await pause(this.clock, returnPoll);
      }
    }
  }
}

function hasAuth(changes: PinUvAuth): boolean {
  return changes.pinUvAuthToken !== undefined || changes.pinUvAuthParam !== undefined;
}
