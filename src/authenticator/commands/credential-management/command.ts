import { decodeMessage } from '../../../cbor/table.ts';
import { CtapError } from '../../../ctap/error.ts';
import {
  credentialManagementSubCommand as subCommands,
  credentialManagementTable,
  encodeCredentialManagementResponse,
  type CredentialManagementRequest,
  type CredentialManagementResponse,
} from '../../../ctap/messages/credential-management.ts';
import type { Transaction } from '../../../ports/message-handler.ts';
import type { Environment } from '../../environment.ts';
import type { ContinuationState } from '../../state/continuation.ts';
import { authorize, type Authorization } from './authorize.ts';
import { deleteCredential, updateUserInformation } from './change.ts';
import {
  beginCredentials,
  beginRps,
  continueCredentials,
  continueRps,
  getCredsMetadata,
} from './enumerate.ts';

/** authenticatorCredentialManagement (CTAP 2.3 §6.8). Only the two continuing subcommands need no authorisation. */
export async function credentialManagement(
  environment: Environment,
  parameters: Uint8Array,
  transaction: Transaction,
  continued: ContinuationState | undefined,
): Promise<Uint8Array> {
  const message = decodeMessage(credentialManagementTable, parameters);
  const { channel } = transaction;
  switch (message.fields.subCommand) {
    case subCommands.enumerateRpsGetNextRp:
      return encodeCredentialManagementResponse(continueRps(environment, channel, continued));
    case subCommands.enumerateCredentialsGetNextCredential:
      return encodeCredentialManagementResponse(continueCredentials(environment, channel, continued));
    case subCommands.getCredsMetadata:
    case subCommands.enumerateRpsBegin:
    case subCommands.enumerateCredentialsBegin:
    case subCommands.deleteCredential:
    case subCommands.updateUserInformation: {
      const authorization = authorize(environment, message.fields, message.raw('subCommandParams'));
      const response = await runAuthorized(environment, channel, message.fields, authorization);
      return encodeCredentialManagementResponse(response);
    }
    default:
      throw new CtapError('INVALID_SUBCOMMAND', `subcommand ${message.fields.subCommand} is not implemented`);
  }
}

/** Subcommands whose parameters `authorize` found present. */
async function runAuthorized(
  environment: Environment,
  channel: number,
  { subCommand, subCommandParams = {} }: CredentialManagementRequest,
  authorization: Authorization,
): Promise<CredentialManagementResponse> {
  const { credentialId, rpIdHash, user } = subCommandParams;
  if (subCommand === subCommands.getCredsMetadata) return getCredsMetadata(environment, authorization);
  if (subCommand === subCommands.enumerateRpsBegin) return beginRps(environment, channel, authorization);
  if (rpIdHash && subCommand === subCommands.enumerateCredentialsBegin) {
    return beginCredentials(environment, channel, authorization, rpIdHash);
  }
  if (credentialId && subCommand === subCommands.deleteCredential) {
    await deleteCredential(environment, authorization, credentialId);
  }
  if (credentialId && user && subCommand === subCommands.updateUserInformation) {
    await updateUserInformation(environment, authorization, credentialId, user);
  }
  return {};
}
