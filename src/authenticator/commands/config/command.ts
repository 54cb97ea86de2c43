import { decodeMessage } from '../../../cbor/table.ts';
import { concatBytes } from '../../../ctap/bytes.ts';
import { ctapCommand } from '../../../ctap/command.ts';
import { CtapError } from '../../../ctap/error.ts';
import { configSubCommand as subCommands, configTable } from '../../../ctap/messages/config.ts';
import type { Environment } from '../../environment.ts';
import { alwaysUv, isProtected } from '../../features.ts';
import { permission } from '../../../ctap/permission.ts';
import { authorizeChange } from '../../steps/authorize-change.ts';
import { supportedConfigCommands } from './supported.ts';
import { setMinPinLength } from './set-min-pin-length.ts';
import {
  enableEnterpriseAttestation,
  enableLongTouchForReset,
  toggleAlwaysUv,
  vendorPrototype,
} from './switches.ts';

const noResponse = new Uint8Array();

/** authenticatorConfig (CTAP 2.3 §6.11). */
export async function config(environment: Environment, parameters: Uint8Array): Promise<Uint8Array> {
  const message = decodeMessage(configTable, parameters);
  const { subCommand, subCommandParams = new Map() } = message.fields;
  if (!supportedConfigCommands(environment.profile).includes(subCommand)) {
    throw new CtapError('INVALID_SUBCOMMAND', `subcommand ${subCommand} is not supported`);
  }
  if (!isLockedOut(environment, subCommand)) {
    const signed = (): Uint8Array =>
      concatBytes(
        new Uint8Array(32).fill(0xff),
        Uint8Array.of(ctapCommand.config, subCommand),
        message.raw('subCommandParams'),
      );
    authorizeChange(environment, message.fields, signed, permission.authenticatorConfig);
  }
  switch (subCommand) {
    case subCommands.enableEnterpriseAttestation:
      await enableEnterpriseAttestation(environment);
      break;
    case subCommands.toggleAlwaysUv:
      await toggleAlwaysUv(environment);
      break;
    case subCommands.setMinPinLength:
      await setMinPinLength(environment, subCommandParams);
      break;
    case subCommands.enableLongTouchForReset:
      await enableLongTouchForReset(environment);
      break;
    default:
      vendorPrototype(environment, subCommandParams);
  }
  return noResponse;
}

/** With alwaysUv on and nothing to verify a user with, toggling needs no authorisation, or nobody could undo it. */
function isLockedOut(environment: Environment, subCommand: number): boolean {
  return (
    subCommand === subCommands.toggleAlwaysUv && alwaysUv(environment) === true && !isProtected(environment)
  );
}
