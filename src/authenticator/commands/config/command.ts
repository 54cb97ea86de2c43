import { decodeMessage } from '../../../cbor/table.ts';
import type { CborMap } from '../../../cbor/value.ts';
import { concatBytes } from '../../../ctap/bytes.ts';
import { ctapCommand } from '../../../ctap/command.ts';
import { CtapError } from '../../../ctap/error.ts';
import {
  configSubCommand as subCommands,
  configTable,
  setMinPinLengthParams,
  vendorPrototypeParams,
} from '../../../ctap/messages/config.ts';
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
  const act = prepare(environment, subCommand, subCommandParams);
  if (!isLockedOut(environment, subCommand)) {
    const signed = (): Uint8Array =>
      concatBytes(
        new Uint8Array(32).fill(0xff),
        Uint8Array.of(ctapCommand.config, subCommand),
        message.raw('subCommandParams'),
      );
    authorizeChange(environment, message.fields, signed, permission.authenticatorConfig);
  }
  await act();
  return noResponse;
}

/** Reads the parameters, whose types come before any authorisation (CTAP 2.3 §8), and leaves the rest for later. */
function prepare(
  environment: Environment,
  subCommand: number,
  rawParams: CborMap,
): () => Promise<void> | void {
  switch (subCommand) {
    case subCommands.enableEnterpriseAttestation:
      return () => enableEnterpriseAttestation(environment);
    case subCommands.toggleAlwaysUv:
      return () => toggleAlwaysUv(environment);
    case subCommands.enableLongTouchForReset:
      return () => enableLongTouchForReset(environment);
    case subCommands.setMinPinLength: {
      const params = setMinPinLengthParams(rawParams, 'subCommandParams');
      return () => setMinPinLength(environment, params);
    }
    default: {
      const params = vendorPrototypeParams(rawParams, 'subCommandParams');
      return () => vendorPrototype(environment, params);
    }
  }
}

/** With alwaysUv on and nothing to verify a user with, toggling needs no authorisation, or nobody could undo it. */
function isLockedOut(environment: Environment, subCommand: number): boolean {
  return (
    subCommand === subCommands.toggleAlwaysUv && alwaysUv(environment) === true && !isProtected(environment)
  );
}
