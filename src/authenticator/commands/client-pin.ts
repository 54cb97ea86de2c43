import { decodeMessage } from '../../cbor/table.ts';
import { CtapError } from '../../ctap/error.ts';
import {
  clientPinSubCommand,
  clientPinTable,
  encodeClientPinResponse,
  type ClientPinRequest,
  type ClientPinResponse,
} from '../../ctap/messages/client-pin.ts';
import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import { getKeyAgreement } from '../pin/subcommands/get-key-agreement.ts';
import { getPinToken, getTokenUsingPin, getTokenUsingUv } from '../pin/subcommands/get-token.ts';
import { getPinRetries, getUvRetries } from '../pin/subcommands/retries.ts';
import { changePin, setPin } from '../pin/subcommands/set-pin.ts';

type SubCommand = (
  environment: Environment,
  request: ClientPinRequest,
  transaction: Transaction,
) => ClientPinResponse | Promise<ClientPinResponse>;

const pinSubCommands = new Map<number, SubCommand>([
  [clientPinSubCommand.getPinRetries, getPinRetries],
  [clientPinSubCommand.setPin, setPin],
  [clientPinSubCommand.changePin, changePin],
  [clientPinSubCommand.getPinToken, getPinToken],
  [clientPinSubCommand.getPinUvAuthTokenUsingPinWithPermissions, getTokenUsingPin],
]);

const otherSubCommands = new Map<number, SubCommand>([
  [clientPinSubCommand.getKeyAgreement, getKeyAgreement],
  [clientPinSubCommand.getUvRetries, getUvRetries],
  [
    clientPinSubCommand.getPinUvAuthTokenUsingUvWithPermissions,
    (environment, request, transaction) => getTokenUsingUv(environment, transaction, request),
  ],
]);

/**
 * authenticatorClientPIN (CTAP 2.3 §6.5). SPEC-SILENT §6.5: a key without client PIN keeps key agreement, which
 * hmac-secret needs, and answers INVALID_SUBCOMMAND to the subcommands about PINs.
 */
export async function clientPinCommand(
  environment: Environment,
  parameters: Uint8Array,
  transaction: Transaction,
): Promise<Uint8Array> {
  const request = decodeMessage(clientPinTable, parameters).fields;
  const run =
    otherSubCommands.get(request.subCommand) ??
    (environment.profile.pin ? pinSubCommands.get(request.subCommand) : undefined);
  if (!run) throw new CtapError('INVALID_SUBCOMMAND', `subcommand ${request.subCommand} is not implemented`);
  return encodeClientPinResponse(await run(environment, request, transaction));
}
