import { cborMap } from '../cbor/map.ts';
import type { CoseKey } from '../cose/key.ts';
import { concatBytes, utf8Bytes } from '../ctap/bytes.ts';
import { ctapCommand } from '../ctap/command.ts';
import {
  clientPinSubCommand,
  type ClientPinRequest,
  type ClientPinResponse,
} from '../ctap/messages/client-pin.ts';
import type { CommandSender } from './command-sender.ts';
import type { TransactOptions } from './hid-channel.ts';
import {
  createPinUvAuthToken,
  encapsulate,
  type PinProtocolVersion,
  type PinUvAuthToken,
  type Platform,
  type SharedSecret,
} from './pin-protocol.ts';
import { decodeClientPin, requireMember } from './responses.ts';

/** What a token shall be good for. */
export interface TokenRequest {
  /** Bits of `permission`. */
  readonly permissions: number;
  readonly rpId?: string;
}

export interface PinRetries {
  readonly pinRetries: number;
  /** The key wants to be pulled out and put back before the next try. */
  readonly powerCycleState: boolean;
}

const paddedPinSize = 64;
const pinHashSize = 16;

/** The bytes of a PIN as the platform sends them: NFC, UTF-8 (CTAP 2.3 §6.5.1). */
export function pinBytes(pin: string): Uint8Array {
  return utf8Bytes(pin.normalize('NFC'));
}

/**
 * authenticatorClientPIN (CTAP 2.3 §6.5). Each operation that needs a secret agrees on a new one. `protocol` is 2 unless
 * said otherwise. A PIN may also be given as bytes, which then go out without normalization.
 */
export class ClientPinClient {
  readonly #sender: CommandSender;
  readonly #platform: Platform;

  constructor(sender: CommandSender, platform: Platform) {
    this.#sender = sender;
    this.#platform = platform;
  }

  /** Sends any subcommand with any parameters. */
  async request(
    parameters: Partial<ClientPinRequest>,
    options?: TransactOptions,
  ): Promise<ClientPinResponse> {
    const members = cborMap([
      [0x01, parameters.pinUvAuthProtocol],
      [0x02, parameters.subCommand],
      [0x03, parameters.keyAgreement],
      [0x04, parameters.pinUvAuthParam],
      [0x05, parameters.newPinEnc],
      [0x06, parameters.pinHashEnc],
      [0x09, parameters.permissions],
      [0x0a, parameters.rpId],
    ]);
    return decodeClientPin(await this.#sender.request(ctapCommand.clientPin, members, options));
  }

  async getPinRetries(): Promise<PinRetries> {
    const { pinRetries, powerCycleState } = await this.request({
      subCommand: clientPinSubCommand.getPinRetries,
    });
    return { pinRetries: requireMember(pinRetries, 'pinRetries'), powerCycleState: powerCycleState ?? false };
  }

  async getUvRetries(): Promise<number> {
    const { uvRetries } = await this.request({ subCommand: clientPinSubCommand.getUvRetries });
    return requireMember(uvRetries, 'uvRetries');
  }

  async getKeyAgreement(protocol: PinProtocolVersion = 2): Promise<CoseKey> {
    const { keyAgreement } = await this.request({
      subCommand: clientPinSubCommand.getKeyAgreement,
      pinUvAuthProtocol: protocol,
    });
    return requireMember(keyAgreement, 'keyAgreement');
  }

  /** Agrees on a secret with the key, as it also serves hmac-secret. */
  async agree(protocol: PinProtocolVersion = 2): Promise<SharedSecret> {
    return encapsulate(this.#platform, protocol, await this.getKeyAgreement(protocol));
  }

  /** Sets the first PIN (CTAP 2.3 §6.5.5.5). */
  async setPin(newPin: string | Uint8Array, protocol: PinProtocolVersion = 2): Promise<void> {
    const secret = await this.agree(protocol);
    const newPinEnc = secret.encrypt(padPin(newPin));
    await this.request({
      subCommand: clientPinSubCommand.setPin,
      pinUvAuthProtocol: protocol,
      keyAgreement: secret.keyAgreement,
      newPinEnc,
      pinUvAuthParam: secret.authenticate(newPinEnc),
    });
  }

  /** CTAP 2.3 §6.5.5.6. */
  async changePin(
    pin: string | Uint8Array,
    newPin: string | Uint8Array,
    protocol: PinProtocolVersion = 2,
  ): Promise<void> {
    const secret = await this.agree(protocol);
    const newPinEnc = secret.encrypt(padPin(newPin));
    const pinHashEnc = this.#encryptPinHash(secret, pin);
    await this.request({
      subCommand: clientPinSubCommand.changePin,
      pinUvAuthProtocol: protocol,
      keyAgreement: secret.keyAgreement,
      newPinEnc,
      pinHashEnc,
      pinUvAuthParam: secret.authenticate(concatBytes(newPinEnc, pinHashEnc)),
    });
  }

  /** The token of CTAP 2.0, without permissions (CTAP 2.3 §6.5.5.7.1). */
  getPinToken(pin: string | Uint8Array, protocol: PinProtocolVersion = 2): Promise<PinUvAuthToken> {
    return this.#tokenByPin(pin, protocol, { subCommand: clientPinSubCommand.getPinToken });
  }

  /** CTAP 2.3 §6.5.5.7.2. */
  getPinUvAuthTokenUsingPin(
    pin: string | Uint8Array,
    { permissions, rpId }: TokenRequest,
    protocol: PinProtocolVersion = 2,
  ): Promise<PinUvAuthToken> {
    return this.#tokenByPin(pin, protocol, {
      subCommand: clientPinSubCommand.getPinUvAuthTokenUsingPinWithPermissions,
      permissions,
      ...(rpId === undefined ? {} : { rpId }),
    });
  }

  /** Asks the key to verify the user itself (CTAP 2.3 §6.5.5.7.3). */
  async getPinUvAuthTokenUsingUv(
    { permissions, rpId }: TokenRequest,
    protocol: PinProtocolVersion = 2,
    options?: TransactOptions,
  ): Promise<PinUvAuthToken> {
    const secret = await this.agree(protocol);
    const parameters = {
      subCommand: clientPinSubCommand.getPinUvAuthTokenUsingUvWithPermissions,
      pinUvAuthProtocol: protocol,
      keyAgreement: secret.keyAgreement,
      permissions,
      ...(rpId === undefined ? {} : { rpId }),
    };
    return this.#decryptToken(secret, await this.request(parameters, options));
  }

  async #tokenByPin(
    pin: string | Uint8Array,
    protocol: PinProtocolVersion,
    parameters: Partial<ClientPinRequest>,
  ): Promise<PinUvAuthToken> {
    const secret = await this.agree(protocol);
    const response = await this.request({
      ...parameters,
      pinUvAuthProtocol: protocol,
      keyAgreement: secret.keyAgreement,
      pinHashEnc: this.#encryptPinHash(secret, pin),
    });
    return this.#decryptToken(secret, response);
  }

  #encryptPinHash(secret: SharedSecret, pin: string | Uint8Array): Uint8Array {
    const hash = this.#platform.crypto.sha256(typeof pin === 'string' ? pinBytes(pin) : pin);
    return secret.encrypt(hash.subarray(0, pinHashSize));
  }

  #decryptToken(secret: SharedSecret, { pinUvAuthToken }: ClientPinResponse): PinUvAuthToken {
    const bytes = secret.decrypt(requireMember(pinUvAuthToken, 'pinUvAuthToken'));
    return createPinUvAuthToken(this.#platform.crypto, secret.version, bytes);
  }
}

/** Zeros up to 64 bytes, or up to the next block for a PIN that is longer than any key accepts. */
function padPin(pin: string | Uint8Array): Uint8Array {
  const bytes = typeof pin === 'string' ? pinBytes(pin) : pin;
  const padded = new Uint8Array(Math.max(paddedPinSize, Math.ceil(bytes.length / pinHashSize) * pinHashSize));
  padded.set(bytes);
  return padded;
}
