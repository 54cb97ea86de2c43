import { ctapCommand, type CtapCommandName } from '../ctap/command.ts';
import type { Transaction } from '../ports/message-handler.ts';
import { bioEnrollment } from './commands/bio-enrollment/command.ts';
import { clientPinCommand } from './commands/client-pin.ts';
import { config } from './commands/config/command.ts';
import { supportedConfigCommands } from './commands/config/supported.ts';
import { credentialManagement } from './commands/credential-management/command.ts';
import { getAssertion } from './commands/get-assertion.ts';
import { getInfoCommand } from './commands/get-info.ts';
import { getNextAssertion } from './commands/get-next-assertion.ts';
import { largeBlobs } from './commands/large-blobs.ts';
import { makeCredential } from './commands/make-credential.ts';
import { reset } from './commands/reset.ts';
import { selection } from './commands/selection.ts';
import type { Environment } from './environment.ts';
import type { Profile } from './profile.ts';
import type { ContinuationState } from './state/continuation.ts';

/** Parameters in, response map (or nothing) out; throws CtapError, CborError or KeystoreError. */
type Command = (
  environment: Environment,
  parameters: Uint8Array,
  transaction: Transaction,
  continued: ContinuationState | undefined,
) => Uint8Array | Promise<Uint8Array>;

interface CommandEntry {
  readonly name: CtapCommandName;
  readonly run: Command;
  /** A command that the profile switches off is unknown (CTAP 2.3 §8.1). */
  readonly available: (profile: Profile) => boolean;
}

const always = (): boolean => true;

/** By command byte. The prototypes are what their final commands are (CTAP 2.3 §6.12). */
const commands = new Map<number, CommandEntry>(
  (
    [
      { name: 'makeCredential', run: makeCredential, available: always },
      { name: 'getAssertion', run: getAssertion, available: always },
      { name: 'getNextAssertion', run: getNextAssertion, available: always },
      { name: 'getInfo', run: getInfoCommand, available: always },
      { name: 'clientPin', run: clientPinCommand, available: speaksPinProtocols },
      { name: 'reset', run: reset, available: always },
      { name: 'bioEnrollment', run: bioEnrollment, available: enrolsFingers },
      { name: 'bioEnrollmentPreview', run: bioEnrollment, available: enrolsFingers },
      { name: 'selection', run: selection, available: speaksCtap21 },
      { name: 'largeBlobs', run: largeBlobs, available: (p) => p.largeBlobArray !== undefined },
      { name: 'config', run: config, available: (p) => supportedConfigCommands(p).length > 0 },
      { name: 'credentialManagement', run: credentialManagement, available: managesCredentials },
      { name: 'credentialManagementPreview', run: credentialManagement, available: managesCredentials },
    ] satisfies CommandEntry[]
  ).map((entry) => [ctapCommand[entry.name], entry]),
);

function speaksPinProtocols({ builtInUv, extensions, pin }: Profile): boolean {
  return pin !== undefined || builtInUv !== undefined || extensions.includes('hmac-secret');
}

function enrolsFingers({ bioEnrollment: capability }: Profile): boolean {
  return capability !== undefined;
}

function managesCredentials({ credentialManagement: capability }: Profile): boolean {
  return capability;
}

function speaksCtap21({ versions }: Profile): boolean {
  return versions.includes('FIDO_2_1') || versions.includes('FIDO_2_3');
}

/** The command of a byte, if this key has it. */
export function findCommand(profile: Profile, byte: number | undefined): CommandEntry | undefined {
  const entry = byte === undefined ? undefined : commands.get(byte);
  return entry?.available(profile) ? entry : undefined;
}
