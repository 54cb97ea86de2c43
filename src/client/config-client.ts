import { cborMap } from '../cbor/map.ts';
import type { CborMap, CborValue } from '../cbor/value.ts';
import { ctapCommand } from '../ctap/command.ts';
import { concatBytes } from '../ctap/bytes.ts';
import { configSubCommand } from '../ctap/messages/config.ts';
import type { CommandSender } from './command-sender.ts';
import type { PinUvAuthToken } from './pin-protocol.ts';
import { authenticateSubcommand } from './subcommand.ts';

/** Parameters of setMinPINLength (CTAP 2.3 §6.11.4); what is absent stays as it is. */
export interface MinPinLengthParameters {
  /** Code points. */
  readonly newMinPinLength?: number;
  readonly minPinLengthRpIds?: readonly string[];
  readonly forceChangePin?: boolean;
  readonly pinComplexityPolicy?: boolean;
}

/** authenticatorConfig (CTAP 2.3 §6.11). A key without PIN and built-in verification needs no token. */
export class ConfigClient {
  readonly #sender: CommandSender;

  constructor(sender: CommandSender) {
    this.#sender = sender;
  }

  /** Sends any subcommand, with a token or without. */
  async request(subCommand: number, token?: PinUvAuthToken, parameters?: CborMap): Promise<void> {
    const prefix = concatBytes(new Uint8Array(32).fill(0xff), Uint8Array.of(ctapCommand.config, subCommand));
    const auth = authenticateSubcommand(token, prefix, parameters);
    const members = cborMap([
      [0x01, subCommand],
      [0x02, parameters],
      [0x03, auth.pinUvAuthProtocol],
      [0x04, auth.pinUvAuthParam],
    ]);
    await this.#sender.request(ctapCommand.config, members);
  }

  enableEnterpriseAttestation(token?: PinUvAuthToken): Promise<void> {
    return this.request(configSubCommand.enableEnterpriseAttestation, token);
  }

  toggleAlwaysUv(token?: PinUvAuthToken): Promise<void> {
    return this.request(configSubCommand.toggleAlwaysUv, token);
  }

  setMinPinLength(parameters: MinPinLengthParameters, token?: PinUvAuthToken): Promise<void> {
    const members = cborMap([
      [0x01, parameters.newMinPinLength],
      [0x02, parameters.minPinLengthRpIds],
      [0x03, parameters.forceChangePin],
      [0x04, parameters.pinComplexityPolicy],
    ]);
    return this.request(configSubCommand.setMinPinLength, token, members);
  }

  enableLongTouchForReset(token?: PinUvAuthToken): Promise<void> {
    return this.request(configSubCommand.enableLongTouchForReset, token);
  }

  /** `vendorCommandId` has 64 bits. */
  vendorPrototype(
    vendorCommandId: number | bigint,
    parameters?: CborValue,
    token?: PinUvAuthToken,
  ): Promise<void> {
    const members = cborMap([
      [0x01, vendorCommandId],
      [0x02, parameters],
    ]);
    return this.request(configSubCommand.vendorPrototype, token, members);
  }
}
