import { ctapCommand, type CtapCommandName } from '../ctap/command.ts';
import { bioEnrollmentSubCommand, bioEnrollmentTable } from '../ctap/messages/bio-enrollment.ts';
import { clientPinSubCommand, clientPinTable } from '../ctap/messages/client-pin.ts';
import { configSubCommand, configTable } from '../ctap/messages/config.ts';
import {
  credentialManagementSubCommand,
  credentialManagementTable,
} from '../ctap/messages/credential-management.ts';
import { getAssertionTable } from '../ctap/messages/get-assertion.ts';
import { getInfoKey } from '../ctap/messages/get-info.ts';
import { largeBlobsTable } from '../ctap/messages/large-blobs.ts';
import { makeCredentialTable } from '../ctap/messages/make-credential.ts';
import { permission } from '../ctap/permission.ts';
import { fromTable, mapShape, named, numbered, secret, textual, type Shape } from './shape.ts';

const coseKey: Shape = { kind: 'coseKey' };
const authData: Shape = { kind: 'authData' };

/** Input of hmac-secret at getAssertion and of hmac-secret-mc (CTAP 2.3 §12.7, §12.8). */
const hmacSecretInput = numbered(['keyAgreement', 'saltEnc', 'saltAuth', 'pinUvAuthProtocol'], {
  keyAgreement: coseKey,
  saltEnc: secret,
  saltAuth: secret,
});

const extensionInputs = textual({
  credBlob: secret,
  'hmac-secret': hmacSecretInput,
  'hmac-secret-mc': hmacSecretInput,
  largeBlob: secret,
});

/** Outputs in authenticator data and beside them. */
export const extensionOutputs = textual({
  credBlob: secret,
  'hmac-secret': secret,
  'hmac-secret-mc': secret,
  largeBlob: secret,
});

const auth = { pinUvAuthParam: secret } as const;

/** Requests and responses of one command. */
interface CommandShapes {
  readonly request?: Shape;
  readonly response?: Shape;
}

const assertionResponse = numbered(
  [
    'credential',
    'authData',
    'signature',
    'user',
    'numberOfCredentials',
    'userSelected',
    'largeBlobKey',
    'unsignedExtensionOutputs',
  ],
  { authData, largeBlobKey: secret, unsignedExtensionOutputs: extensionOutputs },
);

const credentialManagement: CommandShapes = {
  request: fromTable(credentialManagementTable, {
    ...auth,
    subCommand: named(credentialManagementSubCommand),
    subCommandParams: numbered(['rpIdHash', 'credentialId', 'user']),
  }),
  response: numbered(
    [
      'existingResidentCredentialsCount',
      'maxPossibleRemainingResidentCredentialsCount',
      'rp',
      'rpIdHash',
      'totalRps',
      'user',
      'credentialId',
      'publicKey',
      'totalCredentials',
      'credProtect',
      'largeBlobKey',
      'thirdPartyPayment',
    ],
    { publicKey: coseKey, largeBlobKey: secret },
  ),
};

const bioEnrollment: CommandShapes = {
  request: fromTable(bioEnrollmentTable, {
    ...auth,
    subCommand: named(bioEnrollmentSubCommand),
    subCommandParams: numbered(['templateId', 'templateFriendlyName', 'timeoutMilliseconds']),
  }),
  response: numbered(
    [
      'modality',
      'fingerprintKind',
      'maxCaptureSamplesRequiredForEnroll',
      'templateId',
      'lastEnrollSampleStatus',
      'remainingSamples',
      'templateInfos',
      'maxTemplateFriendlyName',
    ],
    { templateInfos: { kind: 'list', element: numbered(['templateId', 'templateFriendlyName']) } },
  ),
};

const config: Shape = fromTable(configTable, {
  ...auth,
  subCommand: named(configSubCommand),
  subCommandParams: numbered([
    'newMinPINLength',
    'minPinLengthRPIDs',
    'forceChangePin',
    'pinComplexityPolicy',
  ]),
});

const clientPin: CommandShapes = {
  request: fromTable(clientPinTable, {
    ...auth,
    subCommand: named(clientPinSubCommand),
    keyAgreement: coseKey,
    newPinEnc: secret,
    pinHashEnc: secret,
    permissions: { kind: 'bits', names: permission },
  }),
  response: numbered(['keyAgreement', 'pinUvAuthToken', 'pinRetries', 'powerCycleState', 'uvRetries'], {
    keyAgreement: coseKey,
    pinUvAuthToken: secret,
  }),
};

/** Members of all messages by name, and which of them are secrets (docs/trace.md). */
export const commandShapes: Readonly<Record<CtapCommandName, CommandShapes>> = {
  makeCredential: {
    request: fromTable(makeCredentialTable, { ...auth, extensions: extensionInputs }),
    response: numbered(['fmt', 'authData', 'attStmt', 'epAtt', 'largeBlobKey', 'unsignedExtensionOutputs'], {
      authData,
      largeBlobKey: secret,
      unsignedExtensionOutputs: extensionOutputs,
    }),
  },
  getAssertion: {
    request: fromTable(getAssertionTable, { ...auth, extensions: extensionInputs }),
    response: assertionResponse,
  },
  getNextAssertion: { response: assertionResponse },
  getInfo: {
    response: mapShape(
      Object.entries(getInfoKey).map(([name, key]) => [key, name]),
      { aaguid: { kind: 'uuid' } },
    ),
  },
  clientPin,
  reset: {},
  selection: {},
  bioEnrollment,
  bioEnrollmentPreview: bioEnrollment,
  credentialManagement,
  credentialManagementPreview: credentialManagement,
  largeBlobs: {
    request: fromTable(largeBlobsTable, { ...auth, set: secret }),
    response: numbered(['config'], { config: secret }),
  },
  config: { request: config },
};

const commandNames = new Map<number, CtapCommandName>(
  Object.entries(ctapCommand).map(([name, byte]) => [byte, name as CtapCommandName]),
);

export function commandName(byte: number | undefined): CtapCommandName | undefined {
  return byte === undefined ? undefined : commandNames.get(byte);
}
