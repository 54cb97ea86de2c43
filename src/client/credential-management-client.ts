import { cborMap } from '../cbor/map.ts';
import type { CborMap } from '../cbor/value.ts';
import type { CoseKey } from '../cose/key.ts';
import { ctapCommand } from '../ctap/command.ts';
import { encodeDescriptor, encodeUser, type RpEntity, type UserEntity } from '../ctap/entities.ts';
import {
  credentialManagementSubCommand,
  type CredentialManagementResponse,
} from '../ctap/messages/credential-management.ts';
import { ctapStatus } from '../ctap/status.ts';
import type { CommandSender } from './command-sender.ts';
import { CtapStatusError } from './errors.ts';
import type { PinUvAuthToken } from './pin-protocol.ts';
import { decodeCredentialManagement, requireMember } from './responses.ts';
import { authenticateSubcommand } from './subcommand.ts';

export interface CredentialsMetadata {
  readonly existingResidentCredentialsCount: number;
  readonly maxPossibleRemainingResidentCredentialsCount: number;
}

export interface ManagedRp {
  readonly rp: RpEntity;
  /** 32 bytes. */
  readonly rpIdHash: Uint8Array;
}

export interface ManagedCredential {
  readonly user: UserEntity;
  readonly credentialId: Uint8Array;
  readonly publicKey: CoseKey;
  readonly credProtect?: number;
  readonly largeBlobKey?: Uint8Array;
  readonly thirdPartyPayment?: boolean;
}

const subCommand = credentialManagementSubCommand;

/** authenticatorCredentialManagement (CTAP 2.3 §6.8). Tokens need permission cm; pcmr is enough to read. */
export class CredentialManagementClient {
  readonly #sender: CommandSender;

  constructor(sender: CommandSender) {
    this.#sender = sender;
  }

  /** Sends any subcommand, with a token or without. */
  async request(
    code: number,
    token?: PinUvAuthToken,
    parameters?: CborMap,
  ): Promise<CredentialManagementResponse> {
    const auth = authenticateSubcommand(token, Uint8Array.of(code), parameters);
    const members = cborMap([
      [0x01, code],
      [0x02, parameters],
      [0x03, auth.pinUvAuthProtocol],
      [0x04, auth.pinUvAuthParam],
    ]);
    return decodeCredentialManagement(await this.#sender.request(ctapCommand.credentialManagement, members));
  }

  async getCredsMetadata(token: PinUvAuthToken): Promise<CredentialsMetadata> {
    const response = await this.request(subCommand.getCredsMetadata, token);
    return {
      existingResidentCredentialsCount: requireMember(
        response.existingResidentCredentialsCount,
        'existingResidentCredentialsCount',
      ),
      maxPossibleRemainingResidentCredentialsCount: requireMember(
        response.maxPossibleRemainingResidentCredentialsCount,
        'maxPossibleRemainingResidentCredentialsCount',
      ),
    };
  }

  /** All RPs with discoverable credentials; none if the key has none. */
  enumerateRps(token: PinUvAuthToken): Promise<readonly ManagedRp[]> {
    return noneIfNoCredentials(async () => {
      const first = await this.request(subCommand.enumerateRpsBegin, token);
      const rps = [readRp(first)];
      const total = requireMember(first.totalRps, 'totalRPs');
      while (rps.length < total) rps.push(readRp(await this.request(subCommand.enumerateRpsGetNextRp)));
      return rps;
    });
  }

  /** All discoverable credentials of an RP; none if the key has none. */
  enumerateCredentials(token: PinUvAuthToken, rpIdHash: Uint8Array): Promise<readonly ManagedCredential[]> {
    return noneIfNoCredentials(async () => {
      const parameters = cborMap([[0x01, rpIdHash]]);
      const first = await this.request(subCommand.enumerateCredentialsBegin, token, parameters);
      const credentials = [readCredential(first)];
      const total = requireMember(first.totalCredentials, 'totalCredentials');
      while (credentials.length < total) {
        const next = await this.request(subCommand.enumerateCredentialsGetNextCredential);
        credentials.push(readCredential(next));
      }
      return credentials;
    });
  }

  async deleteCredential(token: PinUvAuthToken, credentialId: Uint8Array): Promise<void> {
    const parameters = cborMap([[0x02, encodeDescriptor(credentialId)]]);
    await this.request(subCommand.deleteCredential, token, parameters);
  }

  /** Names that are left out are removed; user.id has to be the credential's own. */
  async updateUserInformation(
    token: PinUvAuthToken,
    credentialId: Uint8Array,
    user: UserEntity,
  ): Promise<void> {
    const parameters = cborMap([
      [0x02, encodeDescriptor(credentialId)],
      [0x03, encodeUser(user)],
    ]);
    await this.request(subCommand.updateUserInformation, token, parameters);
  }
}

async function noneIfNoCredentials<T>(enumerate: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await enumerate();
  } catch (error) {
    if (error instanceof CtapStatusError && error.status === ctapStatus.NO_CREDENTIALS) return [];
    throw error;
  }
}

function readRp(response: CredentialManagementResponse): ManagedRp {
  return { rp: requireMember(response.rp, 'rp'), rpIdHash: requireMember(response.rpIdHash, 'rpIDHash') };
}

function readCredential(response: CredentialManagementResponse): ManagedCredential {
  const { credProtect, largeBlobKey, thirdPartyPayment } = response;
  return {
    user: requireMember(response.user, 'user'),
    credentialId: requireMember(response.credentialId, 'credentialID'),
    publicKey: requireMember(response.publicKey, 'publicKey'),
    ...(credProtect === undefined ? {} : { credProtect }),
    ...(largeBlobKey === undefined ? {} : { largeBlobKey }),
    ...(thirdPartyPayment === undefined ? {} : { thirdPartyPayment }),
  };
}
