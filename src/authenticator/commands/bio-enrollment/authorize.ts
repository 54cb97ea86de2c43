import { concatBytes, utf8Bytes } from '../../../ctap/bytes.ts';
import { CtapError } from '../../../ctap/error.ts';
import {
  bioEnrollmentSubCommand as subCommands,
  fingerprintModality,
  type BioEnrollmentRequest,
} from '../../../ctap/messages/bio-enrollment.ts';
import type { Environment } from '../../environment.ts';
import { permission } from '../../../ctap/permission.ts';
import type { BioEnrollmentCapability } from '../../profile.ts';
import { requireProtocol, verifyToken } from '../../steps/pin-uv-auth.ts';

/**
 * Checks a subcommand that needs a token, in the order of CTAP 2.3 §6.7.4 to §6.7.8. `rawParams` are the bytes of
 * subCommandParams as they were received. The token may be used again.
 */
export function authorize(
  environment: Environment,
  sensor: BioEnrollmentCapability,
  request: BioEnrollmentRequest,
  rawParams: Uint8Array,
): void {
  const { modality, pinUvAuthParam, pinUvAuthProtocol, subCommand = 0, subCommandParams } = request;
  if (!pinUvAuthParam) throw new CtapError('PUAT_REQUIRED', 'pinUvAuthParam is missing');
  requireMembers(request);
  if (modality !== fingerprintModality) throw new CtapError('INVALID_PARAMETER', `modality ${modality}`);
  const protocol = requireProtocol(environment, pinUvAuthProtocol);
  const name = subCommandParams?.templateFriendlyName;
  if (name !== undefined && utf8Bytes(name).length > sensor.maxFriendlyName) {
    throw new CtapError('INVALID_LENGTH', 'the friendly name is too long');
  }
  const message = concatBytes(Uint8Array.of(modality, subCommand), rawParams);
  verifyToken(environment, { param: pinUvAuthParam, protocol }, message, permission.bioEnrollment);
}

/** Which members of subCommandParams each subcommand cannot do without. */
const requiredParams: Readonly<Record<number, readonly ('templateId' | 'templateFriendlyName')[]>> = {
  [subCommands.enrollCaptureNextSample]: ['templateId'],
  [subCommands.setFriendlyName]: ['templateId', 'templateFriendlyName'],
  [subCommands.removeEnrollment]: ['templateId'],
};

function requireMembers({ modality, subCommand = 0, subCommandParams }: BioEnrollmentRequest): void {
  if (modality === undefined) throw new CtapError('MISSING_PARAMETER', 'modality is missing');
  const absent = requiredParams[subCommand]?.find((name) => subCommandParams?.[name] === undefined);
  if (absent !== undefined) throw new CtapError('MISSING_PARAMETER', `subCommandParams.${absent} is missing`);
}
