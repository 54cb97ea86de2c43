import { encodeCbor } from '../cbor/encode.ts';
import { cborMap } from '../cbor/map.ts';
import type { CborMap, CborValue } from '../cbor/value.ts';
import { ctapCommand } from '../ctap/command.ts';
import {
  encodeUser,
  publicKeyType,
  type CredentialDescriptor,
  type CredentialParameters,
  type RpEntity,
  type UserEntity,
} from '../ctap/entities.ts';
import { concatBytes } from '../ctap/bytes.ts';
import type { GetInfoResponse } from '../ctap/messages/get-info.ts';
import { ctapStatus } from '../ctap/status.ts';
import { hidCommand } from '../ctaphid/command.ts';
import { BioEnrollmentClient } from './bio-enrollment-client.ts';
import { ClientPinClient } from './client-pin-client.ts';
import type { CommandSender, CtapReply } from './command-sender.ts';
import { ConfigClient } from './config-client.ts';
import { CredentialManagementClient } from './credential-management-client.ts';
import { CtapStatusError, KeyResponseError } from './errors.ts';
import type { HidChannel, TransactOptions } from './hid-channel.ts';
import { LargeBlobsClient } from './large-blobs-client.ts';
import type { PinUvAuthToken, Platform } from './pin-protocol.ts';
import {
  decodeAssertion,
  decodeGetInfo,
  decodeRegistration,
  type Assertion,
  type Registration,
} from './responses.ts';

/** How a request proves that the user was verified: with a token, or with bytes of any kind for negative tests. */
export interface PinUvAuth {
  readonly pinUvAuthToken?: PinUvAuthToken;
  readonly pinUvAuthParam?: Uint8Array;
  readonly pinUvAuthProtocol?: number;
}

/** Parameters of authenticatorMakeCredential (CTAP 2.3 §6.1). */
export interface MakeCredentialParameters extends PinUvAuth {
  /** 32 bytes. */
  readonly clientDataHash: Uint8Array;
  readonly rp: RpEntity;
  readonly user: UserEntity;
  readonly pubKeyCredParams: readonly CredentialParameters[];
  readonly excludeList?: readonly CredentialDescriptor[];
  readonly extensions?: Readonly<Record<string, CborValue>>;
  readonly options?: Readonly<Record<string, boolean>>;
  readonly enterpriseAttestation?: number;
  readonly attestationFormatsPreference?: readonly string[];
}

/** Parameters of authenticatorGetAssertion (CTAP 2.3 §6.2). */
export interface GetAssertionParameters extends PinUvAuth {
  readonly rpId: string;
  /** 32 bytes. */
  readonly clientDataHash: Uint8Array;
  readonly allowList?: readonly CredentialDescriptor[];
  readonly extensions?: Readonly<Record<string, CborValue>>;
  readonly options?: Readonly<Record<string, boolean>>;
}

/**
 * The CTAP2 commands of one key, over one channel. Methods throw CtapStatusError for any status but OK, KeyResponseError
 * for an answer that is none, and the errors of `HidChannel.transact`.
 */
export class CtapClient implements CommandSender {
  readonly channel: HidChannel;
  readonly platform: Platform;
  readonly clientPin: ClientPinClient;
  readonly credentialManagement: CredentialManagementClient;
  readonly largeBlobs: LargeBlobsClient;
  readonly config: ConfigClient;
  readonly bioEnrollment: BioEnrollmentClient;

  constructor(channel: HidChannel, platform: Platform) {
    this.channel = channel;
    this.platform = platform;
    this.clientPin = new ClientPinClient(this, platform);
    this.credentialManagement = new CredentialManagementClient(this);
    this.largeBlobs = new LargeBlobsClient(this, platform);
    this.config = new ConfigClient(this);
    this.bioEnrollment = new BioEnrollmentClient(this);
  }

  async send(command: number, parameters?: CborValue, options?: TransactOptions): Promise<CtapReply> {
    const message = concatBytes(Uint8Array.of(command), encodeParameters(parameters));
    const answer = await this.channel.transact(hidCommand.cbor, message, options);
    const [status] = answer;
    if (status === undefined) throw new KeyResponseError('the key sent an answer without a status');
    return { status, response: answer.subarray(1) };
  }

  async request(command: number, parameters?: CborValue, options?: TransactOptions): Promise<Uint8Array> {
    const { status, response } = await this.send(command, parameters, options);
    if (status !== ctapStatus.OK) throw new CtapStatusError(status);
    return response;
  }

  async makeCredential(
    parameters: MakeCredentialParameters,
    options?: TransactOptions,
  ): Promise<Registration> {
    const request = encodeMakeCredential(parameters);
    return decodeRegistration(await this.request(ctapCommand.makeCredential, request, options));
  }

  async getAssertion(parameters: GetAssertionParameters, options?: TransactOptions): Promise<Assertion> {
    const request = encodeGetAssertion(parameters);
    return decodeAssertion(await this.request(ctapCommand.getAssertion, request, options));
  }

  async getNextAssertion(options?: TransactOptions): Promise<Assertion> {
    return decodeAssertion(await this.request(ctapCommand.getNextAssertion, undefined, options));
  }

  /** All assertions that a request without an allow list brings, newest credential first. */
  async getAssertions(
    parameters: GetAssertionParameters,
    options?: TransactOptions,
  ): Promise<readonly [Assertion, ...Assertion[]]> {
    const first = await this.getAssertion(parameters, options);
    const assertions: [Assertion, ...Assertion[]] = [first];
    while (assertions.length < (first.numberOfCredentials ?? 1)) {
      assertions.push(await this.getNextAssertion(options));
    }
    return assertions;
  }

  async getInfo(options?: TransactOptions): Promise<GetInfoResponse> {
    return decodeGetInfo(await this.request(ctapCommand.getInfo, undefined, options));
  }

  async reset(options?: TransactOptions): Promise<void> {
    await this.request(ctapCommand.reset, undefined, options);
  }

  async selection(options?: TransactOptions): Promise<void> {
    await this.request(ctapCommand.selection, undefined, options);
  }

  /** Closes the pipe. */
  close(): Promise<void> {
    return this.channel.close();
  }
}

function encodeParameters(parameters: CborValue | undefined): Uint8Array {
  if (parameters === undefined) return new Uint8Array();
  return parameters instanceof Uint8Array ? parameters : encodeCbor(parameters);
}

/** The parameter map of authenticatorMakeCredential, for tests that change it before it is sent. */
export function encodeMakeCredential(parameters: MakeCredentialParameters): CborMap {
  const { rp, user, pubKeyCredParams, excludeList, extensions, options } = parameters;
  const auth = authOf(parameters);
  return cborMap([
    [0x01, parameters.clientDataHash],
    [
      0x02,
      cborMap([
        ['id', rp.id],
        ['name', rp.name],
      ]),
    ],
    [0x03, encodeUser(user)],
    [0x04, pubKeyCredParams.map(({ alg, type }) => recordMap({ alg, type }))],
    [0x05, excludeList?.map(({ id, type }) => recordMap({ id, type }))],
    [0x06, extensions && recordMap(extensions)],
    [0x07, options && recordMap(options)],
    [0x08, auth.param],
    [0x09, auth.protocol],
    [0x0a, parameters.enterpriseAttestation],
    [0x0b, parameters.attestationFormatsPreference],
  ]);
}

/** The parameter map of authenticatorGetAssertion, for tests that change it before it is sent. */
export function encodeGetAssertion(parameters: GetAssertionParameters): CborMap {
  const { allowList, extensions, options } = parameters;
  const auth = authOf(parameters);
  return cborMap([
    [0x01, parameters.rpId],
    [0x02, parameters.clientDataHash],
    [0x03, allowList?.map(({ id, type }) => recordMap({ id, type }))],
    [0x04, extensions && recordMap(extensions)],
    [0x05, options && recordMap(options)],
    [0x06, auth.param],
    [0x07, auth.protocol],
  ]);
}

function authOf(request: PinUvAuth & { readonly clientDataHash: Uint8Array }): {
  readonly param: Uint8Array | undefined;
  readonly protocol: number | undefined;
} {
  const { pinUvAuthToken } = request;
  return {
    param: request.pinUvAuthParam ?? pinUvAuthToken?.authenticate(request.clientDataHash),
    protocol: request.pinUvAuthProtocol ?? pinUvAuthToken?.version,
  };
}

function recordMap(record: Readonly<Record<string, CborValue>>): CborMap {
  return cborMap(Object.entries(record));
}

/** Credential parameters of type public-key for COSE algorithm identifiers, in order of preference. */
export function publicKeyParameters(...algorithms: readonly number[]): readonly CredentialParameters[] {
  return algorithms.map((alg) => ({ alg, type: publicKeyType }));
}

/** Descriptors of type public-key for credential ids. */
export function publicKeyDescriptors(...ids: readonly Uint8Array[]): readonly CredentialDescriptor[] {
  return ids.map((id) => ({ id, type: publicKeyType }));
}
